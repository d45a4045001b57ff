//! Records: the parts of rows that are the same in every backend, as JSON, and whatever may be a credential sealed.

mod endpoint;
pub mod oauth;
mod rules;
mod trigger;

pub use endpoint::{EndpointRecord, StoredEndpoint};
pub use trigger::{StoredTrigger, TriggerRecord, is_hidden, read_followers};

use crate::vault::CannotOpen;

/// A record that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Damaged(pub String);

impl From<CannotOpen> for Damaged {
    fn from(error: CannotOpen) -> Self {
        Self(error.to_string())
    }
}

impl From<Damaged> for crate::Error {
    fn from(damaged: Damaged) -> Self {
        Self::Corrupt(damaged.0)
    }
}

type Done<T> = Result<T, Damaged>;
