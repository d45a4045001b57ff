//! A machine that allows few open files.

use std::process::Stdio;

use hookwire_testkit::{Api, binary, eventually, free_port};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// `hookwire` with these arguments, with at most so many files open, at first half of them.
fn with_files(files: u32, folder: &std::path::Path) -> Command {
    let mut command = Command::new("sh");
    let limited = format!("ulimit -Sn {} && ulimit -Hn {files} && exec \"$0\" \"$@\"", files / 2);
    command.arg("-c").arg(limited).arg(binary());
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// A running server, and its log.
fn serve(files: u32, folder: &std::path::Path, port: u16) -> Child {
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let listen = format!("127.0.0.1:{port}");
    with_files(files, folder).args(["serve", "--listen", &listen]).stderr(log).spawn().unwrap()
}

async fn is_well(api: &Api) -> bool {
    let answer = api.try_send(http::Method::GET, "/health", bytes::Bytes::new()).await;
    answer.is_ok_and(|answer| answer.status == 200)
}

/// How many sockets a process has open.
fn sockets(pid: u32) -> usize {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let is_socket = |file: &std::fs::DirEntry| {
        std::fs::read_link(file.path()).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
    };
    open.filter_map(Result::ok).filter(is_socket).count()
}

#[tokio::test]
async fn connections_are_limited_to_what_the_open_files_allow() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut server = serve(128, folder.path(), port);
    let health = Api::new(&format!("http://127.0.0.1:{port}"), "").without_token();
    eventually("the server to be healthy", async || is_well(&health).await, |well| *well).await;

    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    let told = "only 128 files may be open, enough for 32 instead of 10000 API connections";
    assert!(log.contains(told), "{log}");

    // The client above keeps its connection, so 31 of the crowd find a place, and the others wait.
    let pid = server.id().unwrap();
    let before = sockets(pid);
    let mut crowd = Vec::new();
    for _ in 0..120 {
        crowd.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }
    eventually("a full house", async || sockets(pid), |open| *open >= before + 31).await;
    assert!(is_well(&health).await, "who has a place is served");
    assert_eq!(sockets(pid), before + 31);
    drop(crowd);
    let newcomer = health.on_own_connection();
    eventually("a place for a newcomer", async || is_well(&newcomer).await, |well| *well).await;
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(!log.contains("cannot accept a connection"), "{log}");
    assert!(server.try_wait().unwrap().is_none(), "it still runs");
}

#[tokio::test]
async fn the_doctor_says_when_files_are_few() {
    let folder = tempfile::tempdir().unwrap();
    let output = with_files(1_024, folder.path()).arg("doctor").output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("256 instead of 10000 API connections"), "{text}");
    assert!(text.contains("128 instead of 4096 attempts"), "{text}");
}
