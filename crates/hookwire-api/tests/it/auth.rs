//! Who may do what: every operation with every kind of token, and tokens for one application.

mod rows;

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use hookwire_api::token::{AppGrant, Capability, ORG_TOKEN_LIFE};
use hookwire_core::OrgId;
use http::Method;
use serde_json::json;

use crate::tenants::Things;
use crate::world::{Client, SECRET, World};
use rows::{ROWS, Reach};

/// Method and path of every operation in the OpenAPI document, by its id.
pub(crate) fn operations() -> BTreeMap<String, (Method, String)> {
    let document = serde_json::to_value(hookwire_api::openapi()).unwrap();
    let mut all = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let path = path.strip_prefix("/api/v1").unwrap().to_owned();
            all.insert(operation["operationId"].as_str().unwrap().to_owned(), (method, path));
        }
    }
    all
}

async fn status(client: &Client<'_>, (method, path): &(Method, String), things: &Things) -> (u16, String) {
    let body = if *method == Method::GET { Body::empty() } else { Body::from("{}") };
    let answer = client.send(method.clone(), &things.fill(path), body).await;
    (answer.status.as_u16(), answer.text)
}

#[test]
fn every_operation_has_a_row() {
    let rows: Vec<&str> = ROWS.iter().map(|(id, _)| *id).collect();
    let operations = operations();
    let documented: Vec<&str> = operations.keys().map(String::as_str).collect();
    assert_eq!(documented, rows);
    let document = serde_json::to_value(hookwire_api::openapi()).unwrap();
    let said = |id: &str| {
        let operations =
            document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap());
        let (_, operation) =
            operations.into_iter().find(|(_, operation)| operation["operationId"] == id).unwrap();
        operation["x-hookwire-token"].as_str().unwrap().to_owned()
    };
    for (id, reach) in ROWS {
        assert_eq!(said(id), reach.name(), "{id}");
    }
}

#[tokio::test]
async fn the_secret_in_place_of_a_token_is_told_from_a_wrong_token() {
    let world = World::new();
    let secret = std::str::from_utf8(SECRET).unwrap();
    let told = world.with_token(secret).get("/app").await.expect(401);
    assert_eq!(told["code"], "authentication_failed");
    assert!(told["detail"].as_str().unwrap().contains("hookwire jwt generate"), "{told}");
    let wrong = world.with_token(&secret[1..]).get("/app").await.expect(401);
    assert_eq!(wrong["detail"], "Invalid token");
}

#[tokio::test]
async fn an_org_may_ask_for_dead_letters_to_be_driven_again() {
    let world = World::new();
    let app = world.org().make_app("acme").await;
    world.org().post("/admin/redrive-dlq", json!({})).await.expect(204);
    world.app_client("org_a", &app).post("/admin/redrive-dlq", json!({})).await.expect(403);
    world.with_token("none").post("/admin/redrive-dlq", json!({})).await.expect(401);
}

#[tokio::test]
async fn no_operation_works_without_a_valid_token() {
    let world = World::new();
    let things = Things::make(&world, "org_a").await;
    let now = hookwire_core::Clock::now(&world.clock);
    let long_ago = now.minus(ORG_TOKEN_LIFE + Duration::from_hours(1));
    let expired = world.issuer.org_token(&OrgId::stored("org_a"), long_ago).unwrap();
    let clients = [
        world.nobody(),
        world.with_token("garbage"),
        world.with_token(&expired),
        world.nobody().header("authorization", "Basic b3JnX2E6"),
        world.nobody().header("authorization", "Bearer"),
        world.nobody().header("authorization", "Bearer "),
    ];
    let operations = operations();
    for (id, reach) in ROWS.iter().filter(|(_, reach)| ![Reach::Open, Reach::Client].contains(reach)) {
        for client in &clients {
            let (status, text) = status(client, &operations[*id], &things).await;
            assert_eq!(status, 401, "{id} ({}): {text}", reach.name());
            let expected = json!({ "code": "authentication_failed", "detail": "Invalid token" });
            assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), expected);
        }
    }
}

#[tokio::test]
async fn app_tokens_reach_their_own_app_only() {
    let world = World::new();
    let things = Things::make(&world, "org_a").await;
    let other = world.org().make_app("other").await;
    let own_token = world.app_client("org_a", &things.app);
    let other_token = world.app_client("org_a", &other);
    let foreign_token = world.app_client("org_b", &things.app);
    let operations = operations();
    for (id, reach) in ROWS {
        let operation = &operations[*id];
        for (client, whose) in [(&other_token, "other"), (&foreign_token, "foreign"), (&own_token, "own")] {
            let (status, text) = status(client, operation, &things).await;
            match (reach, whose) {
                (Reach::Org | Reach::User, _) => assert_eq!(status, 403, "{id} {whose}: {text}"),
                (Reach::App, "own") | (Reach::Any | Reach::Open | Reach::Client, _) => {
                    assert!(![401, 403].contains(&status), "{id} {whose}: {status} {text}");
                }
                (Reach::App, _) => {
                    assert!([404, 422].contains(&status), "{id} {whose}: {status} {text}");
                    assert!(status == 404 || *id != "endpoint.get", "{id} {whose}");
                }
            }
        }
    }
}

#[tokio::test]
async fn org_tokens_reach_everything_of_their_org() {
    let world = World::new();
    let things = Things::make(&world, "org_a").await;
    let (org, operations) = (world.org().header("x-organization", &things.app), operations());
    // Those that delete come last.
    let (last, first): (Vec<_>, Vec<_>) = ROWS
        .iter()
        .filter(|(_, reach)| *reach != Reach::Client)
        .partition(|(id, _)| operations[*id].0 == Method::DELETE);
    for (id, _) in first.into_iter().chain(last.into_iter().rev()) {
        let (status, text) = status(&org, &operations[id], &things).await;
        let fine = (200..300).contains(&status) || [409, 422, 501].contains(&status);
        assert!(fine, "{id}: {status} {text}");
    }
}

#[tokio::test]
async fn a_portal_token_can_be_limited_to_looking() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    org.make_endpoint("acme", "main").await;
    let path = "/auth/app-portal-access/acme";
    let access = org.post(path, json!({ "readOnly": true })).await.expect(200);
    assert_eq!(access["url"], "");
    let looker = world.with_token(access["token"].as_str().unwrap());
    looker.get("/app/acme/endpoint/main").await.expect(200);
    looker.get("/app/acme/msg").await.expect(200);
    looker.get("/app/acme/endpoint/main/secret").await.expect(403);
    looker.post("/app/acme/endpoint", json!({ "url": "https://example.com/" })).await.expect(403);
    looker.patch("/app/acme/endpoint/main", json!({})).await.expect(403);
    looker.delete("/app/acme/endpoint/main").await.expect(403);
    let since = json!({ "since": "2026-09-20T00:00:00Z" });
    looker.post("/app/acme/endpoint/main/recover", since.clone()).await.expect(403);

    let some = json!({ "capabilities": ["CreateAttempts"], "expiry": 3600, "featureFlags": ["beta"] });
    let some = org.post(path, some).await.expect(200);
    let some = world.with_token(some["token"].as_str().unwrap());
    some.post("/app/acme/endpoint/main/recover", since).await.expect(202);
    some.delete("/app/acme/endpoint/main").await.expect(403);
    world.clock.advance(Duration::from_secs(3_600 + 901));
    some.get("/app/acme").await.expect(401);
    looker.get("/app/acme").await.expect(200);
}

#[tokio::test]
async fn portal_access_checks_what_it_is_asked_for() {
    let world = World::new();
    let org = world.org();
    let path = "/auth/app-portal-access/acme";
    org.post(path, json!({})).await.expect(404);
    org.post(path, json!({ "expiry": 0 })).await.expect_invalid_at("body.expiry");
    org.post(path, json!({ "expiry": 2_419_201 })).await.expect_invalid_at("body.expiry");
    org.post(path, json!({ "capabilities": ["Fly"] })).await.expect_invalid_at("body.capabilities.[0]");
    let app = json!({ "application": { "name": "Acme", "uid": "acme" } });
    org.post(path, app).await.expect(200);
    org.get("/app/acme").await.expect(200);
    org.post("/auth/dashboard-access/acme", json!({})).await.expect(200);
    assert_eq!(org.post("/auth/logout", json!({})).await.expect(501)["code"], "not_implemented");
}

#[tokio::test]
async fn a_token_of_a_deleted_app_reaches_nothing() {
    let world = World::new();
    let org = world.org();
    let app = org.make_app("acme").await;
    let token = world.app_client_with(
        "org_a",
        &app,
        AppGrant { capabilities: Some(vec![Capability::ViewBase]), ..AppGrant::default() },
    );
    token.get("/app/acme").await.expect(200);
    org.delete("/app/acme").await.expect(204);
    org.make_app("acme").await;
    token.get("/app/acme").await.expect(404);
    token.get(&format!("/app/{app}")).await.expect(404);
}
