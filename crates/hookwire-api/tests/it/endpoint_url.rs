//! Credentials in an endpoint's URL and headers: masked, and never sent elsewhere.

use hookwire_core::Reference;
use hookwire_core::id::{AppKey, Key};
use serde_json::json;

use crate::world::World;

async fn stored_url(world: &World, app: &str) -> String {
    let reference = Reference::parse("main");
    world.store.endpoint(AppKey::parse(app).unwrap(), &reference).await.unwrap().unwrap().url
}

#[tokio::test]
async fn a_password_in_the_url_is_masked_and_survives_a_round_trip() {
    let world = World::new();
    let org = world.org();
    let app = org.make_app("acme").await;
    let body = json!({ "url": "https://user:canary@example.com/a", "uid": "main" });
    let made = org.post("/app/acme/endpoint", body).await.expect(201);
    assert_eq!(made["url"], "https://user:***@example.com/a");
    org.put("/app/acme/endpoint/main", made.clone()).await.expect(200);
    assert_eq!(stored_url(&world, &app).await, "https://user:canary@example.com/a");
    org.patch("/app/acme/endpoint/main", json!({ "url": "https://user:***@example.com/b" }))
        .await
        .expect(200);
    assert_eq!(stored_url(&world, &app).await, "https://user:canary@example.com/b");
    for elsewhere in ["https://user:***@evil.test/b", "http://user:***@example.com/b"] {
        org.patch("/app/acme/endpoint/main", json!({ "url": elsewhere })).await.expect_invalid_at("body.url");
    }
    let masked = json!({ "url": "https://user:***@example.com/" });
    org.post("/app/acme/endpoint", masked).await.expect_invalid_at("body.url");
}

#[tokio::test]
async fn credential_headers_do_not_follow_the_url_to_another_host() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let (path, headers) = ("/app/acme/endpoint/main", "/app/acme/endpoint/main/headers");
    let given = json!({ "Authorization": "canary", "X-Source": "us" });
    let body = json!({ "url": "https://example.com/a", "uid": "main", "headers": given });
    org.post("/app/acme/endpoint", body.clone()).await.expect(201);

    let same_host = org.patch(path, json!({ "url": "https://example.com/b" })).await;
    assert_eq!(same_host.header("hookwire-dropped-headers"), None);
    assert_eq!(org.get(headers).await.expect(200)["sensitive"], json!(["Authorization"]));

    let other_host = org.patch(path, json!({ "url": "https://other.test/" })).await;
    assert_eq!(other_host.header("hookwire-dropped-headers"), Some("Authorization"));
    let kept = json!({ "headers": { "X-Source": "us" }, "sensitive": [] });
    assert_eq!(org.get(headers).await.expect(200), kept);

    org.put(path, body).await.expect(200);
    let other_port = org.put(path, json!({ "url": "https://example.com:8443/", "uid": "main" })).await;
    assert_eq!(other_port.header("hookwire-dropped-headers"), Some("Authorization"));
    assert_eq!(org.get(headers).await.expect(200), kept);

    let again = json!({ "url": "https://third.test/", "uid": "main", "headers": given });
    let again = org.put(path, again).await;
    assert_eq!(again.header("hookwire-dropped-headers"), None, "they were given again");
    assert_eq!(org.get(headers).await.expect(200)["sensitive"], json!(["Authorization"]));
}
