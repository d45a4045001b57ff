//! The OpenAPI document and the page that shows it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::world::World;

#[tokio::test]
async fn the_front_page_leads_to_the_documentation() {
    let world = World::new();
    let front = world.nobody().get("./").await;
    assert_eq!((front.status.as_u16(), front.header("location")), (307, Some("/docs")));
    for (path, kind) in [
        ("./docs", "text/html; charset=utf-8"),
        ("./docs/docs.js", "text/javascript; charset=utf-8"),
        ("./docs/docs.css", "text/css; charset=utf-8"),
        ("/openapi.json", "application/json"),
    ] {
        let answer = world.nobody().get(path).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some(kind)));
        assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'self'"));
        assert!(
            !answer.text.contains("src=\"http") && !answer.text.contains("style="),
            "{path} loads nothing foreign"
        );
    }
}

#[tokio::test]
async fn every_reference_in_the_document_leads_somewhere() {
    let world = World::new();
    let document = world.nobody().get("/openapi.json").await.expect(200);
    assert_eq!(document["openapi"], "3.1.0");
    let mut open = vec![&document];
    let mut references = BTreeSet::new();
    while let Some(value) = open.pop() {
        match value {
            Value::Object(object) => {
                references.extend(object.get("$ref").and_then(Value::as_str));
                open.extend(object.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    assert!(references.len() > 20);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn every_operation_is_described() {
    let document = serde_json::to_value(hookwire_api::openapi()).unwrap();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} comes twice");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}");
            let placeholders = path.matches('{').count();
            let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
            let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path").count();
            assert_eq!(in_path, placeholders, "{method} {path}");
        }
    }
}
