//! Registering clients, and what becomes of them.

use serde_json::{Value, json};

use super::stage::{Stage, registration, user};
use crate::world::{World, column};

#[tokio::test]
async fn a_registration_answers_with_its_secrets_once() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    assert!(stage.client_id.starts_with("foapp_"));
    assert!(stage.client_secret.as_ref().unwrap().starts_with("foas_"));
    assert!(stage.webhook_secret.starts_with("whsec_"));
    let shown = stage.owner().get(&stage.path()).await.expect(200);
    let expected = registration();
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(shown[field], *value, "{field}");
    }
    assert_eq!((&shown["suspended"], &shown["client_secret"]), (&json!(false), &Value::Null));
    assert_eq!(
        (&shown["webhook_secret"], &shown["token_endpoint_auth_method"]),
        (&Value::Null, &json!("client_secret_basic"))
    );
    let list = stage.owner().get("/oauth/apps").await.expect(200);
    assert_eq!(column(&list, "client_id"), std::slice::from_ref(&stage.client_id));
    // Also where the document has it.
    assert_eq!(stage.owner().get(&format!(".{}", stage.path())).await.expect(200), shown);
    let answer = stage.owner().post("./oauth/apps", registration()).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.expect(201);
}

#[tokio::test]
async fn what_can_not_be_registered_is_refused_field_by_field() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let owner = stage.owner();
    let bare = json!(["posts:read"]);
    for (field, value, place) in [
        ("name", json!(" "), "body.name"),
        ("redirect_uris", json!([]), "body.redirect_uris"),
        ("redirect_uris", json!(["http://myapp.com/cb"]), "body.redirect_uris.[0]"),
        ("redirect_uris", json!(["https://a.test/cb", "https://a.test/cb"]), "body.redirect_uris.[1]"),
        ("redirect_uris", json!(["https://a.test/cb#x"]), "body.redirect_uris.[0]"),
        ("allowed_actor_modes", json!(["robot"]), "body.allowed_actor_modes.[0]"),
        ("allowed_actor_modes", json!([]), "body.allowed_actor_modes"),
        ("declared_scopes", json!(["a b"]), "body.declared_scopes.[0]"),
        ("declared_scopes", bare.clone(), "body.webhook_url"),
        ("declared_scopes", bare, "body.subscribed_webhook_events"),
        ("webhook_url", json!("http://myapp.com/hook"), "body.webhook_url"),
        ("webhook_url", json!("https://127.0.0.1/hook"), "body.webhook_url"),
        ("subscribed_webhook_events", json!(["no_such"]), "body.subscribed_webhook_events"),
        ("token_endpoint_auth_method", json!("tls"), "body.token_endpoint_auth_method"),
    ] {
        let mut body = registration();
        body[field] = value;
        owner.post("/oauth/apps", body).await.expect_invalid_at(place);
    }
    assert_eq!(column(&owner.get("/oauth/apps").await.expect(200), "client_id").len(), 1);
}

#[tokio::test]
async fn only_its_owner_and_the_host_product_reach_a_client() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let path = stage.path();
    for stranger in [
        stage.admin(),
        user(&world, "org_a", &["target-org"]).header("x-organization", "target-org"),
        world.org_named("org_b"),
    ] {
        stranger.get(&path).await.expect(404);
        stranger.patch(&path, json!({ "name": "Theirs" })).await.expect(404);
        stranger.delete(&path).await.expect(404);
        stranger.post(&format!("{path}/suspend"), json!({})).await.expect(404);
    }
    for not_admitted in [
        user(&world, "org_a", &["your-org"]),
        user(&world, "org_a", &["your-org"]).header("x-organization", "target-org"),
        user(&world, "org_a", &[]).header("x-organization", "your-org"),
        user(&world, "org_b", &["your-org"]).header("x-organization", "your-org"),
    ] {
        not_admitted.get(&path).await.expect(403);
        not_admitted.post("/oauth/apps", registration()).await.expect(403);
    }
    assert_eq!(world.org().get(&path).await.expect(200)["name"], "My Integration");
    // A user's token opens nothing else.
    let user = stage.owner();
    for path in ["/app/your-org", "/app/your-org/endpoint", "/app", "/event-type"] {
        user.get(path).await.expect(403);
    }
}

#[tokio::test]
async fn a_change_reaches_the_endpoints_of_installs() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    stage.install(json!({})).await;
    let owner = stage.owner();
    let body = json!({ "webhook_url": "https://user:pass@moved.example/hook", "name": "Moved" });
    let changed = owner.patch(&stage.path(), body).await.expect(200);
    assert_eq!(changed["webhook_url"], "https://user:***@moved.example/hook");
    let endpoint = stage.endpoints().await.remove(0);
    assert_eq!((&endpoint["url"], &endpoint["name"]), (&changed["webhook_url"], &json!("Moved")));
    for field in
        ["name", "redirect_uris", "allowed_actor_modes", "declared_scopes", "subscribed_webhook_events"]
    {
        let place = format!("body.{field}");
        owner.patch(&stage.path(), json!({ field: null })).await.expect_invalid_at(&place);
    }
    // What was masked can be sent back.
    owner.patch(&stage.path(), json!({ "webhook_url": changed["webhook_url"] })).await.expect(200);
    let body = json!({ "subscribed_webhook_events": ["post_updated", "post_completed"] });
    owner.patch(&stage.path(), body).await.expect(200);
    assert_eq!(stage.endpoints().await[0]["eventTypes"], json!(["post_updated"]));
    assert_eq!(stage.installs().await[0]["granted_webhook_events"], json!(["post_updated"]));
    owner
        .patch(&stage.path(), json!({ "declared_scopes": ["posts:read"] }))
        .await
        .expect_invalid_at("body.webhook_url");
    owner.patch(&stage.path(), json!({ "webhook_url": null })).await.expect(200);
    assert_eq!(stage.endpoints().await.len(), 0);
    let secret = owner.post(&format!("{}/webhook_secret/rotate", stage.path()), json!({})).await.expect(200);
    assert!(secret["webhook_secret"].as_str().unwrap().starts_with("whsec_"));
    owner.delete(&stage.path()).await.expect(204);
    owner.get(&stage.path()).await.expect(404);
    assert_eq!(stage.installs().await.len(), 0);
}

#[tokio::test]
async fn suspending_and_resuming_is_the_owners_or_the_hosts() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    stage.install(json!({})).await;
    let (suspend, resume) = (format!("{}/suspend", stage.path()), format!("{}/resume", stage.path()));
    let owner = stage.owner();
    assert_eq!(owner.post(&suspend, json!({})).await.expect(200)["suspended"], true);
    assert_eq!(stage.endpoints().await.len(), 0);
    assert_eq!(owner.post(&resume, json!({})).await.expect(200)["suspended"], false);
    assert_eq!(stage.endpoints().await.len(), 1);
    world.org().post(&suspend, json!({})).await.expect(200);
    assert_eq!(stage.endpoints().await.len(), 0);
    owner.post(&resume, json!({})).await.expect(403);
    assert_eq!(stage.endpoints().await.len(), 0);
    assert_eq!(world.org().post(&resume, json!({})).await.expect(200)["suspended"], false);
    assert_eq!(stage.endpoints().await.len(), 1);
}
