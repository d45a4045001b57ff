//! The server's process: started, watched, signalled, ended.

use std::fs::OpenOptions;
use std::process::{ExitStatus, Stdio};

use tokio::process::{Child, Command};

use super::{Settings, binary};

/// A started process. Dropping it kills it.
pub(super) struct Process {
    child: Child,
}

/// A command of the binary with the settings' environment and nothing else, in the settings' folder.
pub(super) async fn command(settings: &Settings) -> Command {
    let store = settings.store.url(&settings.folder).await;
    let mut command = Command::new(binary());
    command
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("RUST_BACKTRACE", "1")
        .env("HOOKWIRE_STORE_URL", store)
        .envs(&settings.environment)
        .current_dir(&settings.folder)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

impl Process {
    /// Starts `hookwire serve`; its output is added to the settings' log file.
    pub(super) async fn spawn(settings: &Settings) -> Self {
        let log = OpenOptions::new().create(true).append(true).open(settings.log_file());
        let log = log.expect("the log file can be written");
        let same = log.try_clone().expect("an open file can be shared");
        let child = command(settings).await.arg("serve").stdout(same).stderr(log).spawn();
        Self { child: child.expect("the binary can be run") }
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id().expect("the process was not waited for yet")
    }

    /// Whether it has not ended yet.
    pub(super) fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for its end.
    pub(super) async fn ended(&mut self) -> ExitStatus {
        self.child.wait().await.expect("a child can be waited for")
    }

    /// SIGKILL; returns once it is gone.
    pub(super) async fn kill(mut self) {
        self.child.kill().await.expect("a child can be killed");
    }

    /// Sends a signal by name, with the `kill` program: the standard library knows only SIGKILL.
    pub(super) async fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.pid().to_string()).status().await;
        assert!(sent.expect("the program `kill` can be run").success(), "SIG{name} could not be sent");
    }
}
