//! A point in time: microseconds since the Unix epoch, written as RFC 3339 in UTC.

use std::time::Duration;

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The latest time that every backend can hold.
    pub const MAX: Self = Self(i64::MAX / 2);

    /// From microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole seconds since the epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since the epoch, rounded down.
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// That much later.
    pub const fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros_of(span)))
    }

    /// That much earlier.
    pub const fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(micros_of(span)))
    }

    /// The time from `earlier` until this one; zero when `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        let micros = self.0.saturating_sub(earlier.0);
        Duration::from_micros(if micros < 0 { 0 } else { micros.unsigned_abs() })
    }

    /// Parses an RFC 3339 time with any offset. The last hours of the year 9999, which are beyond the range of ours, count
    /// as the latest time there is.
    pub fn parse(text: &str) -> Option<Self> {
        let at = text.parse::<jiff::Timestamp>().ok().or_else(|| at_the_edge(text))?;
        Some(Self(at.as_microsecond()))
    }

    /// RFC 3339 in UTC with six decimals, for example `2026-08-21T20:24:36.123456Z`.
    pub fn to_rfc3339(self) -> String {
        let Ok(at) = jiff::Timestamp::from_microsecond(self.0) else {
            return String::from("9999-12-31T23:59:59.999999Z");
        };
        let parts = jiff::tz::Offset::UTC.to_datetime(at);
        let Ok(year) = u32::try_from(parts.year()) else { return format!("{at:.6}") };
        // Ten times as fast as formatting.
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        for (place, number) in [
            (0..4, year),
            (5..7, parts.month().unsigned_abs().into()),
            (8..10, parts.day().unsigned_abs().into()),
            (11..13, parts.hour().unsigned_abs().into()),
            (14..16, parts.minute().unsigned_abs().into()),
            (17..19, parts.second().unsigned_abs().into()),
            (20..26, parts.subsec_nanosecond().unsigned_abs() / 1_000),
        ] {
            write_digits(&mut text[place], number);
        }
        String::from_utf8(text.to_vec()).expect("digits are ASCII")
    }

    /// Parses the date form of HTTP (RFC 9110 §5.6.7, IMF-fixdate), as `Retry-After` may carry it.
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
        Some(Self(zoned.timestamp().as_microsecond()))
    }
}

/// The latest time, for a well-formed one of the last year that is later.
fn at_the_edge(text: &str) -> Option<jiff::Timestamp> {
    let pieces = jiff::fmt::temporal::Pieces::parse(text).ok()?;
    let is_whole = pieces.time().is_some() && pieces.to_numeric_offset().is_some();
    (is_whole && pieces.date().year() == 9_999).then_some(jiff::Timestamp::MAX)
}

/// Writes a number with as many digits as there is place for.
fn write_digits(place: &mut [u8], mut number: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

const fn micros_of(span: Duration) -> i64 {
    let micros = span.as_micros();
    if micros > i64::MAX as u128 { i64::MAX } else { micros as i64 }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_its_text_form() {
        let at = Timestamp::from_micros(1_787_343_876_123_456);
        assert_eq!(at.to_rfc3339(), "2026-08-21T20:24:36.123456Z");
        assert_eq!(Timestamp::parse(&at.to_rfc3339()), Some(at));
    }

    proptest::proptest! {
        #[test]
        fn every_time_is_written_as_the_standard_has_it(micros in -70_000_000_000_000_000_i64..253_402_000_000_000_000) {
            let expected = format!("{:.6}", jiff::Timestamp::from_microsecond(micros).unwrap());
            proptest::prop_assert_eq!(Timestamp::from_micros(micros).to_rfc3339(), expected);
        }
    }

    #[test]
    fn a_time_beyond_the_range_is_its_edge_and_no_mistake() {
        let latest = Timestamp::from_micros(jiff::Timestamp::MAX.as_microsecond());
        for text in ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999+00:00", "9999-12-31T00:00:00-14:00"]
        {
            assert_eq!(Timestamp::parse(text), Some(latest), "{text}");
        }
        for text in [
            "9999-13-31T23:59:59Z",
            "9999-12-32T23:59:59Z",
            "9999-12-31",
            "9999-12-31T23:59:59",
            "9999-12-31T25:00:00Z",
            "-009999-01-01T00:00:00Z",
            "2026-08-21T20:24:36Z[!a=b]",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn whole_seconds_keep_six_decimals() {
        assert_eq!(Timestamp::from_seconds(0).to_rfc3339(), "1970-01-01T00:00:00.000000Z");
    }

    #[test]
    fn http_dates_are_understood() {
        let at = Timestamp::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(at, Some(Timestamp::from_seconds(784_111_777)));
        assert_eq!(Timestamp::parse_http_date("yesterday"), None);
    }

    #[test]
    fn spans_never_become_negative() {
        let (early, late) = (Timestamp::from_seconds(1), Timestamp::from_seconds(2));
        assert_eq!(late.since(early), Duration::from_secs(1));
        assert_eq!(early.since(late), Duration::ZERO);
    }
}
