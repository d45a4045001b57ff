//! How durations and subnets are written in the configuration.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use serde::de::{Deserialize, Deserializer, Error};

/// A whole number with the unit `ms`, `s`, `m` or `h`.
pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    span(&text)
        .ok_or_else(|| D::Error::custom(format!("\"{text}\" is not a duration; write 250ms, 5s or 2h")))
}

fn span(text: &str) -> Option<Duration> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at(unit_at);
    let count: u64 = count.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(count)),
        "s" => Some(Duration::from_secs(count)),
        "m" => count.checked_mul(60).map(Duration::from_secs),
        "h" => count.checked_mul(3_600).map(Duration::from_secs),
        _ => None,
    }
}

/// A list of subnets; an address alone means itself.
pub(super) fn subnets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let parsed = texts.iter().map(|text| {
        subnet(text).ok_or_else(|| D::Error::custom(format!("\"{text}\" is not a subnet; write 10.1.0.0/16")))
    });
    parsed.collect()
}

/// A subnet, or an address that means itself.
pub(crate) fn subnet(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

#[test]
fn durations_have_a_number_and_a_unit() {
    for (text, expected) in [
        ("250ms", Some(Duration::from_millis(250))),
        ("5s", Some(Duration::from_secs(5))),
        ("2m", Some(Duration::from_mins(2))),
        ("2h", Some(Duration::from_hours(2))),
        ("5", None),
        ("s", None),
        ("", None),
        ("-5s", None),
        ("1.5s", None),
        ("5 s", None),
        ("99999999999999999999h", None),
        ("18446744073709551615h", None),
    ] {
        assert_eq!(span(text), expected, "{text}");
    }
}
