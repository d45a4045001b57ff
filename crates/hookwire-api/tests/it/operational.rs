//! `/operational-webhook/endpoint`.

use serde_json::json;

use crate::world::{World, column, id_of};

#[tokio::test]
async fn an_org_has_its_own_endpoints_for_notices() {
    let world = World::new();
    let org = world.org();
    let path = "/operational-webhook/endpoint";
    assert_eq!(column(&org.get(path).await.expect(200), "id"), [""; 0]);
    let body = json!({ "url": "https://example.com/", "uid": "ops", "eventTypes": ["endpoint.disabled"] });
    let made = org.post(path, body.clone()).await.expect(201);
    let id = id_of(&made);
    assert_eq!(org.get(&format!("{path}/ops")).await.expect(200), made);
    assert_eq!(column(&org.get(path).await.expect(200), "id"), std::slice::from_ref(&id));
    org.put(&format!("{path}/{id}"), body.clone()).await.expect(200);
    org.put(&format!("{path}/ops/headers"), json!({ "headers": { "X-A": "1" } })).await.expect(204);
    let headers = org.get(&format!("{path}/ops/headers")).await.expect(200);
    assert_eq!(headers["headers"], json!({ "X-A": "1" }));
    let secret = org.get(&format!("{path}/ops/secret")).await.expect(200);
    let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    org.post(&format!("{path}/ops/secret/rotate"), json!({ "key": key })).await.expect(200);
    assert_ne!(org.get(&format!("{path}/ops/secret")).await.expect(200), secret);
    let unknown = json!({ "url": "https://example.com/", "eventTypes": ["user.signup"] });
    org.post(path, unknown).await.expect_invalid_at("body.eventTypes");

    let other = world.org_named("org_b");
    assert_eq!(column(&other.get(path).await.expect(200), "id"), [""; 0]);
    other.get(&format!("{path}/{id}")).await.expect(404);
    other.delete(&format!("{path}/{id}")).await.expect(404);
    assert_eq!(
        column(&org.get("/app").await.expect(200), "id"),
        [""; 0],
        "the internal app is not the org's"
    );
    org.delete(&format!("{path}/ops")).await.expect(204);
    org.get(&format!("{path}/ops")).await.expect(404);
}

#[tokio::test]
async fn notices_reach_the_endpoints_that_chose_them() {
    let world = World::new();
    let org = world.org();
    let body = json!({ "url": "https://example.com/", "uid": "ops", "eventTypes": ["endpoint.created"] });
    let ops = id_of(&org.post("/operational-webhook/endpoint", body).await.expect(201));
    org.make_app("acme").await;
    org.make_endpoint("acme", "main").await;
    assert_eq!(world.succeed(&ops).await.len(), 1);
}
