//! `/app/{app_id}/endpoint`, its secret and its headers.

use serde_json::json;

use crate::world::{World, id_of};

#[tokio::test]
async fn an_endpoint_is_made_read_changed_and_deleted() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    org.make_event_type("a.b").await;
    let body = json!({
        "url": "https://example.com/hook", "uid": "main", "description": "d", "eventTypes": ["a.b"],
        "channels": ["x", "y"], "rateLimit": 5, "metadata": { "k": "v" }, "headers": { "X-Source": "us" },
    });
    let made = org.post("/app/acme/endpoint", body).await.expect(201);
    let id = id_of(&made);
    assert!(id.starts_with("ep_"), "{id}");
    assert_eq!((&made["throttleRate"], &made["rateLimit"]), (&json!(5), &json!(5)));
    assert_eq!((&made["eventTypes"], &made["filterTypes"]), (&json!(["a.b"]), &json!(["a.b"])));
    assert_eq!((&made["version"], &made["disabled"]), (&json!(1), &json!(false)));
    assert_eq!(org.get("/app/acme/endpoint/main").await.expect(200), made);
    assert_eq!(org.get(&format!("/app/acme/endpoint/{id}")).await.expect(200), made);
    let headers = org.get("/app/acme/endpoint/main/headers").await.expect(200);
    assert_eq!(headers, json!({ "headers": { "X-Source": "us" }, "sensitive": [] }));

    let changed = json!({ "eventTypes": null, "disabled": true, "channels": ["z"] });
    let changed = org.patch("/app/acme/endpoint/main", changed).await.expect(200);
    assert_eq!((&changed["eventTypes"], &changed["filterTypes"]), (&json!(null), &json!(null)));
    assert_eq!((&changed["disabled"], &changed["channels"]), (&json!(true), &json!(["z"])));
    assert_eq!(changed["description"], "d", "what is absent stays");

    let put = json!({ "url": "https://example.com/hook", "uid": "main" });
    let put = org.put("/app/acme/endpoint/main", put).await.expect(200);
    assert_eq!((&put["id"], &put["description"]), (&json!(id), &json!("")));
    let headers = org.get("/app/acme/endpoint/main/headers").await.expect(200);
    assert_eq!(headers["headers"], json!({ "X-Source": "us" }), "absent headers stay on a PUT");
    org.delete("/app/acme/endpoint/main").await.expect(204);
    let absent = org.get("/app/acme/endpoint/main").await.expect(404);
    assert_eq!(absent, json!({ "code": "not_found", "detail": "Entity not found" }));
    org.patch("/app/acme/endpoint/main", json!({})).await.expect(404);
    org.put("/app/acme/endpoint/main", json!({ "url": "https://example.com/" })).await.expect(201);
}

#[tokio::test]
async fn every_fault_of_an_endpoint_is_named() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let good = json!({ "url": "https://example.com/" });
    for (field, value, place) in [
        ("url", json!("ftp://example.com/"), "body.url"),
        ("url", json!("https://127.0.0.1/"), "body.url"),
        ("url", json!("http://[::1]/"), "body.url"),
        ("url", json!("https://example.com:22/"), "body.url"),
        ("url", json!("https://exa mple.com/"), "body.url"),
        ("url", json!(format!("https://example.com/{}", "x".repeat(2_048))), "body.url"),
        ("uid", json!("ep_x"), "body.uid.__all__"),
        ("eventTypes", json!([]), "body.eventTypes"),
        ("filterTypes", json!(["a b"]), "body.eventTypes.[0]"),
        ("channels", json!([]), "body.channels"),
        ("channels", json!(["a", "b c"]), "body.channels.[1]"),
        ("version", json!(0), "body.version"),
        ("throttleRate", json!(0), "body.throttle_rate"),
        ("secret", json!("whsec_x"), "body.key.__all__"),
        ("headers", json!({ "Host": "evil" }), "body.headers"),
        ("headers", json!({ "webhook-id": "x" }), "body.headers"),
        ("headers", json!({ "X-A": "a\r\nb: c" }), "body.headers"),
        ("headers", json!({ "X-A": "1", "x-a": "2" }), "body.headers"),
        ("headers", json!({ "X-A": 1 }), "body.headers.X-A"),
    ] {
        let mut body = good.clone();
        body[field] = value;
        org.post("/app/acme/endpoint", body).await.expect_invalid_at(place);
    }
    let missing = json!({ "url": "https://example.com/", "eventTypes": ["no.such", "a.b"] });
    org.make_event_type("a.b").await;
    let issues = org.post("/app/acme/endpoint", missing).await.expect_invalid();
    let expected =
        ("body.eventTypes".to_owned(), "The following event types don't exist: no.such".to_owned());
    assert_eq!(issues, [expected]);
    org.post("/app/none/endpoint", good).await.expect(404);
}

#[tokio::test]
async fn an_endpoint_uid_is_taken_once() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    org.make_endpoint("acme", "main").await;
    let body = json!({ "url": "https://example.com/", "uid": "main" });
    assert_eq!(org.post("/app/acme/endpoint", body).await.expect(409)["code"], "conflict");
    org.make_app("other").await;
    org.make_endpoint("other", "main").await;
}

#[tokio::test]
async fn a_secret_is_shown_and_rotated() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let body = json!({ "url": "https://example.com/", "uid": "main", "secret": secret });
    org.post("/app/acme/endpoint", body).await.expect(201);
    let path = "/app/acme/endpoint/main/secret";
    assert_eq!(org.get(path).await.expect(200), json!({ "key": secret }));
    let rotate = format!("{path}/rotate");
    let fresh = org.post(&rotate, json!({})).await.expect(200);
    assert!(fresh["key"].as_str().unwrap().starts_with("whsec_") && fresh["key"] != secret);
    assert_eq!(org.get(path).await.expect(200), fresh);
    let own = json!({ "key": secret, "gracePeriodSeconds": 0 });
    assert_eq!(org.post(&rotate, own).await.expect(200), json!({ "key": secret }));
    let bad = json!({ "gracePeriodSeconds": 604_801 });
    org.post(&rotate, bad).await.expect_invalid_at("body.grace_period_seconds");
    org.post(&rotate, json!({ "key": "secret" })).await.expect_invalid_at("body.key.__all__");
    for _ in 0..9 {
        org.post(&rotate, json!({})).await.expect(200);
    }
    assert_eq!(org.post(&rotate, json!({})).await.expect(400)["code"], "limit_reached");
}

#[tokio::test]
async fn a_secret_on_an_update_has_no_effect_and_says_so() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    org.make_endpoint("acme", "main").await;
    let before = org.get("/app/acme/endpoint/main/secret").await.expect(200);
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let body = json!({ "url": "https://example.com/hook", "uid": "main", "secret": secret });
    let answer = org.put("/app/acme/endpoint/main", body).await;
    assert_eq!(answer.header("hookwire-ignored-fields"), Some("secret"));
    answer.expect(200);
    assert_eq!(org.get("/app/acme/endpoint/main/secret").await.expect(200), before);
}

#[tokio::test]
async fn values_of_credential_headers_go_in_and_never_come_out() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    org.make_endpoint("acme", "main").await;
    let path = "/app/acme/endpoint/main/headers";
    let all = json!({ "headers": { "Authorization": "canary-1", "X-Source": "us" } });
    org.put(path, all).await.expect(204);
    let shown = json!({ "headers": { "X-Source": "us" }, "sensitive": ["Authorization"] });
    assert_eq!(org.get(path).await.expect(200), shown);
    let some = json!({ "headers": { "x-source": null, "X-Api-Key": "canary-2" }, "deleteHeaders": ["authorization"] });
    org.patch(path, some).await.expect(204);
    assert_eq!(org.get(path).await.expect(200), json!({ "headers": {}, "sensitive": ["X-Api-Key"] }));
    org.put(path, json!({ "headers": { "Content-Length": "1" } })).await.expect_invalid_at("body.headers");
    org.patch(path, json!({ "headers": { "svix-id": "1" } })).await.expect_invalid_at("body.headers");
}

#[tokio::test]
async fn numbers_are_given_for_28_days_at_most() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let endpoint = org.make_endpoint("acme", "main").await;
    org.make_message("acme", 1).await;
    world.succeed(&endpoint).await;
    org.make_message("acme", 2).await;
    world.exhaust(&endpoint).await;
    org.make_message("acme", 3).await;
    let stats = org.get("/app/acme/endpoint/main/stats").await.expect(200);
    assert_eq!(stats, json!({ "success": 1, "fail": 1, "pending": 1, "sending": 0, "canceled": 0 }));
    let attempts = org.get("/app/acme/endpoint/main/attempt-stats").await.expect(200);
    assert_eq!(attempts, json!({ "success": 1, "fail": 1, "canceled": 0 }));
    let span = "since=2026-08-01T00:00:00Z&until=2026-08-29T00:00:01Z";
    org.get(&format!("/app/acme/endpoint/main/stats?{span}")).await.expect_invalid_at("query.since");
    let backwards = "since=2026-08-02T00:00:00Z&until=2026-08-01T00:00:00Z";
    org.get(&format!("/app/acme/endpoint/main/stats?{backwards}")).await.expect_invalid_at("query.since");
    org.get("/app/acme/endpoint/main/stats?since=x").await.expect_invalid_at("query.since");
    org.get("/app/acme/endpoint/none/stats").await.expect(404);
}
