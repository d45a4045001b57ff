//! `/event-type`.

use hookwire_api::token::AppGrant;
use serde_json::json;

use crate::world::{World, column};

#[tokio::test]
async fn an_event_type_is_made_read_changed_archived_and_removed() {
    let world = World::new();
    let org = world.org();
    let schema = json!({ "1": { "type": "object", "examples": [{ "z": 1 }] } });
    let body = json!({
        "name": "user.made", "description": "d", "schemas": schema, "groupName": "users", "featureFlags": ["beta"],
    });
    let made = org.post("/event-type", body.clone()).await.expect(201);
    assert_eq!((&made["schemas"], &made["groupName"]), (&schema, &json!("users")));
    assert_eq!((&made["featureFlags"], &made["featureFlag"]), (&json!(["beta"]), &json!("beta")));
    assert_eq!(org.get("/event-type/user.made").await.expect(200), made);
    let conflict = org.post("/event-type", body.clone()).await.expect(409);
    assert_eq!(conflict["code"], "event_type_exists");

    let changed = json!({ "deprecated": true, "groupName": null, "featureFlags": null, "schemas": null });
    let changed = org.patch("/event-type/user.made", changed).await.expect(200);
    assert_eq!((&changed["deprecated"], &changed["schemas"]), (&json!(true), &json!(null)));
    assert!(changed.get("groupName").is_none() && changed.get("featureFlags").is_none());

    org.delete("/event-type/user.made").await.expect(204);
    assert_eq!(org.get("/event-type/user.made").await.expect(200)["archived"], true);
    assert_eq!(column(&org.get("/event-type").await.expect(200), "name"), [""; 0]);
    let all = org.get("/event-type?include_archived=true").await.expect(200);
    assert_eq!(column(&all, "name"), ["user.made"]);
    org.post("/event-type", body).await.expect(201);
    org.delete("/event-type/user.made?expunge=true").await.expect(204);
    org.get("/event-type/user.made").await.expect(404);
    org.delete("/event-type/user.made").await.expect(404);
    org.patch("/event-type/user.made", json!({})).await.expect(404);
}

#[tokio::test]
async fn put_makes_or_changes_the_event_type_in_the_path() {
    let world = World::new();
    let org = world.org();
    let made = org.put("/event-type/a.b", json!({ "description": "1" })).await.expect(201);
    world.clock.advance(std::time::Duration::from_secs(5));
    let changed = org.put("/event-type/a.b", json!({ "description": "2" })).await.expect(200);
    assert_eq!((&changed["description"], &changed["createdAt"]), (&json!("2"), &made["createdAt"]));
    assert_ne!(changed["updatedAt"], made["updatedAt"]);
    let wrong = org.put("/event-type/a%20b", json!({ "description": "1" })).await;
    wrong.expect_invalid_at("path.event_type_name");
}

#[tokio::test]
async fn every_fault_of_an_event_type_is_named() {
    let world = World::new();
    let org = world.org();
    for (field, value, place) in [
        ("name", json!("a b"), "body.name"),
        ("description", json!("x".repeat(4_097)), "body.description"),
        ("schemas", json!({ "1": { "type": "objekt" } }), "body.schemas.1"),
        ("schemas", json!({ "1": { "$ref": "http://127.0.0.1/x" } }), "body.schemas.1"),
        ("schemas", json!([]), "body.schemas"),
        ("featureFlags", json!([""]), "body.featureFlags"),
        ("description", json!(1), "body.description"),
    ] {
        let mut body = json!({ "name": "a", "description": "d" });
        body[field] = value;
        org.post("/event-type", body).await.expect_invalid_at(place);
    }
}

#[tokio::test]
async fn schemas_are_listed_on_request_only() {
    let world = World::new();
    let org = world.org();
    let body = json!({ "name": "a", "description": "d", "schemas": { "1": {} } });
    org.post("/event-type", body).await.expect(201);
    assert_eq!(org.get("/event-type").await.expect(200)["data"][0]["schemas"], json!(null));
    let with = org.get("/event-type?with_content=true").await.expect(200);
    assert_eq!(with["data"][0]["schemas"], json!({ "1": {} }));
}

#[tokio::test]
async fn app_tokens_see_what_their_flags_show() {
    let world = World::new();
    let org = world.org();
    let app = org.make_app("acme").await;
    org.make_event_type("open").await;
    let hidden = json!({ "name": "hidden", "description": "d", "featureFlags": ["beta", "gamma"] });
    org.post("/event-type", hidden).await.expect(201);
    let plain = world.app_client("org_a", &app);
    let flags = AppGrant { feature_flags: vec!["gamma".to_owned()], ..AppGrant::default() };
    let flagged = world.app_client_with("org_a", &app, flags);
    assert_eq!(column(&plain.get("/event-type").await.expect(200), "name"), ["open"]);
    plain.get("/event-type/hidden").await.expect(404);
    assert_eq!(column(&flagged.get("/event-type").await.expect(200), "name"), ["hidden", "open"]);
    flagged.get("/event-type/hidden").await.expect(200);
}

#[tokio::test]
async fn app_tokens_choose_among_what_they_see() {
    let world = World::new();
    let org = world.org();
    let app = org.make_app("acme").await;
    for name in ["open", "other"] {
        org.make_event_type(name).await;
    }
    let hidden = json!({ "name": "hidden", "description": "d", "featureFlags": ["beta"] });
    org.post("/event-type", hidden).await.expect(201);
    let plain = world.app_client("org_a", &app);
    let flags = AppGrant { feature_flags: vec!["beta".to_owned()], ..AppGrant::default() };
    let flagged = world.app_client_with("org_a", &app, flags);
    let choosing =
        |names: &[&str]| json!({ "url": "https://example.com/", "uid": "main", "eventTypes": names });
    let (all, one) = ("/app/acme/endpoint", "/app/acme/endpoint/main");

    let refused = plain.post(all, choosing(&["hidden", "open"])).await.expect_invalid();
    let said = "The following event types don't exist: hidden";
    assert_eq!(refused, [("body.eventTypes".to_owned(), said.to_owned())], "as if it did not exist");
    plain.put(one, choosing(&["hidden"])).await.expect_invalid_at("body.eventTypes");
    plain.post(all, choosing(&["open"])).await.expect(201);
    plain.put(one, choosing(&["open", "hidden"])).await.expect_invalid_at("body.eventTypes");
    plain.patch(one, json!({ "eventTypes": ["hidden"] })).await.expect_invalid_at("body.eventTypes");
    flagged.patch(one, json!({ "eventTypes": ["hidden", "open"] })).await.expect(200);

    // What somebody else has chosen may stay, so that the endpoint can still be edited.
    let kept = plain.put(one, choosing(&["hidden", "other"])).await.expect(200);
    assert_eq!(kept["eventTypes"], json!(["hidden", "other"]));
    plain.patch(one, json!({ "eventTypes": ["other"] })).await.expect(200);
    plain.patch(one, json!({ "eventTypes": ["hidden"] })).await.expect_invalid_at("body.eventTypes");
    org.patch(one, json!({ "eventTypes": ["hidden"] })).await.expect(200);
    org.delete("/event-type/hidden").await.expect(204);
    plain.put(one, choosing(&["hidden"])).await.expect_invalid_at("body.eventTypes");
}

#[tokio::test]
async fn event_types_are_imported_from_an_openapi_document() {
    let world = World::new();
    let org = world.org();
    org.make_event_type("old").await;
    let webhook = |description: &str| {
        let schema = json!({ "$ref": "#/components/schemas/User" });
        let body = json!({ "content": { "application/json": { "schema": schema } } });
        json!({ "post": { "description": description, "requestBody": body } })
    };
    let spec = json!({
        "openapi": "3.1.0", "webhooks": { "user.made": webhook("made"), "user.gone": webhook("gone") },
        "components": { "schemas": { "User": { "type": "object" } } },
    });
    let dry = json!({ "spec": spec, "dryRun": true, "replaceAll": true });
    let dry = org.post("/event-type/import/openapi", dry).await.expect(200);
    assert_eq!(
        (&dry["data"]["modified"], dry["data"]["to_modify"].as_array().unwrap().len()),
        (&json!([]), 2)
    );
    org.get("/event-type/user.made").await.expect(404);
    let real = json!({ "specRaw": spec.to_string(), "replaceAll": true });
    let real = org.post("/event-type/import/openapi", real).await.expect(200);
    assert_eq!(real["data"]["modified"], json!(["user.gone", "user.made", "old"]));
    assert_eq!(column(&org.get("/event-type").await.expect(200), "name"), ["user.gone", "user.made"]);
    org.post("/event-type/import/openapi", json!({})).await.expect_invalid_at("body.spec");
    org.post("/event-type/import/openapi", json!({ "specRaw": "a: b" }))
        .await
        .expect_invalid_at("body.specRaw");
}
