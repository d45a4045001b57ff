//! The clock as a parameter: whoever needs the time is handed one of these.

use crate::Timestamp;

/// A source of wall-clock time. The only one that reads the system's clock lives in the binary.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
}
