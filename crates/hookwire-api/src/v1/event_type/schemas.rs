//! The JSON Schemas of an event type: bounded, and compiled once to see that they are schemas.

use std::collections::BTreeMap;

use jsonschema::PatternOptions;
use serde_json::Value;

use crate::problem::Issues;
use crate::schema::draft_of;

/// All versions together, as JSON text.
const SCHEMAS_BYTES_MAX: usize = 64 * 1024;
/// Bytes of one compiled pattern.
const PATTERN_BYTES_MAX: usize = 256 * 1024;

/// Checks an object of schemas by version; answers with its text.
pub(super) fn vet(issues: &mut Issues, text: &str) -> Option<String> {
    let loc = ["body", "schemas"];
    if text.len() > SCHEMAS_BYTES_MAX {
        issues.add(&loc, format!("may have at most {SCHEMAS_BYTES_MAX} bytes"));
        return None;
    }
    let Ok(versions) = serde_json::from_str::<BTreeMap<String, Value>>(text) else {
        issues.add(&loc, "must be an object of JSON Schemas by version, such as {\"1\": {…}}");
        return None;
    };
    let mut good = true;
    for (version, schema) in &versions {
        if let Err(reason) = compile(schema) {
            issues.add(&["body", "schemas", version], format!("is not a valid JSON Schema: {reason}"));
            good = false;
        }
    }
    good.then(|| text.to_owned())
}

fn compile(schema: &Value) -> Result<(), String> {
    // Nothing is fetched, and patterns run in linear time.
    jsonschema::options()
        .with_draft(draft_of(schema)?)
        .offline()
        .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_BYTES_MAX))
        .build(schema)
        .map(|_| ())
        .map_err(|error| error.to_string().chars().take(500).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(text: &str) -> bool {
        let mut issues = Issues::default();
        vet(&mut issues, text).is_some() && issues.done().is_ok()
    }

    #[test]
    fn schemas_are_compiled() {
        assert!(accepts(r#"{"1":{"type":"object","properties":{"a":{"type":"string","pattern":"^a+$"}}}}"#));
        assert!(accepts(
            r#"{"1":{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object"}}"#
        ));
        assert!(accepts("{}"));
        for bad in [
            r#"{"1":{"type":"objekt"}}"#,
            r#"{"1":{"pattern":"("}}"#,
            r#"{"1":7}"#,
            "[]",
            "1",
            r#"{"1":{"$schema":"urn:x"}}"#,
        ] {
            assert!(!accepts(bad), "{bad}");
        }
    }

    #[test]
    fn nothing_is_fetched() {
        assert!(!accepts(r#"{"1":{"$ref":"http://127.0.0.1:1/schema.json"}}"#));
        assert!(!accepts(r#"{"1":{"$ref":"file:///etc/passwd"}}"#));
    }

    #[test]
    fn size_is_bounded() {
        assert!(!accepts(&format!(r#"{{"1":{{"title":"{}"}}}}"#, "x".repeat(SCHEMAS_BYTES_MAX))));
    }
}
