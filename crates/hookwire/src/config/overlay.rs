//! The environment over the file: `HOOKWIRE_SECTION_KEY`, typed like the key's default.

use anyhow::bail;
use toml::{Table, Value};

use super::DEFAULT_TOML;

const PREFIX: &str = "HOOKWIRE_";

/// The environment's variables that are ours.
#[expect(clippy::disallowed_methods, reason = "the one home of the environment")]
pub(crate) fn environment() -> Vec<(String, String)> {
    let vars = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    vars.filter(|(name, _)| name.starts_with(PREFIX)).collect()
}

/// Lays variables over the table. One that names a section but none of its keys is an error: it is a typo.
pub(super) fn apply(table: &mut Table, variables: Vec<(String, String)>) -> anyhow::Result<()> {
    let defaults: Table = toml::from_str(DEFAULT_TOML).expect("the defaults are valid");
    for (name, text) in variables {
        let rest = name.strip_prefix(PREFIX).unwrap_or_default().to_ascii_lowercase();
        let section = defaults.iter().find_map(|(section, keys)| {
            let key = rest.strip_prefix(section)?.strip_prefix('_')?;
            Some((section, key, keys.as_table()?))
        });
        let Some((section, key, keys)) = section else { continue };
        let Some(default) = keys.get(key) else {
            let known: Vec<_> =
                keys.keys().map(|key| format!("{PREFIX}{section}_{key}").to_uppercase()).collect();
            bail!("unknown environment variable {name}; known are {}", known.join(", "));
        };
        let value = typed(&text, default)
            .map_err(|expected| anyhow::anyhow!("{name} must be {expected} (it is {text:?})"))?;
        let slot = table.entry(section.clone()).or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(slot) = slot {
            slot.insert(key.to_owned(), value);
        }
    }
    Ok(())
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
