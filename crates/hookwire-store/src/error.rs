//! What can go wrong in a store. Absence is never an error: it is an `Option` or a variant of the answer.

/// A store's answer, or its failure.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a verb could not be carried out. Nothing was changed, whichever it is.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Another noun has that uid already.
    #[error("conflict: {0}")]
    Conflict(&'static str),
    /// A limit of the store's was reached, for example the number of endpoints of an app.
    #[error("limit reached: {0}")]
    Limit(&'static str),
    /// The store can't be written or read just now: disk full, database away, shutting down. Trying again may help.
    #[error("store unavailable: {0}")]
    Unavailable(String),
    /// What is stored makes no sense.
    #[error("store corrupt: {0}")]
    Corrupt(String),
    /// A fault of ours.
    #[error("internal store error: {0}")]
    Internal(String),
}
