//! The environment over the file: `HOOKWIRE_SECTION_KEY`, typed like the key's default.

use anyhow::{Context as _, bail};
use toml::{Table, Value};

use super::DEFAULT_TOML;
use super::nearest::nearest;
use super::service_link::is_service_link;

const PREFIX: &str = "HOOKWIRE_";

/// The environment's variables that are ours.
#[expect(clippy::disallowed_methods, reason = "the one home of the environment")]
pub(crate) fn environment() -> anyhow::Result<Vec<(String, String)>> {
    let names = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    names
        .filter(|(name, _)| name.starts_with(PREFIX))
        .map(|(name, value)| {
            let value = value.into_string().ok().with_context(|| format!("{name} is not valid UTF-8"))?;
            Ok((name, value))
        })
        .collect()
}

/// A key that can be set.
struct Known {
    variable: String,
    section: String,
    key: String,
    default: Value,
}

fn known() -> Vec<Known> {
    let defaults: Table = toml::from_str(DEFAULT_TOML).expect("the defaults are valid");
    let mut all = Vec::new();
    for (section, keys) in defaults {
        let Value::Table(keys) = keys else { continue };
        all.extend(keys.into_iter().map(|(key, default)| {
            let variable = format!("{PREFIX}{section}_{key}").to_uppercase();
            Known { variable, section: section.clone(), key, default }
        }));
    }
    all
}

/// Lays variables over the table. One that is or nearly is a key's, but not quite, is an error. Answers with the names of
/// those that have nothing to do with any key: they may be another program's.
pub(super) fn apply(table: &mut Table, variables: Vec<(String, String)>) -> anyhow::Result<Vec<String>> {
    let known = known();
    let mut strangers = Vec::new();
    for (name, text) in variables {
        let upper = name.to_uppercase();
        if let Some(Known { section, key, default, .. }) = known.iter().find(|one| one.variable == upper) {
            let value = typed(&text, default)
                .map_err(|expected| anyhow::anyhow!("{name} must be {expected} (it is {text:?})"))?;
            let slot = table.entry(section.clone()).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(slot) = slot {
                slot.insert(key.clone(), value);
            }
        } else if !is_service_link(&upper, &text) {
            refuse_misspelt(&name, &upper, &known)?;
            strangers.push(name);
        }
    }
    Ok(strangers)
}

/// An error when the variable names a section, or nearly is one of the known ones.
fn refuse_misspelt(name: &str, upper: &str, known: &[Known]) -> anyhow::Result<()> {
    let in_section = |one: &Known| upper.starts_with(&format!("{PREFIX}{}_", one.section).to_uppercase());
    let names = |wanted: &dyn Fn(&Known) -> bool| -> Vec<String> {
        known.iter().filter(|one| wanted(one)).map(|one| one.variable.clone()).collect()
    };
    let of_section = names(&in_section);
    if let Some((meant, _)) = nearest(upper, &of_section) {
        let all = of_section.join(", ");
        bail!("unknown environment variable {name}; the nearest is {meant}, all of this section are {all}");
    }
    match nearest(upper, &names(&|_| true)) {
        Some((meant, true)) => bail!("unknown environment variable {name}; the nearest is {meant}"),
        _ => Ok(()),
    }
}

/// The text as a value of the default's type; otherwise what was expected.
fn typed(text: &str, default: &Value) -> Result<Value, &'static str> {
    match default {
        Value::Integer(_) => text.trim().parse().map(Value::Integer).map_err(|_| "a whole number"),
        Value::Float(_) => text.trim().parse().map(Value::Float).map_err(|_| "a number"),
        Value::Boolean(_) => text.trim().parse().map(Value::Boolean).map_err(|_| "true or false"),
        Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Ok(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
        }
        _ => Ok(Value::String(text.to_owned())),
    }
}
