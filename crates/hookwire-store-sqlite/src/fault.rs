//! What goes wrong inside the store, and what callers are told of it.

use hookwire_store::Error;
use hookwire_store::vault::CannotOpen;
use rusqlite::ErrorCode;

/// Why an operation came to nothing.
#[derive(Debug)]
pub(crate) enum Fault {
    /// This operation can't be carried out; others in its batch are not concerned.
    Refused(Error),
    /// SQLite failed: the whole transaction is rolled back.
    Broken(rusqlite::Error),
}

pub(crate) type Done<T> = std::result::Result<T, Fault>;

impl Fault {
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Refused(Error::Corrupt(what.into()))
    }

    /// Whether something stored can't be read; everything else can.
    pub(crate) const fn is_corrupt(&self) -> bool {
        matches!(self, Self::Refused(Error::Corrupt(_)))
    }

    /// What the caller is told.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Refused(error) => error,
            Self::Broken(error) => told(&error),
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(..) => Self::Broken(error),
            other => Self::corrupt(other.to_string()),
        }
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

/// What a failure of SQLite's means to a caller.
pub(crate) fn told(error: &rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Error::Unavailable("disk full".to_owned()),
        Some(
            ErrorCode::SystemIoFailure
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::OutOfMemory
            | ErrorCode::OperationInterrupted,
        ) => Error::Unavailable(error.to_string()),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::Corrupt(error.to_string()),
        _ => Error::Internal(error.to_string()),
    }
}

/// Whether the connection can't be trusted any more: what it believes to be on disk may not be there.
pub(crate) fn needs_new_connection(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::CannotOpen)
    )
}
