//! JSON Schemas that clients bring: weighed before they are compiled, so that none takes long, and kept compiled.

mod weight;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use hookwire_core::limits::SCHEMA_BYTES_MAX;
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::json;

/// Bytes of one compiled pattern.
const PATTERN_BYTES_MAX: usize = 128 * 1_024;
/// The schema's weight times the data's: what one check may cost.
const COST_MAX: u64 = 20_000_000;
/// Faults of the data that are told at once.
const FAULTS_MAX: usize = 10;
const REASON_CHARS_MAX: usize = 500;
/// The weight of all schemas that are kept compiled; the oldest go first.
const KEPT_WEIGHT_MAX: u64 = 200_000;

/// A schema, ready to check data.
pub(crate) struct Schema {
    validator: Validator,
    weight: u64,
}

/// What does not fit a schema.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Names and `[index]`es that lead to the place in the data.
    pub(crate) at: Vec<String>,
    /// Why, without the value itself.
    pub(crate) reason: String,
}

impl Schema {
    /// Compiles a schema. Nothing is fetched; work and memory are bounded whatever the text holds.
    pub(crate) fn compile(text: &str) -> Result<Self, String> {
        if text.len() > SCHEMA_BYTES_MAX {
            return Err(format!("may have at most {SCHEMA_BYTES_MAX} bytes"));
        }
        let schema: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if !schema.is_object() && !schema.is_boolean() {
            return Err("must be a JSON Schema: an object, or true or false".to_owned());
        }
        let weight = weight::of(&schema)?;
        // Patterns run in linear time.
        let validator = jsonschema::options()
            .with_draft(draft_of(&schema)?)
            .offline()
            .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_BYTES_MAX))
            .build(&schema)
            .map_err(|error| format!("is not a valid JSON Schema: {}", short(&error)))?;
        Ok(Self { validator, weight })
    }

    /// What of the data does not fit; the first few faults.
    pub(crate) fn faults(&self, data: &Value) -> Vec<Fault> {
        if self.weight.saturating_mul(weight::of_data(data)) > COST_MAX {
            let reason = "has too many values to be checked against this trigger's schema".to_owned();
            return vec![Fault { at: Vec::new(), reason }];
        }
        let faults = self.validator.iter_errors(data).take(FAULTS_MAX);
        faults
            .map(|error| Fault { at: parts(error.instance_path().as_str()), reason: short(&error.masked()) })
            .collect()
    }
}

/// The draft that a schema names; without `$schema`, draft 7 is meant.
pub(crate) fn draft_of(schema: &Value) -> Result<Draft, String> {
    match schema.get("$schema").map(|_| Draft::default().detect(schema)) {
        None => Ok(Draft::Draft7),
        // The compiler panics when it is told to use it.
        Some(Draft::Unknown) => Err("names a $schema that is not one of the published drafts".to_owned()),
        Some(draft) => Ok(draft),
    }
}

/// A body as a tree; no body is null.
pub(crate) fn parsed(body: &[u8], depth_max: usize) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    if json::depth(body) > depth_max {
        return Err(format!("is nested deeper than {depth_max} levels"));
    }
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn short(text: &impl ToString) -> String {
    text.to_string().chars().take(REASON_CHARS_MAX).collect()
}

/// The parts of a JSON pointer (RFC 6901), indexes in brackets.
fn parts(pointer: &str) -> Vec<String> {
    let part = |text: &str| {
        let is_index = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_index { format!("[{text}]") } else { text.replace("~1", "/").replace("~0", "~") }
    };
    pointer.split('/').skip(1).map(part).collect()
}

/// Compiled schemas by the digest of their text, a bounded number of them.
#[derive(Default)]
pub struct Schemas(Mutex<VecDeque<([u8; 32], Arc<Schema>)>>);

impl Schemas {
    /// The schema, compiled now or before.
    pub(crate) fn get(&self, text: &str) -> Result<Arc<Schema>, String> {
        let digest: [u8; 32] = Sha256::digest(text).into();
        if let Some(known) = self.known(&digest) {
            return Ok(known);
        }
        let schema = Arc::new(Schema::compile(text)?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((digest, Arc::clone(&schema)));
        let mut weight: u64 = kept.iter().map(|(_, schema)| schema.weight).sum();
        while weight > KEPT_WEIGHT_MAX {
            weight -= kept.pop_front().map_or(weight, |(_, oldest)| oldest.weight);
        }
        Ok(schema)
    }

    /// Whether a body, JSON or nothing, fits a schema; if not, why, without the values in it. Takes its time: not for a
    /// thread that others wait for.
    pub fn check(&self, schema: &str, body: &[u8], depth_max: usize) -> Result<(), String> {
        let data = parsed(body, depth_max).map_err(|reason| format!("data {reason}"))?;
        let faults = self.get(schema)?.faults(&data);
        if faults.is_empty() {
            return Ok(());
        }
        let reason = |fault: &Fault| {
            let at: Vec<&str> = std::iter::once("data").chain(fault.at.iter().map(String::as_str)).collect();
            format!("{}: {}", at.join("."), fault.reason)
        };
        Err(faults.iter().map(reason).collect::<Vec<_>>().join("; "))
    }

    fn known(&self, digest: &[u8; 32]) -> Option<Arc<Schema>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| known == digest).map(|(_, schema)| Arc::clone(schema))
    }
}

#[cfg(test)]
mod tests;
