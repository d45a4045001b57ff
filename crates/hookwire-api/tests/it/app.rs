//! `/app`.

use serde_json::json;

use crate::world::{World, column, id_of};

#[tokio::test]
async fn an_app_is_made_read_changed_and_deleted() {
    let world = World::new();
    let org = world.org();
    let body = json!({ "name": "Acme", "uid": "acme", "throttleRate": 10, "metadata": { "plan": "pro" } });
    let made = org.post("/app", body).await.expect(201);
    let id = id_of(&made);
    assert!(id.starts_with("app_") && id.len() == 4 + 27, "{id}");
    assert_eq!(made["createdAt"], "2026-09-21T14:13:20.000000Z");
    assert_eq!((&made["rateLimit"], &made["throttleRate"]), (&json!(10), &json!(10)));
    for name in ["acme", &id] {
        assert_eq!(org.get(&format!("/app/{name}")).await.expect(200), made);
        assert_eq!(org.get(&format!("/app/{name}/")).await.expect(200), made, "a slash at the end");
    }

    let changed = org.patch("/app/acme", json!({ "throttleRate": null, "name": "Acme 2" })).await.expect(200);
    assert_eq!((&changed["name"], &changed["throttleRate"]), (&json!("Acme 2"), &json!(null)));
    assert_eq!(changed["metadata"], json!({ "plan": "pro" }), "what is absent stays");
    assert!(changed.get("rateLimit").is_none());

    let put = org.put("/app/acme", json!({ "name": "Acme 3", "uid": "acme" })).await.expect(200);
    assert_eq!((&put["id"], &put["metadata"]), (&json!(id), &json!({})));
    let unset = org.patch("/app/acme", json!({ "uid": null })).await.expect(200);
    assert!(unset.get("uid").is_none());
    org.get("/app/acme").await.expect(404);

    org.delete(&format!("/app/{id}")).await.expect(204);
    let absent = org.get(&format!("/app/{id}")).await.expect(404);
    assert_eq!(absent, json!({ "code": "not_found", "detail": "Application not found" }));
    org.delete(&format!("/app/{id}")).await.expect(404);
}

#[tokio::test]
async fn null_empties_what_can_be_empty_and_is_refused_elsewhere() {
    let world = World::new();
    let org = world.org();
    org.post("/app", json!({ "name": "Acme", "uid": "acme", "metadata": { "plan": "pro" } }))
        .await
        .expect(201);
    let endpoint = json!({
        "url": "https://example.com/", "uid": "main", "description": "d", "metadata": { "k": "v" },
        "headers": { "X-Source": "us" },
    });
    org.post("/app/acme/endpoint", endpoint).await.expect(201);
    let event_type = json!({ "name": "a", "description": "d" });
    org.post("/event-type", event_type).await.expect(201);
    for (path, fields) in [
        ("/app/acme", &["name"][..]),
        ("/app/acme/endpoint/main", &["url", "description", "version", "disabled", "headers"]),
        ("/event-type/a", &["description", "archived", "deprecated"]),
    ] {
        let before = org.get(path).await.expect(200);
        for field in fields {
            org.patch(path, json!({ *field: null })).await.expect_invalid_at(&format!("body.{field}"));
        }
        assert_eq!(org.get(path).await.expect(200), before);
    }
    for path in ["/app/acme", "/app/acme/endpoint/main"] {
        assert_ne!(org.patch(path, json!({})).await.expect(200)["metadata"], json!({}), "{path}");
        assert_eq!(
            org.patch(path, json!({ "metadata": null })).await.expect(200)["metadata"],
            json!({}),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_uid_is_taken_once_and_can_be_got_if_it_exists() {
    let world = World::new();
    let org = world.org();
    let id = org.make_app("acme").await;
    let body = json!({ "name": "Other", "uid": "acme" });
    let conflict = org.post("/app", body.clone()).await.expect(409);
    assert_eq!(conflict["code"], "conflict");
    let existing = org.post("/app?get_if_exists=true", body).await.expect(200);
    assert_eq!((id_of(&existing), &existing["name"]), (id, &json!("acme")), "it is left as it was");
    let other = org.make_app("other").await;
    org.patch(&format!("/app/{other}"), json!({ "uid": "acme" })).await.expect(409);
    org.put("/app/other", json!({ "name": "x", "uid": "acme" })).await.expect(409);
}

#[tokio::test]
async fn put_makes_an_app_by_the_uid_in_its_body() {
    let world = World::new();
    let org = world.org();
    let made = org.put("/app/first", json!({ "name": "a", "uid": "first" })).await.expect(201);
    assert_eq!(made["uid"], "first");
    org.put("/app/first", json!({ "name": "b", "uid": "first" })).await.expect(200);
    let nameless = org.put("/app/second", json!({ "name": "c" })).await.expect(201);
    assert!(nameless.get("uid").is_none());
}

#[tokio::test]
async fn every_fault_of_an_app_is_named() {
    let world = World::new();
    let org = world.org();
    let body = json!({
        "name": "", "uid": "app_x", "throttleRate": 0, "metadata": { "a": "x".repeat(4_096) },
    });
    let places: Vec<String> =
        org.post("/app", body).await.expect_invalid().into_iter().map(|(place, _)| place).collect();
    assert_eq!(places, ["body.name", "body.throttle_rate", "body.metadata", "body.uid.__all__"]);
    org.post("/app", json!({})).await.expect_invalid_at("body");
    org.post("/app", json!({ "name": 1 })).await.expect_invalid_at("body.name");
    org.post("/app", json!({ "name": "a", "throttleRate": "x" }))
        .await
        .expect_invalid_at("body.throttleRate");
    org.post("/app", json!({ "name": "a", "uid": "a b" })).await.expect_invalid_at("body.uid.__all__");
    org.post("/app", json!({ "name": "x".repeat(257) })).await.expect_invalid_at("body.name");
    org.patch("/app/none", json!({ "name": "" })).await.expect_invalid_at("body.name");
    org.patch("/app/none", json!({ "name": "a" })).await.expect(404);
}

#[tokio::test]
async fn apps_can_be_left_out_of_the_list_by_their_endpoints() {
    let world = World::new();
    let org = world.org();
    let endpoint = async |app: &str, url: &str, disabled: bool| {
        org.post(&format!("/app/{app}/endpoint"), json!({ "url": url, "disabled": disabled }))
            .await
            .expect(201)
    };
    for app in ["bare", "off", "play", "mixed"] {
        org.make_app(app).await;
    }
    let (own, play) = ("https://example.com/", "https://play.svix.com/in/e_x/");
    endpoint("off", own, true).await;
    endpoint("play", play, false).await;
    endpoint("mixed", play, true).await;
    endpoint("mixed", own, false).await;
    let left = async |query: &str| column(&org.get(&format!("/app?{query}")).await.expect(200), "uid");
    assert_eq!(left("").await, ["bare", "off", "play", "mixed"]);
    assert_eq!(left("exclude_apps_with_no_endpoints=true").await, ["off", "play", "mixed"]);
    assert_eq!(left("exclude_apps_with_no_endpoints=false").await, ["bare", "off", "play", "mixed"]);
    assert_eq!(left("exclude_apps_with_disabled_endpoints=true").await, ["bare", "play", "mixed"]);
    assert_eq!(left("exclude_apps_with_svix_play_endpoints=true").await, ["bare", "off", "mixed"]);
    let all = "exclude_apps_with_no_endpoints=true&exclude_apps_with_disabled_endpoints=true\
        &exclude_apps_with_svix_play_endpoints=true";
    assert_eq!(left(all).await, ["mixed"]);
    let page = org.get("/app?exclude_apps_with_no_endpoints=true&limit=1").await.expect(200);
    assert_eq!((column(&page, "uid"), &page["done"]), (vec!["off".to_owned()], &json!(false)));
    org.get("/app?exclude_apps_with_no_endpoints=yes").await.expect(400);
}
