//! A Python environment with the official SDK, made once per target folder, and runs in it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use hookwire_testkit::target_folder;

/// A file of stories takes seconds; this is for a loaded machine.
const LIMIT: Duration = Duration::from_secs(150);

/// Runs a file of `e2e/python` with these variables; panics with its output when it fails.
pub(super) async fn run(file: &str, environment: &[(&str, &str)]) {
    let python =
        tokio::task::spawn_blocking(environment_with_sdk).await.expect("the environment can be made");
    let output = tokio::process::Command::new(python)
        .arg(source_folder().join(file))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(LIMIT, output).await;
    let output =
        output.unwrap_or_else(|_| panic!("{file} still runs after {LIMIT:?}")).expect("python can be run");
    let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{file} ended with {}:\n{told}", output.status);
    print!("{file}:\n{told}");
}

/// The path of a `python` that has everything in `requirements.txt`; made when missing or outdated.
fn environment_with_sdk() -> PathBuf {
    let folder = target_folder().join("e2e-venv");
    let requirements = source_folder().join("requirements.txt");
    let wanted = fs::read_to_string(&requirements).expect("requirements.txt lies beside the stories");
    fs::create_dir_all(&folder).expect("the target folder can be written");
    // Held until the end of this function: several tests, and several runs, may come here at the same time.
    let lock = File::create(folder.join("lock")).expect("the target folder can be written");
    lock.lock().expect("a file can be locked");
    let python = folder.join("bin/python");
    let marker = folder.join("installed");
    if fs::read_to_string(&marker).is_ok_and(|installed| installed == wanted) {
        return python;
    }
    must_run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    must_run(Command::new(&python).args(install).arg(&requirements));
    fs::write(&marker, wanted).expect("the target folder can be written");
    python
}

fn must_run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?} can't be run: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} ended with {}:\n{errors}", output.status);
}

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python")
}
