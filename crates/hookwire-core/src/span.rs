//! Spans of time as people write them: `250ms`, `5s`, `30m`, `2h`, `1h 30m`.

use std::time::Duration;

/// A text that is no span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a duration: write for example 250ms, 5s, 30m or 2h")]
pub struct NoSpan;

/// Reads a span: numbers with units. A bare number is refused, as nobody knows its unit.
pub fn parse(text: &str) -> Result<Duration, NoSpan> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NoSpan);
    }
    let signed: jiff::SignedDuration = text.parse().map_err(|_| NoSpan)?;
    Duration::try_from(signed).map_err(|_| NoSpan)
}

/// Writes a span in its largest whole unit, as [`parse`] reads it.
pub fn format(span: Duration) -> String {
    let micros = span.as_micros();
    let units = [(3_600_000_000, "h"), (60_000_000, "m"), (1_000_000, "s"), (1_000, "ms")];
    match units.into_iter().find(|(size, _)| micros >= *size && micros.is_multiple_of(*size)) {
        Some((size, unit)) => format!("{}{unit}", micros / size),
        None if micros == 0 => "0s".to_owned(),
        None => format!("{micros}us"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_units_and_are_read_back() {
        for (text, millis) in [
            ("250ms", 250),
            ("5s", 5_000),
            ("30m", 1_800_000),
            ("2h", 7_200_000),
            ("120h", 432_000_000),
            ("0s", 0),
        ] {
            let span = parse(text).unwrap();
            assert_eq!(span, Duration::from_millis(millis), "{text}");
            assert_eq!(format(span), text);
        }
        assert_eq!(parse(" 1h 30m "), Ok(Duration::from_mins(90)));
        for text in ["", "5", "-5s", "soon", "5 parsecs"] {
            assert_eq!(parse(text), Err(NoSpan), "{text}");
        }
    }
}
