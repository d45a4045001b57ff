//! How far retention has come. The first is kept in the file; forgetting the others costs a few looks at rows that stay.

/// Where the next retention step goes on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sweep {
    /// The last message whose payload was looked at in the order of keys.
    pub(crate) payload: i64,
    /// The last attempt looked at.
    pub(crate) attempt: (i64, i64),
    /// The last message looked at.
    pub(crate) message: i64,
}
