//! A throwaway PgBouncer in transaction mode: of the installed program, before a throwaway PostgreSQL.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::Postgres;
use super::account::Account;
use super::cluster::{PASSWORD, USER};
use super::keeper::{Keeper, bound_to_us};
use super::programs;
use crate::{eventually, free_port};

/// How it is ended. It has nothing to put in order, and what a shell starts in the background ignores gentler signals.
const END: &str = "KILL";

/// The way to a database through a pooler that gives each transaction whichever connection is free. Dropping it ends
/// it, with every connection that goes through it. Everything that is not said here is as PgBouncer has it by itself.
pub struct Pooler {
    folder: TempDir,
    url: String,
    keeper: Option<Keeper>,
}

impl Pooler {
    /// One to this database, with so many connections to it. Answers when it takes statements.
    pub async fn start(postgres: &Postgres, connections: usize) -> Self {
        let folder = tempfile::Builder::new().prefix("hookwire-pgbouncer-").tempdir();
        let folder = folder.expect("a temporary folder can be made");
        let account = Account::for_folder(folder.path());
        let (database, port) = (postgres.port(), free_port());
        let url = postgres.url().replace(&format!(":{database}/"), &format!(":{port}/"));
        let users = folder.path().join("users");
        std::fs::write(&users, format!("\"{USER}\" \"{PASSWORD}\"\n")).expect("the folder can be written");
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={database}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = scram-sha-256\nauth_file = {}\n\
             pool_mode = transaction\ndefault_pool_size = {connections}\nmax_client_conn = 1000\n",
            users.display()
        );
        let words = folder.path().join("pgbouncer.ini");
        std::fs::write(&words, settings).expect("the folder can be written");
        let mut pooler = Self { folder, url, keeper: None };
        pooler.run(account, &words);
        let look = async || {
            let runs = pooler.keeper.as_ref().is_some_and(Keeper::runs);
            assert!(runs, "PgBouncer ended instead of starting:\n{}", pooler.log());
            postgres.cluster.try_query_at(&pooler.url, "SELECT 1").await
        };
        let _ = eventually("PgBouncer to take statements", look, Result::is_ok).await;
        pooler
    }

    /// `postgres://user:password@127.0.0.1:port/database`
    pub fn url(&self) -> &str {
        &self.url
    }

    fn run(&mut self, account: Account, settings: &std::path::Path) {
        let bound = bound_to_us(END);
        let mut words = bound.iter().map(PathBuf::from).chain([programs::pooler()]);
        let mut command = Command::new(words.next().expect("there is one word at least"));
        let log = File::create(self.log_file()).expect("the log file can be written");
        command.args(words).arg(settings).current_dir(self.folder.path());
        command.stdout(Stdio::null()).stderr(log).stdin(Stdio::null());
        account.lend_to(&mut command);
        self.keeper = Some(Keeper::start(command));
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("pgbouncer.log")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        if let Some(keeper) = self.keeper.take() {
            keeper.end(END);
        }
    }
}
