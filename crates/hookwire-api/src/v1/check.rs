//! Checks that several nouns share: texts, labels, rates, channels, filters, and what a partial change may leave out.

use hookwire_core::limits::METADATA_BYTES_MAX;
use hookwire_core::{Channel, Filter, Metadata};
use serde::{Deserialize, Deserializer};

use crate::problem::Issues;

/// Longest display name, in characters.
pub(super) const NAME_MAX: usize = 256;
/// Longest description, in characters.
pub(super) const DESCRIPTION_MAX: usize = 4_096;
const RATE_MAX: u32 = 65_535;

/// A field of a partial change: absent keeps, null removes, a value sets.
pub(super) type Given<T> = Option<Option<T>>;

/// Tells an absent field from one that is null. To be used with `#[serde(default)]`.
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Given<T>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// A field that may be absent, but not null. To be used with `#[serde(default)]`.
pub(super) fn not_null<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(from).map(Some)
}

/// A field that may be absent; null counts as the default. To be used with `#[serde(default)]`.
pub(super) fn given_or_default<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    or_default(from).map(Some)
}

/// Null counts as the default.
pub(super) fn or_default<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    Option::deserialize(from).map(Option::unwrap_or_default)
}

/// A display name: not empty, not too long.
pub(super) fn name(issues: &mut Issues, loc: &[&str], text: &str) {
    match text.chars().count() {
        0 => issues.add(loc, "must not be empty"),
        count if count > NAME_MAX => issues.add(loc, format!("may have at most {NAME_MAX} characters")),
        _ => {}
    }
}

/// A description: not too long.
pub(super) fn description(issues: &mut Issues, loc: &[&str], text: &str) {
    if text.chars().count() > DESCRIPTION_MAX {
        issues.add(loc, format!("may have at most {DESCRIPTION_MAX} characters"));
    }
}

/// Deliveries a second.
pub(super) fn rate(issues: &mut Issues, loc: &[&str], rate: Option<u32>) {
    if rate.is_some_and(|rate| rate == 0 || rate > RATE_MAX) {
        issues.add(loc, format!("must lie between 1 and {RATE_MAX}"));
    }
}

/// Labels: bounded as JSON.
pub(super) fn metadata(issues: &mut Issues, loc: &[&str], metadata: &Metadata) {
    let bytes = serde_json::to_string(metadata).map_or(usize::MAX, |text| text.len());
    if bytes > METADATA_BYTES_MAX {
        issues.add(loc, format!("may have at most {METADATA_BYTES_MAX} bytes as JSON"));
    }
}

/// A list of names, each checked, without repetitions, and not empty.
pub(super) fn names<T: Ord>(
    issues: &mut Issues,
    loc: &[&str],
    texts: &[String],
    max: usize,
    parse: impl Fn(&str) -> Result<T, hookwire_core::name::NameError>,
) -> Vec<T> {
    if texts.is_empty() || texts.len() > max {
        issues.add(loc, format!("must have 1 to {max} items; leave it out, or set it to null, for all"));
        return Vec::new();
    }
    let mut names: Vec<T> = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let index = format!("[{index}]");
        let place: Vec<&str> = loc.iter().copied().chain([index.as_str()]).collect();
        names.extend(issues.take(&place, parse(text)));
    }
    names.sort();
    names.dedup();
    names
}

/// A payload filter.
pub(super) fn filter(issues: &mut Issues, text: &str) -> Option<Filter> {
    let compiled = Filter::compile(text);
    compiled
        .map_err(|error| {
            let path = error.path.iter().map(String::as_str);
            let at: Vec<&str> = ["body", "filter"].into_iter().chain(path).collect();
            issues.add(&at, &error.problem);
        })
        .ok()
}

/// Channel names.
pub(super) fn channels(issues: &mut Issues, loc: &[&str], texts: &[String], max: usize) -> Vec<Channel> {
    names(issues, loc, texts, max, Channel::parse)
}
