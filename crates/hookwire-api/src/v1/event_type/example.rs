//! The examples of an event type: `examples` in version 1 of its schemas.

use std::collections::BTreeMap;

use hookwire_core::EventType;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The example of that number, as it is written.
pub(in crate::v1) fn of(event_type: &EventType, index: usize) -> Option<String> {
    event_type.schemas.as_deref().and_then(|schemas| find(schemas, index))
}

/// Schemas that hold nothing but this example, given as JSON text.
pub(in crate::v1) fn schemas_with(example: &str) -> String {
    format!(r#"{{"1":{{"examples":[{example}]}}}}"#)
}

/// `schemas["1"].examples[index]`.
fn find(schemas: &str, index: usize) -> Option<String> {
    #[derive(Deserialize)]
    struct Version<'a> {
        #[serde(borrow)]
        examples: Vec<&'a RawValue>,
    }
    let versions: BTreeMap<String, &RawValue> = serde_json::from_str(schemas).ok()?;
    let version: Version<'_> = serde_json::from_str(versions.get("1")?.get()).ok()?;
    version.examples.get(index).map(|example| example.get().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_taken_as_it_is_written() {
        let schemas = r#"{"1":{"type":"object","examples":[{"z":1, "a":2},{"b":3}]},"2":true}"#;
        assert_eq!(find(schemas, 0).as_deref(), Some(r#"{"z":1, "a":2}"#));
        assert_eq!(find(schemas, 1).as_deref(), Some(r#"{"b":3}"#));
        assert_eq!(find(schemas, 2), None);
        assert_eq!(find(r#"{"2":{}}"#, 0), None);
        assert_eq!(find(&schemas_with(r#"{"z": 1}"#), 0).as_deref(), Some(r#"{"z": 1}"#));
    }
}
