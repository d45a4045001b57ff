//! `/app/{app_id}/trigger`.

use std::time::Duration;

use hookwire_api::InvokeError;
use hookwire_api::token::{AppGrant, Capability};
use http::Method;
use serde_json::{Value, json};

use crate::auth::operations;
use crate::invoker::Reply;
use crate::world::{World, column};

const PATH: &str = "/app/acme/trigger/send";
const INVOKE: &str = "/app/acme/trigger/send/invoke";

fn registration() -> Value {
    json!({
        "url": "https://user:hidden-word@hidden.example/v1", "method": "POST",
        "headers": { "X-Hidden-Key": "hidden-key", "X-Trace": null },
        "queryParams": ["page"], "payloadSchema": { "type": "object", "required": ["name"] },
        "timeout": "10s", "next": [{ "trigger": "later", "on": "always", "dataTemplate": "{\"hidden\":1}" }],
        "tls": { "caPem": "-----BEGIN hidden", "clientCertPem": "hidden-cert", "clientKeyPem": "hidden-pem" },
    })
}

#[tokio::test]
async fn a_trigger_is_registered_replaced_listed_and_deleted() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let made = org.put(PATH, registration()).await.expect(201);
    let expected = json!({
        "id": "send", "url": "https://user:***@hidden.example/v1", "method": "POST",
        "headers": { "X-Hidden-Key": "***", "X-Trace": null }, "queryParams": ["page"], "payloadEncoding": "json",
        "payloadSchema": { "type": "object", "required": ["name"] }, "timeout": "10s",
        "tls": { "caPem": "-----BEGIN hidden", "clientCertPem": "hidden-cert", "clientKeyPem": "***" },
        "hidden": false,
        "next": [{ "trigger": "later", "on": "always", "dataTemplate": "{\"hidden\":1}" }],
        "createdAt": "2026-09-21T14:13:20.000000Z", "updatedAt": "2026-09-21T14:13:20.000000Z",
    });
    assert_eq!(made, expected);
    assert_eq!(org.get(PATH).await.expect(200), expected);
    assert_eq!(org.get("/app/acme/trigger").await.expect(200)["data"], json!([expected]));
    world.clock.advance(Duration::from_secs(1));
    let other = org.put(PATH, json!({ "url": "https://other.example/", "method": "GET" })).await.expect(200);
    assert_eq!(other["createdAt"], expected["createdAt"]);
    assert_eq!((&other["headers"], &other["tls"], &other["next"]), (&json!({}), &json!(null), &json!([])));
    assert_eq!(org.get(PATH).await.expect(200), other);
    org.put("/app/acme/trigger/a", json!({ "url": "https://other.example/", "method": "GET" }))
        .await
        .expect(201);
    let page = org.get("/app/acme/trigger?limit=1").await.expect(200);
    assert_eq!((column(&page, "id"), &page["iterator"]), (vec!["a".to_owned()], &json!("a")));
    let rest = org.get("/app/acme/trigger?limit=1&iterator=a").await.expect(200);
    assert_eq!((column(&rest, "id"), &rest["done"]), (vec!["send".to_owned()], &json!(true)));
    org.delete(PATH).await.expect(204);
    org.delete(PATH).await.expect(404);
    org.get(PATH).await.expect(404);
    org.post(INVOKE, json!({})).await.expect(404);
}

#[tokio::test]
async fn masked_values_that_come_back_keep_what_is_registered_but_not_for_another_host() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let invented =
        org.put(PATH, json!({ "url": "https://a.example/", "method": "GET", "headers": { "X-A": "***" } }));
    invented.await.expect_invalid_at("body.headers.X-A");
    org.put(PATH, registration()).await.expect(201);
    let mut shown = org.get(PATH).await.expect(200);
    shown["headers"]["X-More"] = json!("more");
    shown["url"] = json!("https://user:***@hidden.example/v2");
    org.put(PATH, shown.clone()).await.expect(200);
    org.post(INVOKE, json!({ "data": { "name": 1 } })).await.expect(200);
    let outgoing = world.invoker.calls().remove(0).outgoing;
    assert_eq!(outgoing.url, "https://user:hidden-word@hidden.example/v2");
    let header = |name: &str| outgoing.headers.iter().find(|(other, _)| other == name).unwrap().1.clone();
    assert_eq!((header("X-Hidden-Key"), header("X-More")), ("hidden-key".to_owned(), "more".to_owned()));
    shown["url"] = json!("https://evil.example/v2");
    let places: Vec<String> =
        org.put(PATH, shown).await.expect_invalid().into_iter().map(|(at, _)| at).collect();
    assert_eq!(places, ["body.headers.X-Hidden-Key", "body.tls.clientKeyPem"]);
}

#[tokio::test]
async fn every_fault_of_a_registration_is_named() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let body = json!({
        "id": "other", "url": "http://127.0.0.1/", "method": "post", "payloadEncoding": "text", "payloadSchema": {},
        "headers": { "Host": "x", "X-A": "1", "x-a": null, "Content-Type": "nonsense" },
        "queryParams": ["a", "", "a"], "timeout": "61s",
        "tls": { "caPem": "nonsense", "clientCertPem": "c" },
        "next": [
            { "trigger": "a b" }, { "trigger": "a", "on": "never" }, { "trigger": "a", "dataTemplate": "{{#a}}" }
        ],
    });
    let mut places: Vec<String> =
        org.put(PATH, body).await.expect_invalid().into_iter().map(|(at, _)| at).collect();
    places.sort();
    let expected = [
        "body.headers.Content-Type",
        "body.headers.Host",
        "body.headers.x-a",
        "body.id",
        "body.method",
        "body.next.[0].trigger",
        "body.next.[1].on",
        "body.next.[2].dataTemplate",
        "body.payloadSchema",
        "body.queryParams.[1]",
        "body.queryParams.[2]",
        "body.timeout",
        "body.tls",
        "body.url",
    ];
    assert_eq!(places, expected);
    let with = |field: &str, value: Value| {
        let mut body = json!({ "url": "https://a.example/", "method": "GET" });
        body[field] = value;
        body
    };
    for (field, value, place) in [
        ("tls", json!({ "caPem": "nonsense" }), "body.tls"),
        ("tls", json!({ "caPem": "x".repeat(65_537) }), "body.tls.caPem"),
        ("payloadSchema", json!({ "type": "objekt" }), "body.payloadSchema"),
        ("payloadSchema", json!({ "$ref": "https://a.example/" }), "body.payloadSchema"),
        ("timeout", json!("0s"), "body.timeout"),
        ("timeout", json!("10"), "body.timeout"),
        ("queryParams", json!((0..101).map(|n| n.to_string()).collect::<Vec<_>>()), "body.queryParams"),
        ("next", json!(vec![json!({ "trigger": "a" }); 9]), "body.next"),
        ("payloadEncoding", json!("xml"), "body.payloadEncoding"),
        ("url", json!("ftp://a.example/"), "body.url"),
    ] {
        org.put(PATH, with(field, value)).await.expect_invalid_at(place);
    }
    org.put("/app/acme/trigger/a%20b", with("timeout", json!("1s")))
        .await
        .expect_invalid_at("path.trigger_id");
    org.put("/app/acme/trigger/-a", with("timeout", json!("1s"))).await.expect_invalid_at("path.trigger_id");
    org.put(PATH, json!({ "method": "GET" })).await.expect_invalid_at("body");
    org.get(PATH).await.expect(404);
    org.put("/app/none/trigger/a", with("timeout", json!("1s"))).await.expect(404);
}

#[tokio::test]
async fn a_chain_that_leads_back_or_on_too_long_is_refused() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let to =
        |next: &str| json!({ "url": "https://a.example/", "method": "GET", "next": [{ "trigger": next }] });
    org.put("/app/acme/trigger/t1", to("t1")).await.expect_invalid_at("body.next.[0].trigger");
    for number in 1..8 {
        org.put(&format!("/app/acme/trigger/t{number}"), to(&format!("t{}", number + 1))).await.expect(201);
    }
    let (place, msg) = org.put("/app/acme/trigger/t8", to("t1")).await.expect_invalid().remove(0);
    assert!(place.starts_with("body.next") && msg.contains("leads back"), "{place}: {msg}");
    org.put("/app/acme/trigger/t8", to("t9")).await.expect_invalid_at("body.next");
    org.get("/app/acme/trigger/t8").await.expect(404);
}

#[tokio::test]
async fn an_invocation_is_answered_with_what_came_of_it() {
    let world = World::new();
    let org = world.org();
    let app = org.make_app("acme").await;
    org.put(PATH, registration()).await.expect(201);
    let client = world.app_client("org_a", &app);
    let reply = |status, content_type, body: &'static [u8]| {
        Ok(Reply { status, content_type, body: body.into(), truncated: false })
    };
    let json_type = Some("application/problem+json; charset=utf-8");
    for (reply, status, data, encoding, error) in [
        (reply(201, json_type, b"{\"n\": 1.0}"), 201, json!({ "n": 1.0 }), json!(null), false),
        (reply(500, None, b"{broken"), 500, json!("{broken"), json!(null), true),
        (reply(200, json_type, b"{broken"), 200, json!("{broken"), json!(null), false),
        (reply(200, Some("image/jpeg"), b"\xff\xd8"), 200, json!("/9g="), json!("base64"), false),
        (reply(204, None, b""), 204, json!(null), json!(null), false),
        (reply(0, None, b""), 0, json!(null), json!(null), true),
        (
            Ok(Reply {
                status: 200,
                body: "ä".as_bytes()[..1].to_vec().into(),
                truncated: true,
                content_type: None,
            }),
            200,
            json!(""),
            json!(null),
            false,
        ),
    ] {
        world.invoker.script(reply);
        let body =
            json!({ "data": { "name": 1 }, "headers": { "x-trace": "7" }, "queryParams": { "page": "2" } });
        let answer = client.post(INVOKE, body).await.expect(200);
        assert!(answer["referenceId"].as_str().unwrap().starts_with("inv_"), "{answer}");
        let shown = (&answer["status"], &answer["data"], &answer["dataEncoding"], &answer["error"]);
        assert_eq!(shown, (&json!(status), &data, &encoding, &json!(error)));
    }
    let call = world.invoker.calls().remove(0);
    assert_eq!(call.caller, format!("app {app}"));
    assert_eq!(call.outgoing.url, "https://user:hidden-word@hidden.example/v1?page=2");
    assert_eq!(call.outgoing.body, r#"{"name":1}"#);
    org.post(INVOKE, json!({ "data": { "name": 1 } })).await.expect(200);
    assert_eq!(world.invoker.calls().last().unwrap().caller, "org org_a");
}

#[tokio::test]
async fn what_does_not_fit_the_registration_is_refused_with_its_place_and_nothing_is_called() {
    let world = World::new();
    let org = world.org();
    let app = org.make_app("acme").await;
    org.put(PATH, registration()).await.expect(201);
    let client = world.app_client("org_a", &app);
    for (body, place) in [
        (json!({}), "body.data"),
        (json!({ "data": {} }), "body.data"),
        (json!({ "data": "no json" }), "body.data"),
        (json!({ "data": { "name": 1 }, "headers": { "X-Other": "1" } }), "body.headers.X-Other"),
        (json!({ "data": { "name": 1 }, "headers": { "X-Hidden-Key": "1" } }), "body.headers.X-Hidden-Key"),
        (
            json!({ "data": { "name": 1 }, "headers": { "X-Trace": "1", "x-trace": "2" } }),
            "body.headers.x-trace",
        ),
        (json!({ "data": { "name": 1 }, "headers": { "X-Trace": "a\nb" } }), "body.headers.X-Trace"),
        (json!({ "data": { "name": 1 }, "queryParams": { "p": "1" } }), "body.queryParams.p"),
        (json!({ "data": { "name": 1 }, "queryParams": { "page": "x".repeat(2_048) } }), "body.queryParams"),
        (json!({ "data": { "name": 1 }, "queryParams": { "page": 1 } }), "body.queryParams.page"),
    ] {
        let answer = client.post(INVOKE, body).await;
        assert!(!answer.text.contains("hidden"), "{}", answer.text);
        answer.expect_invalid_at(place);
    }
    let bytes = json!({ "url": "https://a.example/", "method": "POST", "payload_encoding": "base64" });
    org.put("/app/acme/trigger/bytes", bytes).await.expect(201);
    let refused = client.post("/app/acme/trigger/bytes/invoke", json!({ "data": "no base64!" })).await;
    refused.expect_invalid_at("body.data");
    client.post("/app/acme/trigger/none/invoke", json!({ "data": "" })).await.expect(404);
    assert!(world.invoker.calls().is_empty());
    client.post("/app/acme/trigger/bytes/invoke", json!({ "data": "/9g=" })).await.expect(200);
    assert_eq!(world.invoker.calls()[0].outgoing.body, &b"\xff\xd8"[..]);
}

#[tokio::test]
async fn a_replaced_schema_counts_at_once() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let of = |kind: &str| json!({ "url": "https://a.example/", "method": "POST", "payloadSchema": { "type": kind } });
    for (kind, fits, misfits) in [("string", json!("\"a\""), json!(1)), ("number", json!(1), json!("\"a\""))]
    {
        org.put(PATH, of(kind)).await;
        org.post(INVOKE, json!({ "data": fits })).await.expect(200);
        org.post(INVOKE, json!({ "data": misfits })).await.expect_invalid_at("body.data");
    }
}

#[tokio::test]
async fn too_many_invocations_and_faults_of_the_server_are_told_apart() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    org.put(PATH, json!({ "url": "https://a.example/", "method": "POST" })).await.expect(201);
    world.invoker.script(Err(InvokeError::TooMany));
    let busy = org.post(INVOKE, json!({})).await;
    assert_eq!(busy.header("retry-after"), Some("1"));
    assert_eq!(busy.expect(429)["code"], "too_many_requests");
    world.invoker.script(Err(InvokeError::Failed("hidden reason".to_owned())));
    let failed = org.post(INVOKE, json!({})).await.expect(500);
    assert_eq!(failed["code"], "internal_error");
    assert!(!failed.to_string().contains("hidden"), "{failed}");
}

#[tokio::test]
async fn a_repeated_invocation_is_made_once() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    org.put(PATH, json!({ "url": "https://a.example/", "method": "POST" })).await.expect(201);
    let keyed = org.header("idempotency-key", "k1");
    let first = keyed.post(INVOKE, json!({ "data": 1 })).await.expect(200);
    assert_eq!(keyed.post(INVOKE, json!({ "data": 1 })).await.expect(200), first);
    assert_eq!(keyed.post(INVOKE, json!({ "data": 2 })).await.expect(422)["code"], "idempotency_mismatch");
    assert_eq!(world.invoker.calls().len(), 1);
}

#[tokio::test]
async fn no_route_shows_an_app_token_url_or_credentials() {
    let world = World::new();
    let org = world.org();
    let app = org.make_app("acme").await;
    org.put(PATH, registration()).await.expect(201);
    org.put("/app/acme/trigger/later", json!({ "url": "https://hidden.example/", "method": "GET" }))
        .await
        .expect(201);
    let invoked = org.post(INVOKE, json!({ "data": { "name": 1 } })).await.expect(200);
    let client = world.app_client("org_a", &app);
    let seen = client.get(PATH).await.expect(200);
    let expected = json!({
        "id": "send", "method": "POST", "headers": { "X-Trace": null }, "queryParams": ["page"],
        "payloadEncoding": "json", "payloadSchema": { "type": "object", "required": ["name"] },
    });
    assert_eq!(seen, expected);
    for (id, (method, path)) in operations() {
        let path = path.replace("{app_id}", &app).replace("{trigger_id}", "send");
        let path = path.replace("{reference_id}", invoked["referenceId"].as_str().unwrap());
        for body in [json!({}), json!({ "data": 1, "headers": { "X-Hidden-Key": "" } }), registration()] {
            let body = if method == Method::GET { String::new() } else { body.to_string() };
            let answer = client.send(method.clone(), &path, body).await;
            assert!(!answer.text.to_lowercase().contains("hidden.example"), "{id}: {}", answer.text);
            for secret in ["hidden-key", "hidden-word", "hidden-pem", "hidden-cert"] {
                assert!(!answer.text.contains(secret), "{id}: {}", answer.text);
            }
        }
    }
    client.put(PATH, registration()).await.expect(403);
    client.delete(PATH).await.expect(403);
}

#[tokio::test]
async fn a_hidden_trigger_is_not_there_for_clients() {
    let world = World::new();
    let org = world.org();
    let app = org.make_app("acme").await;
    let of = |hidden: Value| json!({ "url": "https://a.example/", "method": "POST", "hidden": hidden });
    let made = org.put(PATH, of(json!(true))).await.expect(201);
    assert_eq!((&made["hidden"], org.get(PATH).await.expect(200)), (&json!(true), made.clone()));
    org.put("/app/acme/trigger/open", of(json!(null))).await.expect(201);
    let client = world.app_client("org_a", &app);
    client.get(PATH).await.expect(404);
    client.post(INVOKE, json!({})).await.expect(404);
    assert!(world.invoker.calls().is_empty());
    assert_eq!(column(&client.get("/app/acme/trigger").await.expect(200), "id"), ["open"]);
    assert_eq!(column(&org.get("/app/acme/trigger").await.expect(200), "id"), ["open", "send"]);
    org.post(INVOKE, json!({})).await.expect(200);
    org.put(PATH, of(json!("yes"))).await.expect_invalid_at("body.hidden");
    org.put(PATH, of(json!(false))).await.expect(200);
    client.post(INVOKE, json!({})).await.expect(200);
}

#[tokio::test]
async fn a_token_that_may_only_look_may_not_invoke() {
    let world = World::new();
    let org = world.org();
    let app = org.make_app("acme").await;
    org.put(PATH, json!({ "url": "https://a.example/", "method": "POST" })).await.expect(201);
    let grant = |capability| AppGrant { capabilities: Some(vec![capability]), ..AppGrant::default() };
    let looker = world.app_client_with("org_a", &app, grant(Capability::ViewBase));
    looker.get(PATH).await.expect(200);
    looker.post(INVOKE, json!({})).await.expect(403);
    let caller = world.app_client_with("org_a", &app, grant(Capability::CreateAttempts));
    caller.post(INVOKE, json!({})).await.expect(200);
}
