//! Which failures are worth another attempt.

use std::fmt;

use crate::ErrorClass;
use crate::status::Statuses;

/// Longest list of causes.
const ENTRIES_MAX: usize = 32;

/// Why an attempt failed, as far as retries care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// There was no answer: name, connection, TLS or protocol failed.
    Network,
    /// There was no answer in time.
    Timeout,
    /// An answer with this status, which does not count as success.
    Status(u16),
}

impl Cause {
    /// The cause behind an error class; `status` is the answer's.
    pub const fn of(class: ErrorClass, status: u16) -> Self {
        match class {
            ErrorClass::Http => Self::Status(status),
            ErrorClass::Timeout => Self::Timeout,
            ErrorClass::Dns
            | ErrorClass::Connect
            | ErrorClass::Tls
            | ErrorClass::Blocked
            | ErrorClass::Protocol
            | ErrorClass::Template => Self::Network,
        }
    }
}

/// The failures that are tried again: everything unless it says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RetryOn(Option<Vec<Entry>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Network,
    Timeout,
    Status(Statuses),
}

/// Why a list of causes is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RetryOnError {
    /// Too many entries.
    #[error("may hold at most 32 entries")]
    TooMany,
    /// Not a cause.
    #[error("{0:?} is none of network, timeout, 3xx, 4xx, 5xx or a single status such as 429")]
    NoCause(String),
}

impl RetryOn {
    /// Reads entries such as `network`, `timeout`, `5xx` and `429`. An empty list tries nothing again.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, RetryOnError> {
        let entries = entries.into_iter().map(parse_one).collect::<Result<Vec<_>, _>>()?;
        if entries.len() > ENTRIES_MAX { Err(RetryOnError::TooMany) } else { Ok(Self(Some(entries))) }
    }

    /// Whether such a failure is tried again.
    pub fn includes(&self, cause: Cause) -> bool {
        let Some(entries) = &self.0 else { return true };
        entries.iter().any(|entry| match (entry, cause) {
            (Entry::Network, Cause::Network) | (Entry::Timeout, Cause::Timeout) => true,
            (Entry::Status(statuses), Cause::Status(status)) => statuses.contain(status),
            _ => false,
        })
    }

    /// The entries, as [`RetryOn::parse`] reads them; `None` = everything.
    pub fn entries(&self) -> Option<Vec<String>> {
        self.0.as_ref().map(|entries| entries.iter().map(ToString::to_string).collect())
    }
}

fn parse_one(entry: &str) -> Result<Entry, RetryOnError> {
    match entry {
        "network" => Ok(Entry::Network),
        "timeout" => Ok(Entry::Timeout),
        status => status
            .parse()
            .map(Entry::Status)
            .map_err(|_| RetryOnError::NoCause(entry.chars().take(40).collect())),
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network => f.write_str("network"),
            Self::Timeout => f.write_str("timeout"),
            Self::Status(statuses) => statuses.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_tried_again_unless_the_list_says_otherwise() {
        let causes =
            [Cause::Network, Cause::Timeout, Cause::Status(404), Cause::Status(429), Cause::Status(503)];
        let tried = |entries: &[&str]| {
            let retry_on = RetryOn::parse(entries.iter().copied()).unwrap();
            causes.map(|cause| retry_on.includes(cause))
        };
        assert_eq!(causes.map(|cause| RetryOn::default().includes(cause)), [true; 5]);
        assert_eq!(tried(&[]), [false; 5]);
        assert_eq!(tried(&["network", "5xx"]), [true, false, false, false, true]);
        assert_eq!(tried(&["timeout", "429"]), [false, true, false, true, false]);
    }

    #[test]
    fn entries_are_read_back_and_garbage_is_refused() {
        let entries = ["network", "timeout", "5xx", "429"];
        assert_eq!(RetryOn::parse(entries).unwrap().entries().unwrap(), entries);
        assert_eq!(RetryOn::default().entries(), None);
        assert_eq!(RetryOn::parse(["dns"]), Err(RetryOnError::NoCause("dns".to_owned())));
        assert_eq!(RetryOn::parse(vec!["429"; 33]), Err(RetryOnError::TooMany));
    }
}
