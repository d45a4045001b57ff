//! Answers that a case relies on.

use std::fmt::Debug;

/// What must be there.
pub(crate) trait Sure {
    /// The value.
    type Value;

    /// The value, or the end of the case.
    fn sure(self) -> Self::Value;
}

impl<T, E: Debug> Sure for Result<T, E> {
    type Value = T;

    #[track_caller]
    fn sure(self) -> T {
        match self {
            Ok(value) => value,
            Err(error) => panic!("unexpected error: {error:?}"),
        }
    }
}

impl<T> Sure for Option<T> {
    type Value = T;

    #[track_caller]
    fn sure(self) -> T {
        match self {
            Some(value) => value,
            None => panic!("unexpectedly absent"),
        }
    }
}
