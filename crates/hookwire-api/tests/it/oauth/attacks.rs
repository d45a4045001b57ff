//! What an attacker may try. Each attempt gets the right error and changes nothing.

use serde_json::{Value, json};

use super::stage::{CALLBACK, CHALLENGE, Stage, VERIFIER, registration, user};
use crate::world::World;

async fn refused(stage: &Stage<'_>, pairs: &[(&str, &str)]) {
    let before = stage.snapshot().await;
    let answer = stage.ask("/oauth/token", pairs).await.expect(400);
    assert_eq!(answer["error"], "invalid_grant", "{pairs:?}");
    assert_eq!(stage.snapshot().await, before);
}

fn redeeming<'a>(code: &'a str, redirect_uri: &'a str) -> [(&'a str, &'a str); 3] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri)]
}

async fn is_active(stage: &Stage<'_>, token: &Value) -> bool {
    let pairs = [("token", token.as_str().unwrap())];
    stage.ask("/oauth/introspect", &pairs).await.expect(200)["active"] == true
}

#[tokio::test]
async fn a_code_that_is_replayed_is_refused_and_its_tokens_are_revoked() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let code = stage.code(json!({})).await;
    let tokens = stage.redeem(&code).await.expect(200);
    assert!(is_active(&stage, &tokens["access_token"]).await);
    refused(&stage, &redeeming(&code, CALLBACK)).await;
    assert!(!is_active(&stage, &tokens["access_token"]).await);
    assert!(!is_active(&stage, &tokens["refresh_token"]).await);
}

#[tokio::test]
async fn a_code_injected_into_another_client_is_refused_and_stays_good() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let mut body = registration();
    body["name"] = json!("Evil");
    let evil = stage.owner().post("/oauth/apps", body).await.expect(201);
    let evil = Stage::of(&world, "org_a", "your-org", "target-org", &evil);
    let code = stage.code(json!({})).await;
    refused(&evil, &redeeming(&code, CALLBACK)).await;
    stage.redeem(&code).await.expect(200);
}

#[tokio::test]
async fn no_trick_with_a_redirect_uri_works() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let code = stage.code(json!({})).await;
    for uri in [
        "https://myapp.com/callback/",
        "https://myapp.com/callback/evil",
        "https://myapp.com/callbackevil",
        "https://myapp.com.evil.com/callback",
        "https://myapp.com@evil.com/callback",
        "https://user@myapp.com/callback",
        "https://myapp.com/callback#evil",
        "https://myapp.com/callback?x=1",
        "https://myapp.com/Callback",
        "https://MyApp.com/callback",
        "https://myapp.com:443/callback",
        "https://myapp.com:8443/callback",
        "http://myapp.com/callback",
        "https://myapp.com/../callback",
        "//myapp.com/callback",
        "javascript:alert(1)",
        "",
    ] {
        let consent = stage.consent(json!({ "redirect_uri": uri })).await;
        assert_eq!(consent.header("location"), None);
        consent.expect_invalid_at("body.redirect_uri");
        refused(&stage, &redeeming(&code, uri)).await;
    }
    refused(&stage, &redeeming(&code, CALLBACK)[..2]).await;
    stage.redeem(&code).await.expect(200);
}

#[tokio::test]
async fn pkce_can_be_neither_weakened_nor_left_out() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let ask = |challenge: Value, method: Value| json!({ "code_challenge": challenge, "code_challenge_method": method });
    stage.consent(ask(json!(VERIFIER), json!("plain"))).await.expect_invalid_at("body.code_challenge_method");
    stage.consent(ask(json!(CHALLENGE), Value::Null)).await.expect_invalid_at("body.code_challenge_method");
    stage.consent(ask(json!("short"), json!("S256"))).await.expect_invalid_at("body.code_challenge");
    let code = stage.code(ask(json!(CHALLENGE), json!("S256"))).await;
    let right = redeeming(&code, CALLBACK);
    let wrong = VERIFIER.replace('d', "e");
    refused(&stage, &right).await;
    refused(&stage, &[right[0], right[1], right[2], ("code_verifier", &wrong)]).await;
    refused(&stage, &[right[0], right[1], right[2], ("code_verifier", CHALLENGE)]).await;
    // The challenge was taken out of the request on its way.
    let bare = stage.code(json!({})).await;
    let with = redeeming(&bare, CALLBACK);
    refused(&stage, &[with[0], with[1], with[2], ("code_verifier", VERIFIER)]).await;
    let whole = [right[0], right[1], right[2], ("code_verifier", VERIFIER)];
    stage.ask("/oauth/token", &whole).await.expect(200);
}

#[tokio::test]
async fn nothing_is_granted_beyond_what_was_declared() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    for (field, value) in [
        ("granted_webhook_events", json!(["post_updated", "post_completed"])),
        ("granted_webhook_events", json!(["no_such"])),
        ("scope", json!("posts:read posts:write")),
        ("actor", json!("user")),
        ("client_id", json!("foapp_made_up")),
    ] {
        let refused = stage.consent(json!({ field: value })).await;
        refused.expect_invalid_at(&format!("body.{field}"));
    }
    let narrow = json!({ "scope": "posts:read", "granted_webhook_events": ["post_updated"] });
    stage.consent(narrow).await.expect_invalid_at("body.granted_webhook_events");
    assert_eq!(stage.snapshot().await, (vec![], vec![]));
    let bare = stage.install(json!({ "scope": "posts:read" })).await;
    assert_eq!((&bare["scope"], stage.endpoints().await.len()), (&json!("posts:read"), 0));
}

#[tokio::test]
async fn a_user_installs_only_where_the_user_administers() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let body = |target: &str| json!({ "client_id": stage.client_id, "redirect_uri": CALLBACK, "actor": "app", "target_organization_id": target });
    let path = "/oauth/authorize/consent";
    let admin_of = |app: &str| user(&world, "org_a", &[app]);
    admin_of("other-org")
        .header("x-organization", "target-org")
        .post(path, body("target-org"))
        .await
        .expect(403);
    admin_of("other-org")
        .header("x-organization", "other-org")
        .post(path, body("target-org"))
        .await
        .expect(403);
    admin_of("other-org").post(path, body("target-org")).await.expect(403);
    let foreign = user(&world, "org_b", &["target-org"]).header("x-organization", "target-org");
    foreign.post(path, body("target-org")).await.expect(403);
    let app = world.org().get("/app/target-org").await.expect(200)["id"].as_str().unwrap().to_owned();
    let portal = world.app_client("org_a", &app).header("x-organization", "target-org");
    portal.post(path, body("target-org")).await.expect(403);
    world.org().header("x-organization", "target-org").post(path, body("target-org")).await.expect(403);
    assert_eq!(stage.snapshot().await, (vec![], vec![]));
    // A client of another org is no client here.
    world.org_named("org_b").make_app("target-org").await;
    foreign.post(path, body("target-org")).await.expect_invalid_at("body.client_id");
}

#[tokio::test]
async fn a_refresh_token_that_is_used_again_ends_its_family() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let first = stage.install(json!({})).await;
    let stolen = first["refresh_token"].as_str().unwrap();
    let second = stage.refresh(stolen).await.expect(200);
    refused(&stage, &[("grant_type", "refresh_token"), ("refresh_token", stolen)]).await;
    for token in [&second["access_token"], &second["refresh_token"], &first["access_token"]] {
        assert!(!is_active(&stage, token).await);
    }
    let last =
        [("grant_type", "refresh_token"), ("refresh_token", second["refresh_token"].as_str().unwrap())];
    refused(&stage, &last).await;
}

#[tokio::test]
async fn a_suspended_client_gets_nothing() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let tokens = stage.install(json!({})).await;
    let code = stage.code(json!({})).await;
    stage.owner().post(&format!("{}/suspend", stage.path()), json!({})).await.expect(200);
    assert_eq!(stage.consent(json!({})).await.expect(403)["code"], "client_suspended");
    assert_eq!(stage.redeem(&code).await.expect(400)["error"], "unauthorized_client");
    let refresh = stage.refresh(tokens["refresh_token"].as_str().unwrap()).await.expect(400);
    assert_eq!(refresh["error"], "unauthorized_client");
    assert!(!is_active(&stage, &tokens["access_token"]).await);
    let bearer = world.with_token(tokens["access_token"].as_str().unwrap());
    bearer.get("/app/target-org/endpoint").await.expect(401);
    assert_eq!(stage.endpoints().await.len(), 0);
    // It can't be told that a token is gone which comes back with it.
    let pairs = [("token", tokens["refresh_token"].as_str().unwrap())];
    assert_eq!(stage.ask("/oauth/revoke", &pairs).await.expect(400)["error"], "unauthorized_client");
}
