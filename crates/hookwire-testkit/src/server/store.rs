//! What a server under test keeps everything in: a file of its own, or a database of a throwaway PostgreSQL.

use std::path::Path;

use tokio::sync::OnceCell;

use crate::Postgres;

/// `postgres`: servers of tests that name no store get a database each. Anything else, or nothing: a file each.
const VARIABLE: &str = "HOOKWIRE_TEST_STORE";

/// Where a server keeps everything.
pub(super) enum Store {
    /// A file in its folder.
    File,
    /// A database of its own, made when it is first needed.
    Own(OnceCell<Postgres>),
    /// The database at this URL.
    Database(String),
}

impl Store {
    /// What the tests of this run use.
    pub(super) fn by_environment() -> Self {
        if is_on_postgres() { Self::Own(OnceCell::new()) } else { Self::File }
    }

    /// The server's `store.url`.
    pub(super) async fn url(&self, folder: &Path) -> String {
        match self {
            Self::File => folder.join("hookwire.db").display().to_string(),
            Self::Own(database) => database.get_or_init(Postgres::start).await.url(),
            Self::Database(url) => url.clone(),
        }
    }
}

/// Whether servers of tests that name no store are on PostgreSQL in this run.
pub fn is_on_postgres() -> bool {
    std::env::var_os(VARIABLE).is_some_and(|store| store == "postgres")
}
