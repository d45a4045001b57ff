//! The built `hookwire` binary as a process, on a folder and a port of its own.

mod binary;
mod port;
mod process;
mod store;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output};
use std::time::Duration;

use tempfile::TempDir;

pub use self::binary::{binary, target_folder};
pub use self::port::free_port;
use self::process::Process;
use self::store::Store;
pub use self::store::is_on_postgres;
use crate::{Api, eventually};

/// A running server. Dropping it kills it; when the test has failed, its log is printed first.
pub struct Server {
    settings: Settings,
    process: Option<Process>,
    token: String,
}

/// Settings of a server that is not started yet.
pub struct ServerBuilder {
    settings: Settings,
}

/// What every command of one server shares.
struct Settings {
    /// Holds the log, and the store unless the test names another place. Removed with the server.
    own: TempDir,
    /// Where the commands run and the store lies.
    folder: PathBuf,
    port: u16,
    environment: BTreeMap<String, String>,
    store: Store,
}

impl Server {
    /// Starts a server with the testkit's defaults: may deliver to loopback, everything else as shipped.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// To start one with other settings.
    pub fn builder() -> ServerBuilder {
        let own =
            tempfile::Builder::new().prefix("hookwire-").tempdir().expect("a temporary folder can be made");
        let folder = own.path().to_owned();
        let (environment, store) = (BTreeMap::new(), Store::by_environment());
        let mut settings = Settings { own, folder, port: free_port(), environment, store };
        settings.set_defaults();
        ServerBuilder { settings }
    }

    /// `http://127.0.0.1:port`
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.settings.port)
    }

    /// The token of the default organisation.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The token of another organisation, `org_…`.
    pub async fn token_of(&self, org: &str) -> String {
        token(&self.settings, &[org]).await
    }

    /// A client with the default organisation's token.
    pub fn api(&self) -> Api {
        Api::new(&self.url(), &self.token)
    }

    /// The folder with the store, which is also where its commands run.
    pub fn folder(&self) -> &Path {
        &self.settings.folder
    }

    /// The process's id; panics when it is not running.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("the server runs").pid()
    }

    /// Everything that all runs of this server wrote to standard error.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.settings.log_file()).unwrap_or_default()
    }

    /// Runs a command of the binary with this server's environment, to its end.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        run(&self.settings, arguments).await
    }

    /// Changes a setting for the next start; `None` takes it away.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.settings.environment.insert(name.to_owned(), value.to_owned()),
            None => self.settings.environment.remove(name),
        };
    }

    /// Stops the process in its tracks (SIGSTOP) until [`Server::thaw`].
    pub async fn freeze(&mut self) {
        self.process.as_ref().expect("the server runs").signal("STOP").await;
    }

    /// Lets a stopped process go on (SIGCONT).
    pub async fn thaw(&mut self) {
        self.process.as_ref().expect("the server runs").signal("CONT").await;
    }

    /// `kill -9`; returns once the process is gone.
    pub async fn kill(&mut self) {
        self.process.take().expect("the server runs").kill().await;
    }

    /// Sends SIGTERM and returns at once; see [`Server::exited`].
    pub async fn terminate(&mut self) {
        self.process.as_ref().expect("the server runs").signal("TERM").await;
    }

    /// Waits for the process to end by itself; panics after `limit`.
    pub async fn exited(&mut self, limit: Duration) -> ExitStatus {
        let process = self.process.as_mut().expect("the server was started");
        let status = tokio::time::timeout(limit, process.ended()).await;
        let status =
            status.unwrap_or_else(|_| panic!("the server still runs {limit:?} after it was asked to stop"));
        self.process = None;
        status
    }

    /// Starts it again on the same folder and port, and waits until it is healthy.
    pub async fn start_again(&mut self) {
        assert!(self.process.is_none(), "the server still runs");
        self.process = Some(Process::spawn(&self.settings).await);
        self.healthy().await;
    }

    /// SIGTERM, a clean exit, and a start.
    pub async fn restart(&mut self) {
        self.terminate().await;
        let status = self.exited(crate::PATIENCE).await;
        assert!(status.success(), "the server ended with {status}");
        self.start_again().await;
    }

    /// Waits until `/health` answers 200.
    async fn healthy(&mut self) {
        let api = self.api().without_token();
        let process = self.process.as_mut().expect("the server was started");
        // The port may not be open yet, so a refused connection is no failure here, but an ended process is.
        let look = || {
            assert!(process.runs(), "the server ended instead of starting");
            let api = api.clone();
            async move {
                api.try_send(http::Method::GET, "/health", bytes::Bytes::new())
                    .await
                    .map(|answer| answer.status)
            }
        };
        let up = |seen: &Result<http::StatusCode, String>| seen.as_ref().is_ok_and(|status| *status == 200);
        let _ = eventually("the server to be healthy", look, up).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Before its database goes.
        self.process = None;
        if std::thread::panicking() {
            let end = tail(&self.log(), 200);
            eprintln!(
                "---- the server's log, its last 200 lines ----\n{end}\n---- end of the server's log ----"
            );
        }
    }
}

impl ServerBuilder {
    /// Sets a variable of the server's environment, for example `HOOKWIRE_DELIVERY_TIMEOUT`.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.settings.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Takes a variable away, also one of the testkit's defaults.
    pub fn without_env(mut self, name: &str) -> Self {
        self.settings.environment.remove(name);
        self
    }

    /// Keeps the store in this folder, which outlives the server, instead of in a temporary one.
    pub fn in_folder(mut self, folder: &Path) -> Self {
        folder.clone_into(&mut self.settings.folder);
        self.settings.store = Store::File;
        self
    }

    /// Keeps everything in this database, which outlives the server.
    pub fn on(mut self, url: &str) -> Self {
        self.settings.store = Store::Database(url.to_owned());
        self
    }

    /// The folder where its commands run.
    pub fn folder(&self) -> &Path {
        &self.settings.folder
    }

    /// Starts it and waits until it is healthy. Panics when it ends instead.
    pub async fn start(self) -> Server {
        let token = token(&self.settings, &[]).await;
        let mut server = Server { settings: self.settings, process: None, token };
        server.start_again().await;
        server
    }

    /// Runs a command with this environment, without a server.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        run(&self.settings, arguments).await
    }
}

impl Settings {
    fn set_defaults(&mut self) {
        for (name, value) in [
            ("HOOKWIRE_SERVER_LISTEN", format!("127.0.0.1:{}", self.port)),
            ("HOOKWIRE_AUTH_JWT_SECRET", "a-secret-for-the-tokens-of-tests-0123456789".to_owned()),
            ("HOOKWIRE_AUTH_MAIN_SECRET", "a-main-secret-for-tests-only-0123456789".to_owned()),
            ("HOOKWIRE_OUTBOUND_ALLOW_SUBNETS", "127.0.0.0/8,::1/128".to_owned()),
        ] {
            self.environment.insert(name.to_owned(), value);
        }
    }

    fn log_file(&self) -> PathBuf {
        self.own.path().join("server.log")
    }
}

async fn run(settings: &Settings, arguments: &[&str]) -> Output {
    let mut command = process::command(settings).await;
    let output = command.args(arguments).output();
    let output = tokio::time::timeout(crate::PATIENCE, output).await;
    output.unwrap_or_else(|_| panic!("hookwire {arguments:?} does not end")).expect("the binary can be run")
}

async fn token(settings: &Settings, org: &[&str]) -> String {
    let arguments: Vec<_> = ["jwt", "generate"].iter().chain(org).copied().collect();
    let output = run(settings, &arguments).await;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "hookwire jwt generate ended with {}: {errors}", output.status);
    let token = String::from_utf8(output.stdout).expect("a token is ASCII").trim().to_owned();
    assert!(
        token.split('.').count() == 3 && !token.contains(char::is_whitespace),
        "not a token alone: {token:?}"
    );
    token
}

fn tail(text: &str, lines: usize) -> String {
    let all: Vec<_> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
