//! What an access token opens: its install's endpoint in its own app, by its scopes, and nothing else.

use std::time::Duration;

use hookwire_core::Clock as _;
use serde_json::{Value, json};

use super::stage::Stage;
use crate::auth::operations;
use crate::world::{Client, World, column, id_of};

#[tokio::test]
async fn an_access_token_sees_the_endpoint_of_its_install_and_no_other() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let by_hand = world.org().make_endpoint("target-org", "by-hand").await;
    let tokens = stage.install(json!({})).await;
    let own = id_of(&stage.endpoints().await[0]);
    let bearer = world.with_token(tokens["access_token"].as_str().unwrap());
    assert_eq!(bearer.get("/app/target-org").await.expect(200)["uid"], "target-org");
    assert_eq!(
        column(&bearer.get("/app/target-org/endpoint").await.expect(200), "id"),
        std::slice::from_ref(&own)
    );
    let body = json!({ "eventType": "post_updated", "payload": { "id": 1 } });
    world.org().post("/app/target-org/msg", body).await.expect(202);
    world.exhaust(&own).await;
    world.exhaust(&by_hand).await;
    for rest in ["", "/stats", "/attempt-stats", "/msg"] {
        bearer.get(&format!("/app/target-org/endpoint/{own}{rest}")).await.expect(200);
        bearer.get(&format!("/app/target-org/endpoint/{by_hand}{rest}")).await.expect(404);
    }
    let attempts = bearer.get(&format!("/app/target-org/attempt/endpoint/{own}")).await.expect(200);
    assert_eq!(column(&attempts, "endpointId"), std::slice::from_ref(&own));
    bearer.get(&format!("/app/target-org/attempt/endpoint/{by_hand}")).await.expect(404);
    let since = json!({ "since": "2026-09-20T00:00:00Z" });
    bearer.post(&format!("/app/target-org/endpoint/{own}/recover"), since.clone()).await.expect(202);
    bearer.post(&format!("/app/target-org/endpoint/{by_hand}/recover"), since).await.expect(404);
}

#[tokio::test]
async fn a_replay_by_the_client_reaches_no_further_back_than_its_install() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let send = async || {
        let body = json!({ "eventType": "post_updated", "payload": { "id": 1 } });
        id_of(&world.org().post("/app/target-org/msg", body).await.expect(202))
    };
    send().await;
    world.clock.advance(Duration::from_mins(1));
    let tokens = stage.install(json!({})).await;
    let own = id_of(&stage.endpoints().await[0]);
    let bearer = world.with_token(tokens["access_token"].as_str().unwrap());
    let (path, since) = (
        format!("/app/target-org/endpoint/{own}/replay-missing"),
        json!({ "since": "2026-09-20T00:00:00Z" }),
    );
    let replay = async |client: &Client<'_>, since: &Value| {
        let task = id_of(&client.post(&path, since.clone()).await.expect(202));
        while world.store.advance_tasks(world.clock.now(), 100).await.unwrap() > 0 {}
        let task = world.org().get(&format!("/background-task/{task}")).await.expect(200);
        (task["status"].clone(), task["data"]["queued"].clone())
    };
    assert_eq!(replay(&bearer, &since).await, (json!("finished"), json!(0)));
    let early = json!({ "since": "2026-09-20T00:00:00Z", "until": "2026-09-20T00:00:01Z" });
    assert_eq!(replay(&bearer, &early).await, (json!("finished"), json!(0)));
    // The customer's own product may hand it over.
    assert_eq!(replay(&world.org(), &since).await, (json!("finished"), json!(1)));
}

#[tokio::test]
async fn an_access_token_opens_no_other_app_and_no_other_operation() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let tokens = stage.install(json!({})).await;
    let own = id_of(&stage.endpoints().await[0]);
    let other = world.org().make_endpoint("other-org", "theirs").await;
    let bearer = world.with_token(tokens["access_token"].as_str().unwrap());
    for path in ["/app/other-org", "/app/other-org/endpoint", "/app/your-org/endpoint"] {
        bearer.get(path).await.expect(404);
    }
    bearer.get(&format!("/app/other-org/endpoint/{other}")).await.expect(404);
    bearer.get(&format!("/app/target-org/endpoint/{other}")).await.expect(404);
    let open = [
        "application.get",
        "endpoint.get",
        "endpoint.get_attempt_stats",
        "endpoint.get_stats",
        "endpoint.list",
        "endpoint.recover",
        "endpoint.replay_missing",
        "health.get",
        "health.ping",
        "message_attempt.list_attempted_messages",
        "message_attempt.list_by_endpoint",
        "oauth.introspect",
        "oauth.revoke",
        "oauth.token",
    ];
    let before = stage.snapshot().await;
    for (id, (method, path)) in operations() {
        if open.contains(&id.as_str()) {
            continue;
        }
        let path = path.replace("{app_id}", "target-org").replace("{endpoint_id}", &own);
        let answer = bearer.send(method, &path, "{}").await;
        assert_eq!(answer.status, 403, "{id}: {}", answer.text);
    }
    assert_eq!(stage.snapshot().await, before);
    // A refresh token opens nothing at all.
    let refresh = world.with_token(tokens["refresh_token"].as_str().unwrap());
    refresh.get("/app/target-org/endpoint").await.expect(401);
    world.clock.advance(Duration::from_hours(1));
    bearer.get("/app/target-org/endpoint").await.expect(401);
}

#[tokio::test]
async fn an_access_token_without_the_scope_is_told_which_one_is_missing() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let tokens = stage.install(json!({ "scope": "posts:read" })).await;
    let bearer = world.with_token(tokens["access_token"].as_str().unwrap());
    let answer = bearer.get("/app/target-org/endpoint").await;
    let challenge = "Bearer error=\"insufficient_scope\", scope=\"webhooks:manage\"";
    assert_eq!(answer.header("www-authenticate"), Some(challenge));
    assert_eq!(answer.expect(403)["code"], "insufficient_scope");
}

#[tokio::test]
async fn a_managed_endpoint_is_read_but_not_touched_and_its_secret_is_the_clients() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    stage.install(json!({})).await;
    let before = stage.snapshot().await;
    let endpoint = format!("/app/target-org/endpoint/{}", id_of(&before.0[0]));
    let app = before.1[0]["organization_id"].as_str().unwrap();
    for client in [world.org(), world.app_client("org_a", app)] {
        client.get(&endpoint).await.expect(200);
        client.patch(&endpoint, json!({ "disabled": true })).await.expect(409);
        client.put(&endpoint, json!({ "url": "https://evil.example/" })).await.expect(409);
        client.delete(&endpoint).await.expect(409);
        client.get(&format!("{endpoint}/secret")).await.expect(409);
        client.post(&format!("{endpoint}/secret/rotate"), json!({})).await.expect(409);
        client.put(&format!("{endpoint}/headers"), json!({ "headers": { "X-A": "b" } })).await.expect(409);
        client.patch(&format!("{endpoint}/headers"), json!({ "headers": { "X-A": "b" } })).await.expect(409);
    }
    assert_eq!(stage.snapshot().await, before);
    let text = serde_json::to_string(&before).unwrap();
    assert!(!text.contains(&stage.webhook_secret[6..]));
}
