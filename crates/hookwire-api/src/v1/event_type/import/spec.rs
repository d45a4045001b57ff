//! Reads the webhooks of an OpenAPI document: each with its schema, complete with what the schema refers to.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

const COMPONENTS: &str = "#/components/schemas/";

/// One webhook of the document.
pub(super) struct Webhook {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) schema: Option<Value>,
    pub(super) deprecated: bool,
    pub(super) group_name: Option<String>,
}

/// All webhooks: those under `webhooks` (OpenAPI 3.1) and those under `x-webhooks` (its forerunner).
pub(super) fn webhooks(document: &Value) -> Vec<Webhook> {
    let sections = ["webhooks", "x-webhooks"].into_iter().filter_map(|key| document.get(key)?.as_object());
    sections.flatten().filter_map(|(name, item)| webhook(document, name, item)).collect()
}

fn webhook(document: &Value, name: &str, item: &Value) -> Option<Webhook> {
    let operation =
        ["post", "put", "patch", "get", "delete"].into_iter().find_map(|method| item.get(method))?;
    let text = |key: &str| operation.get(key).and_then(Value::as_str);
    let schema = operation.pointer("/requestBody/content/application~1json/schema");
    let group = operation.pointer("/tags/0").and_then(Value::as_str);
    Some(Webhook {
        name: name.to_owned(),
        description: text("description").or_else(|| text("summary")).unwrap_or_default().to_owned(),
        schema: schema.map(|schema| complete(document, schema)),
        deprecated: operation.get("deprecated").and_then(Value::as_bool).unwrap_or(false),
        group_name: group.map(str::to_owned),
    })
}

/// The schema with the document's components that it refers to, directly or through others, so that it stands alone.
fn complete(document: &Value, schema: &Value) -> Value {
    let mut wanted = BTreeMap::new();
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(object) => {
                let name = object.get("$ref").and_then(Value::as_str);
                if let Some(name) = name.and_then(|reference| reference.strip_prefix(COMPONENTS))
                    && !wanted.contains_key(name)
                    && let Some(component) = document.pointer(&format!("/components/schemas/{name}"))
                {
                    wanted.insert(name, component);
                    open.push(component);
                }
                open.extend(object.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    if wanted.is_empty() {
        return schema.clone();
    }
    let schemas: Map<String, Value> =
        wanted.into_iter().map(|(name, component)| (name.to_owned(), component.clone())).collect();
    let components = serde_json::json!({ "schemas": schemas });
    match schema {
        // A reference must stand alone in draft 7; its components stand beside it.
        Value::Object(object) if !object.contains_key("$ref") => {
            let mut object = object.clone();
            object.insert("components".to_owned(), components);
            Value::Object(object)
        }
        _ => serde_json::json!({ "allOf": [schema], "components": components }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_brings_along_what_it_refers_to() {
        let document = serde_json::json!({
            "webhooks": { "user.made": { "post": {
                "summary": "A user was made", "tags": ["users"],
                "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/User" } } } },
            } } },
            "components": { "schemas": {
                "User": { "type": "object", "properties": { "pet": { "$ref": "#/components/schemas/Pet" } } },
                "Pet": { "type": "object", "properties": { "owner": { "$ref": "#/components/schemas/User" } } },
                "Other": {},
            } },
        });
        let found = webhooks(&document);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].name.as_str(), found[0].description.as_str()), ("user.made", "A user was made"));
        assert_eq!(found[0].group_name.as_deref(), Some("users"));
        let schemas = found[0].schema.as_ref().unwrap().pointer("/components/schemas").unwrap();
        assert_eq!(schemas.as_object().unwrap().keys().collect::<Vec<_>>(), ["Pet", "User"]);
    }
}
