//! What a schema or a piece of data weighs: the work that it can cause, known before any is done.

use std::collections::HashMap;

use serde_json::Value;

/// Values of a schema with its references written out; a pattern weighs as much as [`PATTERN_WEIGHT`] of them.
const WEIGHT_MAX: u64 = 20_000;
const PATTERN_WEIGHT: u64 = 400;
/// How deep a schema is, with its references written out.
const HEIGHT_MAX: u32 = 96;
/// A string weighs one for each of these many bytes.
const STRING_BYTES: usize = 32;

/// A part of a schema.
#[derive(Clone, Copy, Default)]
struct Size {
    weight: u64,
    height: u32,
}

impl Size {
    fn add(&mut self, part: Self) -> Result<(), String> {
        self.weight += part.weight;
        self.height = self.height.max(part.height + 1);
        if self.weight > WEIGHT_MAX {
            return Err("is too large, or its references make it so".to_owned());
        }
        if self.height > HEIGHT_MAX {
            return Err(format!("is nested deeper than {HEIGHT_MAX} levels, references included"));
        }
        Ok(())
    }
}

/// Walks a schema. What each reference leads to is walked once.
struct Scale<'a> {
    root: &'a Value,
    /// By pointer; `None` while it is being walked.
    known: HashMap<&'a str, Option<Size>>,
}

/// The weight of a schema, or why it is refused.
///
/// References may only lead to places in the same schema, and never back to where they come from: checking data
/// against a schema that unfolds without end can take any time. For the same reason keywords that look at results of
/// others (`unevaluated…`) and references that are resolved while checking are refused.
pub(super) fn of(schema: &Value) -> Result<u64, String> {
    let mut scale = Scale { root: schema, known: HashMap::from([("#", None)]) };
    scale.size(schema, 0).map(|size| size.weight)
}

/// The weight of a piece of data: its values and keys.
pub(super) fn of_data(data: &Value) -> u64 {
    1 + match data {
        Value::String(text) => (text.len() / STRING_BYTES) as u64,
        Value::Array(items) => items.iter().map(of_data).sum(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.len() / STRING_BYTES) as u64 + of_data(value)).sum()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

impl<'a> Scale<'a> {
    /// `depth` counts the steps that led here, so that the walk itself can't exhaust the stack.
    fn size(&mut self, value: &'a Value, depth: u32) -> Result<Size, String> {
        let mut size = Size { weight: 1, height: 0 };
        if depth > HEIGHT_MAX {
            size.add(Size { weight: 0, height: depth })?;
        }
        match value {
            Value::Array(items) => {
                items.iter().try_for_each(|item| size.add(self.size(item, depth + 1)?))?;
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    size.add(self.field(name, value, depth + 1)?)?;
                }
            }
            Value::String(text) => size.weight += (text.len() / STRING_BYTES) as u64,
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        Ok(size)
    }

    fn field(&mut self, name: &str, value: &'a Value, depth: u32) -> Result<Size, String> {
        match (name, value) {
            ("$ref", Value::String(to)) => self.target(to, depth),
            ("$dynamicRef" | "$recursiveRef", Value::String(_)) => {
                Err(format!("may not use {name}; write $ref"))
            }
            ("$id", Value::String(_)) if depth > 1 => Err("may have an $id at its root only".to_owned()),
            ("unevaluatedProperties" | "unevaluatedItems", Value::Bool(_) | Value::Object(_)) => {
                Err(format!("may not use {name}"))
            }
            ("pattern", Value::String(_)) => Ok(Size { weight: PATTERN_WEIGHT, height: 0 }),
            ("patternProperties", Value::Object(patterns)) => {
                let mut size = self.size(value, depth)?;
                size.add(Size { weight: PATTERN_WEIGHT * patterns.len() as u64, height: 0 })?;
                Ok(size)
            }
            _ => self.size(value, depth),
        }
    }

    fn target(&mut self, to: &'a str, depth: u32) -> Result<Size, String> {
        match self.known.get(to) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                return Err(format!(
                    "may not be recursive: the reference {} leads back to itself",
                    quoted(to)
                ));
            }
            None => {}
        }
        let pointer = to.strip_prefix('#').filter(|pointer| pointer.is_empty() || pointer.starts_with('/'));
        let pointer =
            pointer.ok_or_else(|| format!("may only refer to itself (#/…), not to {}", quoted(to)))?;
        let found = self.root.pointer(pointer);
        let found = found.ok_or_else(|| format!("refers to {}, which it does not hold", quoted(to)))?;
        self.known.insert(to, None);
        let size = self.size(found, depth + 1)?;
        self.known.insert(to, Some(size));
        Ok(size)
    }
}

fn quoted(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    format!("'{short}'")
}
