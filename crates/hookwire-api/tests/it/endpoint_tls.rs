//! TLS settings of an endpoint: the client's key goes in, never comes out, and goes nowhere else.

use hookwire_core::Reference;
use hookwire_core::id::{AppKey, Key};
use serde_json::{Value, json};

use crate::world::World;

const PATH: &str = "/app/acme/endpoint/main";

fn body(url: &str, tls: &Value) -> Value {
    json!({ "url": url, "uid": "main", "tls": tls })
}

fn identity() -> Value {
    json!({ "caPem": "-----BEGIN ca", "clientCertPem": "cert", "clientKeyPem": "canary" })
}

/// The stored certificate authorities, certificate and key.
async fn stored(world: &World) -> [Option<String>; 3] {
    let app = world.org().get("/app/acme").await.expect(200);
    let app = AppKey::parse(app["id"].as_str().unwrap()).unwrap();
    let endpoint = world.store.endpoint(app, &Reference::parse("main")).await.unwrap().unwrap();
    let tls = endpoint.rules.tls.unwrap_or_default();
    [tls.ca_pem, tls.client_cert_pem, tls.client_key_pem.map(|key| key.to_string())]
}

fn parts(parts: [&str; 3]) -> [Option<String>; 3] {
    parts.map(|part| Some(part.to_owned()).filter(|part| !part.is_empty()))
}

async fn fresh() -> World {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let made = org.post("/app/acme/endpoint", body("https://example.com/a", &identity())).await;
    assert!(!made.text.contains("canary"), "{}", made.text);
    assert_eq!(made.expect(201)["tls"]["clientKeyPem"], "***");
    world
}

#[tokio::test]
async fn a_key_stays_beside_the_same_certificate() {
    let world = fresh().await;
    let org = world.org();
    let shown = org.get(PATH).await;
    assert!(!shown.text.contains("canary"), "{}", shown.text);
    let shown = shown.expect(200);
    let whole = parts(["-----BEGIN ca", "cert", "canary"]);
    org.put(PATH, shown).await.expect(200);
    assert_eq!(stored(&world).await, whole, "what is shown can be sent back");
    let without = json!({ "tls": { "caPem": "-----BEGIN ca", "clientCertPem": "cert" } });
    org.patch(PATH, without).await.expect(200);
    assert_eq!(stored(&world).await, whole);
    org.patch(PATH, json!({ "url": "https://example.com/b" })).await.expect(200);
    assert_eq!(stored(&world).await, whole, "the host is the same");

    let other = json!({ "tls": { "clientCertPem": "another", "clientKeyPem": "of another" } });
    org.patch(PATH, other).await.expect(200);
    assert_eq!(stored(&world).await, parts(["", "another", "of another"]));
    org.patch(PATH, json!({ "tls": {} })).await.expect(200);
    assert_eq!(org.get(PATH).await.expect(200)["tls"], json!(null));
}

#[tokio::test]
async fn every_fault_of_the_settings_is_named() {
    let world = fresh().await;
    let org = world.org();
    for (tls, place) in [
        (json!({ "clientCertPem": "another" }), "body.tls.clientKeyPem"),
        (json!({ "clientCertPem": "another", "clientKeyPem": "***" }), "body.tls.clientKeyPem"),
        (json!({ "clientKeyPem": "key" }), "body.tls.clientCertPem"),
        (json!({ "clientKeyPem": "***" }), "body.tls.clientCertPem"),
        (json!({ "caPem": "nonsense" }), "body.tls"),
        (json!({ "caPem": "x".repeat(65_537) }), "body.tls.caPem"),
        (json!({ "clientCertPem": "x".repeat(65_537), "clientKeyPem": "k" }), "body.tls.clientCertPem"),
        (json!({ "clientCertPem": "c", "clientKeyPem": "x".repeat(65_537) }), "body.tls.clientKeyPem"),
        (json!({ "clientcertPem": "c" }), "body.tls.clientcertPem"),
        (json!({ "caPem": 1 }), "body.tls.caPem"),
    ] {
        org.patch(PATH, json!({ "tls": tls })).await.expect_invalid_at(place);
        org.put(PATH, body("https://example.com/a", &tls)).await.expect_invalid_at(place);
    }
    let new = body("https://example.com/", &json!({ "clientCertPem": "cert" }));
    org.post("/app/acme/endpoint", new).await.expect_invalid_at("body.tls.clientKeyPem");
    assert_eq!(stored(&world).await, parts(["-----BEGIN ca", "cert", "canary"]));
}

#[tokio::test]
async fn a_certificate_and_its_key_do_not_follow_the_url_to_another_host() {
    for by_put in [true, false] {
        for (url, moves) in [("https://example.com/b", false), ("https://other.test/", true)] {
            let world = fresh().await;
            let org = world.org();
            let body = json!({ "url": url, "uid": "main" });
            let answer = if by_put { org.put(PATH, body).await } else { org.patch(PATH, body).await };
            let dropped = moves.then_some("tls.clientCertPem, tls.clientKeyPem");
            assert_eq!(answer.header("hookwire-dropped-fields"), dropped, "{url}");
            answer.expect(200);
            let left = if moves { ["-----BEGIN ca", "", ""] } else { ["-----BEGIN ca", "cert", "canary"] };
            assert_eq!(stored(&world).await, parts(left), "{url}");
        }
    }
}

#[tokio::test]
async fn a_key_must_be_given_again_for_another_host() {
    let world = fresh().await;
    let org = world.org();
    for key in [json!(null), json!("***")] {
        let tls = json!({ "clientCertPem": "cert", "clientKeyPem": key });
        let moved = body("https://other.test/", &tls);
        org.put(PATH, moved.clone()).await.expect_invalid_at("body.tls.clientKeyPem");
        org.patch(PATH, moved).await.expect_invalid_at("body.tls.clientKeyPem");
    }
    let answer = org.patch(PATH, body("https://other.test/", &identity())).await;
    assert_eq!(answer.header("hookwire-dropped-fields"), None);
    answer.expect(200);
    assert_eq!(stored(&world).await, parts(["-----BEGIN ca", "cert", "canary"]));
}
