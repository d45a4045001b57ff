//! JSON numbers as exact decimals: `1`, `1.0` and `10e-1` are one number, and no digit of a long one is lost.

use std::borrow::Cow;
use std::cmp::Ordering;

/// Exponents of more digits than this count as [`FAR`].
const EXPONENT_DIGITS_MAX: usize = 10;
/// An exponent that no filter may have, however many digits stand before the point.
const FAR: i64 = 100_000_000_000;
/// The largest order of magnitude of a number in a filter. A text has fewer than 2^31 digits, so none with a [`FAR`]
/// exponent can come near it.
const MAGNITUDE_MAX: u64 = 1_000_000_000;

/// A number: `0.digits` times ten to the power of `magnitude`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Decimal<'a> {
    /// -1, 0 or 1.
    sign: i8,
    magnitude: i64,
    /// Without zeros at either end; empty for zero.
    digits: Cow<'a, str>,
}

impl<'a> Decimal<'a> {
    /// Reads the text of a JSON number.
    pub(super) fn read(text: &'a str) -> Self {
        let (sign, absolute) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (mantissa, exponent) = absolute.split_once(['e', 'E']).unwrap_or((absolute, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let (digits, point) = if fraction.is_empty() {
            (Cow::Borrowed(whole.trim_end_matches('0')), whole.len() as i64)
        } else if whole.is_empty() {
            let digits = fraction.trim_start_matches('0');
            (Cow::Borrowed(digits), digits.len() as i64 - fraction.len() as i64)
        } else {
            (Cow::Owned([whole, fraction].concat()), whole.len() as i64)
        };
        if digits.is_empty() {
            return Self { sign: 0, magnitude: 0, digits };
        }
        Self { sign, magnitude: point + power(exponent), digits }
    }

    /// Whether a filter may hold it: then it differs from every other number that can be written.
    pub(super) fn is_moderate(&self) -> bool {
        self.magnitude.unsigned_abs() <= MAGNITUDE_MAX
    }

    pub(super) fn into_owned(self) -> Decimal<'static> {
        Decimal { digits: Cow::Owned(self.digits.into_owned()), ..self }
    }
}

fn power(exponent: &str) -> i64 {
    let (sign, digits) = match exponent.as_bytes().first() {
        Some(b'-') => (-1, &exponent[1..]),
        Some(b'+') => (1, &exponent[1..]),
        _ => (1, exponent),
    };
    let digits = digits.trim_start_matches('0');
    let far = digits.len() > EXPONENT_DIGITS_MAX;
    sign * if far { FAR } else { digits.parse().unwrap_or(0) }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let absolute = || self.magnitude.cmp(&other.magnitude).then_with(|| self.digits.cmp(&other.digits));
        self.sign.cmp(&other.sign).then_with(|| if self.sign < 0 { absolute().reverse() } else { absolute() })
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A number between the ones around it.
    const ASCENDING: [&str; 17] = [
        "-1e99999999999",
        "-123e10",
        "-10.01",
        "-10",
        "-0.5e-7",
        "0",
        "1e-99999999999",
        "1e-400",
        "0.001",
        "0.00101",
        "0.1",
        "1",
        "1.000000000000000000000000001",
        "12.5",
        "9007199254740992",
        "9007199254740993",
        "1e400",
    ];

    #[test]
    fn numbers_are_ordered_by_what_they_mean() {
        for (i, a) in ASCENDING.iter().enumerate() {
            for (j, b) in ASCENDING.iter().enumerate() {
                assert_eq!(Decimal::read(a).cmp(&Decimal::read(b)), i.cmp(&j), "{a} and {b}");
            }
        }
    }

    #[test]
    fn a_number_has_many_spellings() {
        for same in [
            &["0", "-0", "0.0", "0e5", "-0.00E-99999999999999"][..],
            &["1", "1.0", "10e-1", "0.1e1", "0.001E+3", "1e000000000000000000", "100e-02"],
            &["-12.5", "-125e-1", "-0.00125e4", "-12.500"],
        ] {
            assert!(same.iter().all(|text| Decimal::read(text) == Decimal::read(same[0])), "{same:?}");
        }
    }

    #[test]
    fn absurd_exponents_are_not_for_filters_but_can_be_compared() {
        assert!(Decimal::read("1e999999999").is_moderate() && Decimal::read("0e99999999999").is_moderate());
        for far in ["1e1000000001", "1e99999999999", "1e-99999999999999999999999999"] {
            assert!(!Decimal::read(far).is_moderate());
            assert_eq!(Decimal::read(far) < Decimal::read("1e-999999999"), far.contains('-'));
        }
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_scaled_integers(
            a in -20_000..20_000_i64, b in -20_000..20_000_i64, places in 0..4_usize, zeros in 0..3_usize
        ) {
            let scale = 10_i64.pow(places as u32);
            let plain = |n: i64| {
                let (sign, n) = (if n < 0 { "-" } else { "" }, n.abs());
                format!("{sign}{}.{:0places$}{}", n / scale, n % scale, "0".repeat(zeros + 1))
            };
            let exponent = |n: i64| format!("{n}{}e-{}", "0".repeat(zeros), places + zeros);
            let texts = [plain(a), exponent(a), exponent(b)];
            let [plain, same, other] = texts.each_ref().map(|text| Decimal::read(text));
            prop_assert_eq!(plain.cmp(&other), a.cmp(&b));
            prop_assert_eq!(plain, same);
        }
    }
}
