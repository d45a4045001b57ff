//! Names that clients choose: org ids, uids, event types, channels, tags. Checked once, cheap to clone afterwards.

use std::sync::Arc;

use crate::id::Key;
use crate::{AppKey, EndpointKey, MessageKey};

/// Longest name in bytes.
pub const NAME_BYTES_MAX: usize = 256;

/// Why a text is not a valid name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No characters at all.
    #[error("must not be empty")]
    Empty,
    /// More than [`NAME_BYTES_MAX`] bytes.
    #[error("must be at most 256 characters long")]
    TooLong,
    /// A character outside `[a-zA-Z0-9\-_.]`.
    #[error("may only hold letters, digits, '-', '_' and '.' (found {0:?})")]
    Character(char),
    /// A uid that looks like an id.
    #[error("must not start with '{0}', which is reserved for ids")]
    ReservedPrefix(&'static str),
}

fn check(text: &str) -> Result<(), NameError> {
    match text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))) {
        _ if text.is_empty() => Err(NameError::Empty),
        _ if text.len() > NAME_BYTES_MAX => Err(NameError::TooLong),
        Some(character) => Err(NameError::Character(character)),
        None => Ok(()),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the text: 1 to 256 of `[a-zA-Z0-9\-_.]`.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                check(text).map(|()| Self(text.into()))
            }

            /// From a store's own rows, which were checked when they were written.
            pub fn stored(text: &str) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name!(
    /// Names an environment: one product that sends webhooks, as its tokens name it (`org_…`).
    OrgId
);
name!(
    /// A client's own id for a noun.
    Uid
);
name!(
    /// An event type's name, for example `invoice.paid`.
    EventTypeName
);
name!(
    /// A channel: a client's own partition of an app's messages.
    Channel
);
name!(
    /// A label on a message, to find it again.
    Tag
);

name!(
    /// Names a profile, for example `standard`.
    ProfileName
);
name!(
    /// The client's id of a registered call, for example `send-invoice`.
    TriggerId
);

impl ProfileName {
    /// The profile of an org that chose none.
    pub fn standard() -> Self {
        Self::stored("standard")
    }
}

impl Uid {
    /// Checks an app's uid.
    pub fn for_app(text: &str) -> Result<Self, NameError> {
        Self::unlike_ids_of::<AppKey>(text)
    }

    /// Checks an endpoint's uid.
    pub fn for_endpoint(text: &str) -> Result<Self, NameError> {
        Self::unlike_ids_of::<EndpointKey>(text)
    }

    /// Checks a message's event id.
    pub fn for_message(text: &str) -> Result<Self, NameError> {
        Self::unlike_ids_of::<MessageKey>(text)
    }

    fn unlike_ids_of<K: Key>(text: &str) -> Result<Self, NameError> {
        if text.starts_with(K::PREFIX) {
            return Err(NameError::ReservedPrefix(K::PREFIX));
        }
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_what_the_contract_allows() {
        assert!(EventTypeName::parse("invoice.paid-v2_X").is_ok());
        assert_eq!(EventTypeName::parse(""), Err(NameError::Empty));
        assert_eq!(EventTypeName::parse("a b"), Err(NameError::Character(' ')));
        assert_eq!(EventTypeName::parse(&"x".repeat(257)), Err(NameError::TooLong));
        assert!(EventTypeName::parse(&"x".repeat(256)).is_ok());
    }

    #[test]
    fn a_uid_never_looks_like_an_id() {
        assert_eq!(Uid::for_app("app_mine"), Err(NameError::ReservedPrefix("app_")));
        assert!(Uid::for_app("ep_mine").is_ok());
        assert_eq!(Uid::for_message("msg_1"), Err(NameError::ReservedPrefix("msg_")));
    }
}
