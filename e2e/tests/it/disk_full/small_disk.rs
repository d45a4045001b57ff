//! A small file system that nobody else sees: the test runs itself again in a mount namespace of its own.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Set, to where the disk is mounted, for the run inside.
const INSIDE: &str = "HOOKWIRE_E2E_SMALL_DISK";
const SIZE: &str = "size=24m";

/// Inside: the folder of the small disk. Outside: runs the named test inside, and returns `None` when that went
/// well. Says so and returns `None` where namespaces are not allowed.
pub(super) fn on_a_small_disk(test: &str) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(INSIDE) {
        let folder = PathBuf::from(folder);
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(&folder).status();
        assert!(mount.expect("the program `mount` can be run").success(), "the small disk can't be mounted");
        return Some(folder);
    }
    // With `-r` one need not be root. Where both fail, as in some containers, there is nothing to test on.
    let Some(namespace) = ["-m", "-rm"].into_iter().find(|namespace| can_mount(namespace)) else {
        println!("SKIPPED {test}: mounting a small disk is not allowed here");
        return None;
    };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let run = Command::new("unshare")
        .arg(namespace)
        .arg(std::env::current_exe().expect("a running test knows its own path"))
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("unshare was run before");
    let told = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{told}");
    assert!(told.contains("1 passed"), "the name of the test is wrong: {told}");
    println!("{told}");
    None
}

fn can_mount(namespace: &str) -> bool {
    let probe = ["sh", "-c", "mount -t tmpfs tmpfs /mnt"];
    let output = Command::new("unshare").arg(namespace).args(probe).stdin(Stdio::null()).output();
    output.is_ok_and(|output| output.status.success())
}
