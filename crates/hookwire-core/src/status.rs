//! Sets of HTTP statuses: single ones and whole hundreds.

use std::fmt;

/// Longest list of statuses.
const ENTRIES_MAX: usize = 32;

/// A set of statuses, for example those that count as success. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusSet(Vec<Statuses>);

/// One status or a whole hundred of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statuses {
    /// All of one hundred: 2 = 200 to 299.
    Class(u16),
    /// This one.
    Exactly(u16),
}

/// Why a list of statuses is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// No entries.
    #[error("must name at least one status; leave it out for the default")]
    Empty,
    /// Too many entries.
    #[error("may hold at most 32 entries")]
    TooMany,
    /// Not a status that can end an exchange.
    #[error("{0:?} is neither a status from 200 to 599 nor one of 2xx, 3xx, 4xx, 5xx")]
    NoStatus(String),
}

impl StatusSet {
    /// Reads entries such as `2xx` and `204`.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, StatusError> {
        let codes = entries.into_iter().map(parse_one).collect::<Result<Vec<_>, _>>()?;
        match codes.len() {
            0 => Err(StatusError::Empty),
            1..=ENTRIES_MAX => Ok(Self(codes)),
            _ => Err(StatusError::TooMany),
        }
    }

    /// Any 2xx.
    pub fn any_2xx() -> Self {
        Self(vec![Statuses::Class(2)])
    }

    /// Whether `status` is one of them.
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|statuses| statuses.contain(status))
    }

    /// The entries, as [`StatusSet::parse`] reads them.
    pub fn entries(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(ToString::to_string)
    }
}

impl Statuses {
    /// Whether `status` is one of them.
    pub const fn contain(self, status: u16) -> bool {
        match self {
            Self::Class(hundred) => status / 100 == hundred,
            Self::Exactly(code) => status == code,
        }
    }
}

impl std::str::FromStr for Statuses {
    type Err = StatusError;

    fn from_str(entry: &str) -> Result<Self, StatusError> {
        parse_one(entry)
    }
}

fn parse_one(entry: &str) -> Result<Statuses, StatusError> {
    let refuse = || StatusError::NoStatus(entry.chars().take(40).collect());
    if let Some(hundred) = entry.strip_suffix("xx") {
        return match hundred {
            "2" => Ok(Statuses::Class(2)),
            "3" => Ok(Statuses::Class(3)),
            "4" => Ok(Statuses::Class(4)),
            "5" => Ok(Statuses::Class(5)),
            _ => Err(refuse()),
        };
    }
    match entry.parse() {
        Ok(code @ 200..=599) if entry.len() == 3 => Ok(Statuses::Exactly(code)),
        _ => Err(refuse()),
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class(hundred) => write!(f, "{hundred}xx"),
            Self::Exactly(code) => write!(f, "{code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_single_statuses_are_told_apart() {
        let codes = StatusSet::parse(["2xx", "304"]).unwrap();
        let inside = [200, 204, 299, 304].map(|status| codes.contains(status));
        let outside = [199, 300, 303, 305, 400, 500].map(|status| codes.contains(status));
        assert_eq!((inside, outside), ([true; 4], [false; 6]));
        assert_eq!(codes.entries().collect::<Vec<_>>(), ["2xx", "304"]);
    }

    #[test]
    fn what_is_no_status_is_refused() {
        assert_eq!(StatusSet::parse([]), Err(StatusError::Empty));
        for entry in ["", "xx", "1xx", "6xx", "20x", "0200", "+200", "199", "600", "2XX", "ok"] {
            assert_eq!(StatusSet::parse([entry]), Err(StatusError::NoStatus(entry.to_owned())), "{entry}");
        }
        assert_eq!(StatusSet::parse(vec!["200"; 33]), Err(StatusError::TooMany));
    }
}
