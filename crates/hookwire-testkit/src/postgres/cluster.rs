//! One server with its folder: made, run, asked, ended, removed.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard};

use tempfile::TempDir;

use super::account::Account;
use super::keeper::{Keeper, bound_to_us};
use super::programs;
use crate::{eventually, free_port};

pub(super) const USER: &str = "hookwire";
/// It keeps out nobody; it is there so that logs and messages can be searched for it.
pub(super) const PASSWORD: &str = "throwaway-password";

/// A server of its own. Dropping it ends it and removes its folder.
pub(super) struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    account: Account,
    port: u16,
    settings: Vec<String>,
    keeper: Mutex<Option<Keeper>>,
    alone: bool,
}

impl Cluster {
    /// Makes one with these settings and starts it.
    pub(super) async fn start(alone: bool, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("hookwire-postgres-").tempdir();
        let folder = folder.expect("a temporary folder can be made");
        let account = Account::for_folder(folder.path());
        let (programs, port) = (programs::folder(), free_port());
        let settings = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cluster = Self { folder, programs, account, port, settings, keeper: Mutex::new(None), alone };
        cluster.make();
        cluster.run().await;
        cluster
    }

    pub(super) fn is_alone(&self) -> bool {
        self.alone
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    fn make(&self) {
        let password = self.folder.path().join("password");
        std::fs::write(&password, PASSWORD).expect("the folder can be written");
        let mut initdb = Command::new(self.programs.join("initdb"));
        initdb
            .args(["--no-sync", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256"])
            .arg(format!("--username={USER}"))
            .arg(format!("--pwfile={}", password.display()))
            .arg(self.data());
        succeed(&self.output_of(initdb), "initdb");
    }

    /// Starts the server and waits until it takes connections.
    pub(super) async fn run(&self) {
        let bound = bound_to_us("QUIT");
        let mut words = bound.iter().map(PathBuf::from).chain([self.programs.join("postgres")]);
        let mut command = Command::new(words.next().expect("there is one word at least"));
        command.args(words).arg("-D").arg(self.data());
        let own = [
            format!("port={}", self.port),
            "listen_addresses=127.0.0.1".to_owned(),
            "unix_socket_directories=".to_owned(),
            "max_connections=200".to_owned(),
        ];
        for setting in own.iter().chain(&self.settings) {
            command.args(["-c", setting]);
        }
        let log = File::options().create(true).append(true).open(self.log_file());
        let log = log.expect("the log file can be written");
        command.stdout(Stdio::null()).stderr(log).stdin(Stdio::null()).current_dir(self.folder.path());
        self.account.lend_to(&mut command);
        assert!(self.keeper().is_none(), "the server still runs");
        *self.keeper() = Some(Keeper::start(command));
        let look = async || {
            let runs = self.keeper().as_ref().is_some_and(Keeper::runs);
            assert!(runs, "PostgreSQL ended instead of starting:\n{}", self.log());
            self.try_query("postgres", "SELECT 1").await
        };
        let _ = eventually("PostgreSQL to take connections", look, Result::is_ok).await;
    }

    /// Sends the server a signal and waits for its end.
    pub(super) async fn end(&self, signal: &'static str) {
        let keeper = self.keeper().take().expect("the server runs");
        let ended = tokio::task::spawn_blocking(move || keeper.end(signal));
        tokio::time::timeout(crate::PATIENCE, ended)
            .await
            .expect("PostgreSQL ends when told")
            .expect("no panic");
    }

    /// What a statement answers. Panics when it fails.
    pub(super) async fn query(&self, database: &str, sql: &str) -> String {
        self.try_query(database, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    async fn try_query(&self, database: &str, sql: &str) -> Result<String, String> {
        self.try_query_at(&self.url(database), sql).await
    }

    /// [`Cluster::query`] at any URL; `Err` when it fails.
    pub(super) async fn try_query_at(&self, url: &str, sql: &str) -> Result<String, String> {
        let output = tokio::process::Command::from(self.psql(url, sql)).output().await;
        let output = output.expect("psql can be run");
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Removes a database with all connections to it, if the server runs.
    pub(super) fn remove(&self, database: &str) {
        if self.keeper().is_some() {
            let sql = format!("DROP DATABASE {database} WITH (FORCE)");
            // What is left behind goes with the server.
            let _ = self.psql(&self.url("postgres"), &sql).output();
        }
    }

    fn psql(&self, url: &str, sql: &str) -> Command {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1"])
            .arg(format!("--dbname={url}"))
            .arg(format!("--command={sql}"))
            .env_clear()
            .stdin(Stdio::null());
        psql
    }

    fn output_of(&self, mut command: Command) -> Output {
        self.account.lend_to(&mut command);
        command.stdin(Stdio::null()).current_dir(self.folder.path());
        command.output().expect("PostgreSQL's programs can be run")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn keeper(&self) -> MutexGuard<'_, Option<Keeper>> {
        self.keeper.lock().expect("nothing panics while it holds the keeper")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(keeper) = self.keeper.get_mut().ok().and_then(Option::take) {
            keeper.end("QUIT");
        }
    }
}

fn succeed(output: &Output, what: &str) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what} ended with {}: {errors}", output.status);
}
