//! Schemas that are fine, schemas that are hostile, and data.

use std::time::{Duration, Instant};

use serde_json::json;

use super::*;

fn refusal(schema: &Value) -> String {
    Schema::compile(&schema.to_string()).map(|_| ()).expect_err("it is refused")
}

fn doubling(levels: usize) -> Value {
    let mut definitions = serde_json::Map::new();
    definitions.insert("d0".to_owned(), json!({ "type": "string" }));
    for level in 1..levels {
        let below = json!({ "$ref": format!("#/definitions/d{}", level - 1) });
        definitions.insert(format!("d{level}"), json!({ "allOf": [below, below] }));
    }
    json!({ "definitions": definitions, "$ref": format!("#/definitions/d{}", levels - 1) })
}

#[test]
fn faults_name_the_place_but_not_the_value() {
    let schema = json!({
        "type": "object", "required": ["name"],
        "properties": { "items": { "items": { "$ref": "#/definitions/count" } } },
        "definitions": { "count": { "type": "integer" } },
    });
    let schema = Schema::compile(&schema.to_string()).unwrap();
    assert_eq!(schema.faults(&json!({ "name": 1, "items": [1] })), []);
    let faults = schema.faults(&json!({ "name": 1, "items": [1, "canary"] }));
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].at, ["items", "[1]"]);
    assert!(!faults[0].reason.contains("canary"), "{faults:?}");
    assert!(schema.faults(&json!({}))[0].reason.contains("name"));
}

#[test]
fn hostile_schemas_are_refused_at_once() {
    let patterns: Vec<Value> =
        (0..200).map(|n| json!({ "pattern": format!("(\\w{{50}}){{{n}}}") })).collect();
    let chain: serde_json::Map<String, Value> = (0..1_000)
        .map(|n| (format!("d{n:04}"), json!({ "not": { "$ref": format!("#/definitions/d{:04}", n + 1) } })))
        .chain([("d1000".to_owned(), json!(true))])
        .collect();
    let backwards: serde_json::Map<String, Value> = (1..1_000)
        .map(|n| (format!("d{n:04}"), json!({ "not": { "$ref": format!("#/definitions/d{:04}", n - 1) } })))
        .chain([("d0000".to_owned(), json!(true))])
        .collect();
    let hostile = [
        doubling(40),
        json!({ "allOf": patterns }),
        json!({ "definitions": chain }),
        json!({ "definitions": backwards }),
        json!({ "pattern": "(((a{100}){100}){100}){100}" }),
        json!({ "pattern": "(a)\\1" }),
        json!({ "properties": { "a": { "$ref": "#" } } }),
        json!({ "definitions": { "a": { "$ref": "#/definitions/b" }, "b": { "$ref": "#/definitions/a" } } }),
        json!({ "$ref": "https://127.0.0.1:1/schema.json" }),
        json!({ "$ref": "file:///etc/passwd" }),
        json!({ "$ref": "#anchor" }),
        json!({ "$ref": "#/definitions/none" }),
        json!({ "items": { "$id": "https://example.com/other", "$ref": "#/x" } }),
        json!({ "$schema": "https://127.0.0.1:1/schema.json" }),
        json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "$dynamicRef": "#x" }),
        json!({ "unevaluatedProperties": false }),
        json!({ "type": "objekt" }),
        json!({ "title": "x".repeat(SCHEMA_BYTES_MAX) }),
        json!(7),
    ];
    for schema in hostile {
        let began = Instant::now();
        let reason = refusal(&schema);
        assert!(!reason.is_empty() && reason.len() < 2_100, "{reason}");
        // Far below it when the machine is idle; what is not bounded takes minutes or for ever.
        assert!(began.elapsed() < Duration::from_secs(2), "{reason}: {:?}", began.elapsed());
    }
    assert!(Schema::compile(&"[".repeat(50_000)).is_err());
    let nested = format!("{}true{}", "{\"not\":".repeat(120), "}".repeat(120));
    assert!(Schema::compile(&nested).is_err());
}

#[test]
fn the_same_definition_may_be_used_often() {
    let used: Vec<Value> = (0..100).map(|_| json!({ "$ref": "#/definitions/a" })).collect();
    let schema = json!({ "definitions": { "a": { "type": "string", "maxLength": 3 } }, "anyOf": used });
    assert!(Schema::compile(&schema.to_string()).is_ok());
    assert!(Schema::compile(&doubling(8).to_string()).is_ok());
}

#[test]
fn a_check_has_a_bound_too() {
    let all: Vec<Value> = (0..2_000).map(|_| json!({ "items": { "minimum": 0 } })).collect();
    let schema = Schema::compile(&json!({ "allOf": all }).to_string()).unwrap();
    assert_eq!(schema.faults(&json!(vec![1; 100])), []);
    assert!(schema.faults(&json!(vec![1; 100_000]))[0].reason.contains("too many values"));
}

#[test]
fn schemas_are_compiled_once_and_old_ones_are_forgotten() {
    let schemas = Schemas::default();
    let first = schemas.get("{}").unwrap();
    assert!(Arc::ptr_eq(&first, &schemas.get("{}").unwrap()));
    let wide = |n: usize| json!({ "enum": vec![n; 1], "title": "x".repeat(60_000) }).to_string();
    for n in 0..150 {
        schemas.get(&wide(n)).unwrap();
    }
    assert!(schemas.known(&Sha256::digest("{}").into()).is_none());
    assert!(schemas.known(&Sha256::digest(wide(149)).into()).is_some());
}
