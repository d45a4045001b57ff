//! What goes wrong inside the store, and what callers are told of it.

use std::time::Duration;

use hookwire_store::Error;
use hookwire_store::vault::CannotOpen;
use tokio_postgres::error::SqlState;

/// Why an operation came to nothing.
#[derive(Debug)]
pub(crate) enum Fault {
    /// This operation can't be carried out; nothing is wrong with the database.
    Refused(Error),
    /// The database, or the way to it, failed.
    Broken(tokio_postgres::Error),
    /// The database did not answer in time. What it was asked for may still be done.
    Silent,
}

pub(crate) type Done<T> = std::result::Result<T, Fault>;

impl Fault {
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Refused(Error::Corrupt(what.into()))
    }

    pub(crate) fn unavailable(why: impl Into<String>) -> Self {
        Self::Refused(Error::Unavailable(why.into()))
    }

    /// What the caller is told.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Refused(error) => error,
            other => other.told(),
        }
    }

    /// The same, when it is still needed.
    pub(crate) fn told(&self) -> Error {
        match self {
            Self::Refused(error) => error.clone(),
            Self::Broken(error) => told(error),
            Self::Silent => Error::Unavailable("the database does not answer".to_owned()),
        }
    }

    /// Whether something stored can't be read; everything else can.
    pub(crate) const fn is_corrupt(&self) -> bool {
        matches!(self, Self::Refused(Error::Corrupt(_)))
    }

    /// Whether the same may succeed if it is done again at once: two transactions stood in each other's way.
    pub(crate) fn is_passing(&self) -> bool {
        let Self::Broken(error) = self else { return false };
        let passing = [&SqlState::T_R_SERIALIZATION_FAILURE, &SqlState::T_R_DEADLOCK_DETECTED];
        error.code().is_some_and(|code| passing.contains(&code))
    }

    /// Whether a row found no partition.
    pub(crate) fn lacks_partition(&self) -> bool {
        let Self::Broken(error) = self else { return false };
        // A row that breaks a CHECK says the same; there are none.
        error.code() == Some(&SqlState::CHECK_VIOLATION)
    }

    /// Whether it is not known what became of the transaction: the connection was lost, or the database behind a pooler,
    /// which then says so in a word of its own.
    pub(crate) fn leaves_doubt(&self) -> bool {
        match self {
            Self::Refused(_) => false,
            Self::Broken(error) => error
                .code()
                .is_none_or(|code| code.code().starts_with("08") || code.code().starts_with("57P")),
            Self::Silent => true,
        }
    }

    /// Whether the connection is to be given up: nothing, or not a server that writes, is behind it.
    pub(crate) fn needs_new_connection(&self) -> bool {
        match self {
            Self::Refused(_) => false,
            Self::Broken(error) => needs_new_connection(error),
            Self::Silent => true,
        }
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<CannotOpen> for Fault {
    fn from(error: CannotOpen) -> Self {
        Self::corrupt(error.to_string())
    }
}

impl From<hookwire_store::record::Damaged> for Fault {
    fn from(error: hookwire_store::record::Damaged) -> Self {
        Self::corrupt(error.to_string())
    }
}

/// What came of it, if that was found out in time.
pub(crate) async fn in_time<T, E>(limit: Duration, what: impl Future<Output = Result<T, E>>) -> Done<T>
where
    Fault: From<E>,
{
    match tokio::time::timeout(limit, what).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(Fault::Silent),
    }
}

/// What a failure of the database's means to a caller.
fn told(error: &tokio_postgres::Error) -> Error {
    let Some(db) = error.as_db_error() else {
        return Error::Unavailable(format!("the database can't be reached: {}", with_causes(error)));
    };
    let (code, text) = (db.code(), db.to_string());
    if *code == SqlState::DISK_FULL {
        return Error::Unavailable("disk full".to_owned());
    }
    // 26 and 42P05: statements are not where they were prepared.
    if code.code().starts_with("26") || *code == SqlState::DUPLICATE_PSTATEMENT {
        let hint = "behind a pooler in transaction mode, `store.listen` has to be false";
        return Error::Unavailable(format!("{text} ({hint})"));
    }
    // 28 and 3D: who connects, and where to.
    if ["28", "3D"].iter().any(|class| code.code().starts_with(class)) {
        return Error::Unavailable(format!("the database of `store.url` refuses the connection: {text}"));
    }
    // 08: connections; 53: resources; 57: an operator or a limit intervened; 40: stood in each other's way; 55: locks;
    // 58: its system failed; 25006: it only reads, as after a failover to a replica.
    let is_passing = ["08", "53", "57", "40", "55", "58"].iter().any(|class| code.code().starts_with(class))
        || *code == SqlState::READ_ONLY_SQL_TRANSACTION;
    match code.code() {
        _ if is_passing => Error::Unavailable(text),
        "XX001" | "XX002" => Error::Corrupt(text),
        _ => Error::Internal(text),
    }
}

fn needs_new_connection(error: &tokio_postgres::Error) -> bool {
    error.code().is_none_or(|code| {
        *code == SqlState::READ_ONLY_SQL_TRANSACTION
            || code.code().starts_with("08")
            || code.code().starts_with("57P")
            || code.code().starts_with("26")
            || code.code().starts_with("25")
    })
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
