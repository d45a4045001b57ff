//! The server's process, which never outlives ours.

use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc;
use std::thread::JoinHandle;

/// A started process. Dropping it does nothing; see [`Keeper::end`].
pub(super) struct Keeper {
    pid: u32,
    thread: JoinHandle<ExitStatus>,
}

impl Keeper {
    /// Starts the command in a thread that waits for it.
    ///
    /// The thread is what the system watches: `setpriv` has the server told when the thread that started it is gone,
    /// which here means that the whole process is, however it ended.
    pub(super) fn start(mut command: Command) -> Self {
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let mut child: Child = command.spawn().expect("the program can be run");
            sender.send(child.id()).expect("whoever starts a keeper waits for it");
            child.wait().expect("a child can be waited for")
        });
        let pid = receiver.recv().expect("the process was started");
        Self { pid, thread }
    }

    /// Whether it has not ended yet.
    pub(super) fn runs(&self) -> bool {
        !self.thread.is_finished()
    }

    /// Sends a signal by name and waits for the end.
    pub(super) fn end(self, signal: &str) {
        if self.runs() {
            // It may end by itself just now; then there is nobody to tell.
            let _ = Command::new("kill").arg(format!("-{signal}")).arg(self.pid.to_string()).output();
        }
        let _ = self.thread.join();
    }
}

/// The words before the server's command that have it end by this signal when our process is gone; none where `setpriv`
/// is missing.
pub(super) fn bound_to_us(signal: &'static str) -> Vec<&'static str> {
    let probe = Command::new("setpriv").arg("--version").output();
    if probe.is_ok_and(|output| output.status.success()) {
        vec!["setpriv", "--pdeathsig", signal]
    } else {
        Vec::new()
    }
}
