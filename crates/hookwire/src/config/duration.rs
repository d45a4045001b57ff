//! Durations as they are written in the configuration: `250ms`, `5s`, `2h`, `1h 30m`.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A duration with units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

impl Span {
    /// Reads a duration with units.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let refused = || format!("{text:?} is not a duration: write for example 250ms, 5s, 30m or 2h");
        let bare_number = text.trim().bytes().all(|byte| byte.is_ascii_digit());
        let signed: jiff::SignedDuration = text.trim().parse().map_err(|_| refused())?;
        if bare_number { Err(refused()) } else { Duration::try_from(signed).map(Self).map_err(|_| refused()) }
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let micros = self.0.as_micros();
        let units = [(3_600_000_000, "h"), (60_000_000, "m"), (1_000_000, "s"), (1_000, "ms")];
        match units.into_iter().find(|(size, _)| micros >= *size && micros.is_multiple_of(*size)) {
            Some((size, unit)) => write!(f, "{}{unit}", micros / size),
            None => write!(f, "{micros}us"),
        }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, millis) in
            [("250ms", 250), ("5s", 5_000), ("30m", 1_800_000), ("2h", 7_200_000), ("120h", 432_000_000)]
        {
            let span = Span::parse(text).unwrap();
            assert_eq!(span.0, Duration::from_millis(millis), "{text}");
            assert_eq!(Span::parse(&span.to_string()), Ok(span));
        }
        for text in ["", "5", "-5s", "soon", "5 parsecs"] {
            assert!(Span::parse(text).is_err(), "{text}");
        }
    }
}
