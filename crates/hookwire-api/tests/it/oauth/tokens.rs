//! The token endpoint, and what is issued there.

use std::time::Duration;

use serde_json::{Value, json};

use super::stage::{CALLBACK, CHALLENGE, HOOK, Stage, VERIFIER, parameters, post_form};
use crate::world::World;

#[tokio::test]
async fn the_documents_flow_installs_exactly_what_was_granted() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let answer = stage.consent(json!({ "granted_webhook_events": ["post_updated"] })).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let consent = answer.expect(200);
    let to = consent["redirect_to"].as_str().unwrap();
    assert!(to.starts_with("https://myapp.com/callback?code=hwac_"), "{to}");
    assert_eq!(parameters(to)[1], ("state".to_owned(), "s 1".to_owned()));
    assert_eq!(stage.snapshot().await, (vec![], vec![]));
    let answer = stage.redeem(&parameters(to)[0].1).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let tokens = answer.expect(200);
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(3_600)));
    assert_eq!(tokens["scope"], "posts:read webhooks:manage");
    let (endpoints, installs) = stage.snapshot().await;
    assert_eq!((endpoints.len(), installs.len()), (1, 1));
    assert_eq!((&endpoints[0]["url"], &endpoints[0]["eventTypes"]), (&json!(HOOK), &json!(["post_updated"])));
    assert_eq!(endpoints[0]["managedBy"], json!({ "installId": tokens["install_id"] }));
    assert_eq!(
        (&installs[0]["endpoint_id"], &installs[0]["id"]),
        (&endpoints[0]["id"], &tokens["install_id"])
    );
    assert_eq!((&installs[0]["authorized_by"], &installs[0]["actor"]), (&json!("u1"), &json!("app")));
    // Without a restriction everything is granted, and the earlier install makes room.
    let again = stage.install(json!({})).await;
    let (endpoints, installs) = stage.snapshot().await;
    assert_eq!((endpoints.len(), installs.len()), (1, 1));
    assert_eq!(endpoints[0]["eventTypes"], json!(["post_created", "post_updated"]));
    assert_eq!(installs[0]["id"], again["install_id"]);
    // An empty grant is none, not all.
    stage.install(json!({ "granted_webhook_events": [] })).await;
    assert_eq!(stage.endpoints().await.len(), 0);
}

#[tokio::test]
async fn the_target_is_named_by_id_by_uid_or_by_the_hosts_own_number() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let id = world.org().get("/app/target-org").await.expect(200)["id"].clone();
    for target in [json!("target-org"), id, json!(7)] {
        stage.consent(json!({ "target_organization_id": target })).await.expect(200);
    }
    let metadata = json!({ "metadata": { "organization_id": "7" } });
    world.org().patch("/app/target-org", metadata).await.expect(200);
    for target in [json!(7), json!("7")] {
        stage.consent(json!({ "target_organization_id": target })).await.expect(200);
    }
    let wrong = stage.consent(json!({ "target_organization_id": 8 })).await;
    wrong.expect_invalid_at("body.target_organization_id");
    let unknown = stage.consent(json!({ "target_organization_id": "nobody" })).await;
    unknown.expect_invalid_at("body.target_organization_id");
    stage.consent(json!({ "target_organization_id": "other-org" })).await.expect(403);
}

#[tokio::test]
async fn a_client_shows_who_it_is_by_basic_or_in_the_body() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let secret = stage.client_secret.clone().unwrap();
    let code = stage.code(json!({})).await;
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("client_id", stage.client_id.as_str()),
        ("client_secret", secret.as_str()),
    ];
    let twice = stage.ask("/oauth/token", &pairs).await.expect(400);
    assert_eq!(twice["error"], "invalid_request");
    post_form(&world.nobody(), "./oauth/token", &pairs).await.expect(200);
    let wrong = [pairs[0], pairs[1], pairs[2], pairs[3], ("client_secret", "wrong")];
    for pairs in [&wrong[..], &wrong[..4], &wrong[..3]] {
        let answer = post_form(&world.nobody(), "/oauth/token", pairs).await;
        assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"hookwire\""));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.expect(401)["error"], "invalid_client");
    }
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_told_so_in_oauths_words() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let ask = async |pairs: &[(&str, &str)]| {
        let answer = stage.ask("/oauth/token", pairs).await.expect(400);
        assert!(answer["error_description"].is_string());
        answer["error"].clone()
    };
    let code = ("grant_type", "authorization_code");
    assert_eq!(ask(&[]).await, "invalid_request");
    assert_eq!(ask(&[code]).await, "invalid_request");
    assert_eq!(ask(&[code, ("code", "")]).await, "invalid_request");
    assert_eq!(ask(&[code, code, ("code", "x")]).await, "invalid_request");
    assert_eq!(ask(&[code, ("code", "x")]).await, "invalid_grant");
    assert_eq!(ask(&[("grant_type", "password")]).await, "unsupported_grant_type");
    assert_eq!(ask(&[("grant_type", "refresh_token"), ("refresh_token", "x")]).await, "invalid_grant");
    let json = world.nobody().post("/oauth/token", json!({ "grant_type": "authorization_code" })).await;
    assert_eq!(json.expect(400)["error"], "invalid_request");
}

#[tokio::test]
async fn a_public_client_has_no_secret_but_must_use_pkce() {
    let world = World::new();
    let stage = Stage::with(&world, |body| body["token_endpoint_auth_method"] = json!("none")).await;
    assert_eq!(stage.client_secret, None);
    stage.consent(json!({})).await.expect_invalid_at("body.code_challenge");
    let pkce = json!({ "code_challenge": CHALLENGE, "code_challenge_method": "S256" });
    let code = stage.code(pkce).await;
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("client_id", stage.client_id.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let without = post_form(&world.nobody(), "/oauth/token", &pairs[..4]).await.expect(400);
    assert_eq!(without["error"], "invalid_grant");
    let tokens = post_form(&world.nobody(), "/oauth/token", &pairs).await.expect(200);
    assert!(tokens["access_token"].is_string());
}

#[tokio::test]
async fn tokens_are_introspected_by_the_host_and_by_their_client() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let other = Stage::of(&world, "org_a", "your-org", "target-org", &{
        let body = super::stage::registration();
        stage.owner().post("/oauth/apps", body).await.expect(201)
    });
    let tokens = stage.install(json!({})).await;
    let access = tokens["access_token"].as_str().unwrap();
    let shown = stage.ask("/oauth/introspect", &[("token", access)]).await.expect(200);
    assert_eq!(post_form(&world.org(), "/oauth/introspect", &[("token", access)]).await.expect(200), shown);
    assert_eq!((&shown["active"], &shown["scope"]), (&json!(true), &json!("posts:read webhooks:manage")));
    assert_eq!((&shown["client_id"], &shown["sub"]), (&json!(stage.client_id), &json!(stage.client_id)));
    assert_eq!((&shown["organization_uid"], &shown["authorized_by"]), (&json!("target-org"), &json!("u1")));
    assert_eq!(shown["exp"].as_i64().unwrap() - shown["iat"].as_i64().unwrap(), 3_600);
    let nothing = json!({ "active": false });
    assert_eq!(other.ask("/oauth/introspect", &[("token", access)]).await.expect(200), nothing);
    let foreign = world.org_named("org_b");
    assert_eq!(post_form(&foreign, "/oauth/introspect", &[("token", access)]).await.expect(200), nothing);
    assert_eq!(stage.ask("/oauth/introspect", &[("token", "made up")]).await.expect(200), nothing);
    post_form(&stage.admin(), "/oauth/introspect", &[("token", access)]).await.expect(403);
    world.clock.advance(Duration::from_hours(1));
    assert_eq!(stage.ask("/oauth/introspect", &[("token", access)]).await.expect(200), nothing);
}

#[tokio::test]
async fn revoking_a_token_ends_the_install_and_says_nothing_of_others() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    for kind in ["access_token", "refresh_token"] {
        let tokens = stage.install(json!({})).await;
        let before = stage.snapshot().await;
        let answer = stage.ask("/oauth/revoke", &[("token", "made up")]).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
        assert_eq!(stage.snapshot().await, before);
        let token = tokens[kind].as_str().unwrap();
        stage.ask("/oauth/revoke", &[("token", token), ("token_type_hint", kind)]).await.expect(200);
        assert_eq!(stage.snapshot().await, (vec![], vec![]));
        assert_eq!(
            stage.refresh(tokens["refresh_token"].as_str().unwrap()).await.expect(400)["error"],
            "invalid_grant"
        );
    }
}

#[tokio::test]
async fn a_refresh_gives_new_tokens_and_can_ask_for_less() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let first = stage.install(json!({})).await;
    let pairs = [
        ("grant_type", "refresh_token"),
        ("refresh_token", first["refresh_token"].as_str().unwrap()),
        ("scope", "posts:read"),
    ];
    let more = [pairs[0], pairs[1], ("scope", "posts:read posts:write")];
    assert_eq!(stage.ask("/oauth/token", &more).await.expect(400)["error"], "invalid_scope");
    let second = stage.ask("/oauth/token", &pairs).await.expect(200);
    assert_eq!((&second["scope"], &second["install_id"]), (&json!("posts:read"), &first["install_id"]));
    assert_ne!(second["access_token"], first["access_token"]);
    let third = stage.refresh(second["refresh_token"].as_str().unwrap()).await.expect(200);
    assert_eq!(third["scope"], "posts:read webhooks:manage");
    assert_ne!(third["refresh_token"], Value::Null);
}
