//! Bodies that are too long, too deep, not JSON, of the wrong type, or say more than we understand.

use axum::body::Body;
use http::Method;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let body = |bytes: usize| format!(r#"{{"eventType":"a","payload":{{"x":"{}"}}}}"#, "y".repeat(bytes));
    for path in ["/app/acme/msg", "/app"] {
        let refused = org.send(Method::POST, path, body(1024 * 1024)).await.expect(413);
        assert_eq!(refused["code"], "payload_too_large", "{path}");
    }
    org.send(Method::POST, "/app/acme/msg", body(1024 * 1024 - 64)).await.expect(202);
}

#[tokio::test]
async fn a_body_that_is_too_deep_is_refused() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        format!(r#"{{"eventType":"a","payload":{{"x":{open}{close}}}}}"#)
    };
    org.send(Method::POST, "/app/acme/msg", nested(94)).await.expect(202);
    for levels in [95, 100_000] {
        org.send(Method::POST, "/app/acme/msg", nested(levels)).await.expect_invalid_at("body");
        org.send(Method::POST, "/app", nested(levels)).await.expect_invalid_at("body");
    }
    org.send(Method::POST, "/app", "[".repeat(100_000)).await.expect_invalid_at("body");
}

#[tokio::test]
async fn what_is_not_json_is_refused() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let message = |payload: &[u8]| [br#"{"eventType":"a","payload":"#, payload, b"}"].concat();
    for payload in [
        b"{\"x\":NaN}".as_slice(),
        b"{\"x\":\"\xff\"}",
        b"{x:1}",
        b"{\"x\":01}",
        b"{\"x\":1,}",
        b"{\"x\":\"\t\"}",
        b"{'x':1}",
        b"{\"x\":1}}",
        b"{\"x\":1",
        b"",
    ] {
        let answer = org.send(Method::POST, "/app/acme/msg", message(payload)).await;
        let shown = String::from_utf8_lossy(payload).into_owned();
        assert_eq!(answer.status, 422, "{shown}: {}", answer.text);
        assert_eq!(answer.json()["detail"][0]["type"], "value_error.jsondecode", "{shown}");
    }
    for body in ["", "null", "[]", "\u{feff}{}", "1", "\"a\"", "{} {}"] {
        for path in ["/app/acme/msg", "/app"] {
            org.send(Method::POST, path, body).await.expect_invalid_at("body");
        }
    }
}

#[tokio::test]
async fn wrong_types_are_located_by_the_names_of_the_wire() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    for (body, place) in [
        (json!({ "url": 1 }), "body.url"),
        (json!({ "url": "https://example.com/", "eventTypes": ["a", 1] }), "body.eventTypes.[1]"),
        (json!({ "url": "https://example.com/", "metadata": { "a": 1 } }), "body.metadata.a"),
        (json!({ "url": "https://example.com/", "throttleRate": -1 }), "body.throttleRate"),
        (json!({ "url": "https://example.com/", "disabled": "yes" }), "body.disabled"),
    ] {
        let answer = org.post("/app/acme/endpoint", body).await;
        assert_eq!(answer.json()["detail"][0]["type"], "value_error.jsondecode");
        answer.expect_invalid_at(place);
    }
    let message = json!({ "eventType": "a", "payload": {}, "application": { "name": 1 } });
    org.post("/app/acme/msg", message).await.expect_invalid_at("body.application.name");
}

#[tokio::test]
async fn unknown_fields_have_no_effect_and_are_named() {
    let world = World::new();
    let org = world.org();
    let answer = org.post("/app", json!({ "name": "a", "uid": "acme", "throtleRate": 1, "x,y\n": 2 })).await;
    assert_eq!(answer.header("hookwire-ignored-fields"), Some("throtleRate, x?y?"));
    answer.expect(201);
    assert_eq!(org.get("/app/acme").await.header("hookwire-ignored-fields"), None);
    let message = json!({ "eventType": "a", "payload": { "unknown": 1 }, "eventID": "x" });
    let answer = org.post("/app/acme/msg", message).await;
    assert_eq!(answer.header("hookwire-ignored-fields"), Some("eventID"));
    answer.expect(202);
    let answer = org.patch("/app/acme", json!({ "nmae": "b" })).await;
    assert_eq!(answer.header("hookwire-ignored-fields"), Some("nmae"));
}

#[tokio::test]
async fn unknown_query_parameters_have_no_effect_and_are_named() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let endpoint = org.make_endpoint("acme", "main").await;
    let ignored = async |path: &str| {
        let answer = org.get(path).await;
        answer.header("hookwire-ignored-parameters").map(str::to_owned)
    };
    assert_eq!(ignored("/app?limt=5&order=ascending&x[0]=1&x[1]=2&a,b=1").await.unwrap(), "a?b, limt, x");
    assert_eq!(ignored("/app/acme/msg?event_types[]=a&event_types[0]=b&tag=t").await, None);
    assert_eq!(ignored("/app/acme?limit=5").await.unwrap(), "limit", "that one has no list");
    assert_eq!(ignored("/app/none?wiht_content=true").await.unwrap(), "wiht_content");
    let message = json!({ "eventType": "a", "payload": {} });
    let answer = org.post("/app/acme/msg?with_content=false&wait=true", message).await;
    assert_eq!(answer.header("hookwire-ignored-parameters"), Some("wait"));

    // What the official clients send is known.
    let (page, filter) = ("limit=5&iterator=", "channel=c&tag=t&event_types=a&before=2026-09-21T00:00:00Z");
    let content = "with_content=false&expanded_statuses=true";
    for path in [
        format!("/app?{page}&order=ascending&exclude_apps_with_no_endpoints=false"),
        format!("/app/acme/endpoint?{page}&order=descending"),
        format!("/event-type?{page}&order=ascending&include_archived=true&with_content=true"),
        format!("/background-task?{page}&order=ascending&status=running&task=endpoint.recover"),
        format!("/app/acme/msg?{page}&{filter}&with_content=false"),
        format!("/app/acme/endpoint/main/msg?{page}&{filter}&{content}&status=0"),
        format!("/app/acme/attempt/endpoint/main?{page}&{filter}&{content}&status=0&with_msg=true"),
        format!(
            "/app/acme/attempt/msg/m?{page}&{filter}&{content}&status_code_class=200&endpoint_id={endpoint}"
        ),
        format!("/app/acme/msg/m/attempt?{page}&{filter}&{content}"),
        format!("/app/acme/msg/m/endpoint/main/attempt?{page}&{filter}&{content}"),
        "/app/acme/msg/m/attempt/atmpt_x?expanded_statuses=true".to_owned(),
        "/app/acme/endpoint/main/stats?since=2026-09-20T00:00:00Z&until=2026-09-21T00:00:00Z".to_owned(),
    ] {
        assert_eq!(ignored(&path).await, None, "{path}");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_answered_in_json() {
    let world = World::new();
    let org = world.org();
    for path in ["/none", "/app/a/b/c/d/e/f", ".//", "./api/v2/app", "/app/a/msg/b/none"] {
        assert_eq!(org.get(path).await.expect(404)["code"], "not_found", "{path}");
    }
    for (method, path) in [(Method::DELETE, "/app"), (Method::POST, "/health"), (Method::PUT, "/app/a/msg/")]
    {
        let answer = org.send(method, path, Body::empty()).await;
        assert!(answer.header("allow").is_some_and(|methods| methods.contains("GET")), "{path}");
        assert_eq!(answer.expect(405)["code"], "method_not_allowed");
    }
}

#[tokio::test]
async fn strange_ids_in_paths_find_nothing() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    for id in ["%00", "%27%20OR%201=1--", "..%2f..", "app_", "app_0", "a%20b", "%C3%A9", &"x".repeat(5_000)] {
        org.get(&format!("/app/{id}")).await.expect(404);
        org.get(&format!("/app/acme/msg/{id}")).await.expect(404);
        org.get(&format!("/app/acme/endpoint/{id}")).await.expect(404);
        org.get(&format!("/event-type/{id}")).await.expect(404);
    }
    org.get("/app/%ff").await.expect(404);
}
