//! What an endpoint sets of how its requests look and its deliveries go.

use serde_json::{Value, json};

use crate::world::{Answer, Client, World, id_of};

const PATH: &str = "/app/acme/endpoint/main";

const NAMES: [&str; 12] = [
    "name",
    "method",
    "contentType",
    "bodyTemplate",
    "retryPolicy",
    "successCodes",
    "timeout",
    "tls",
    "filter",
    "logLimit",
    "order",
    "signing",
];

/// Every rule, none as it is unless it is set, in the form in which it is shown.
fn rules() -> Value {
    json!({
        "name": "Orders", "method": "PUT", "contentType": "text/plain", "bodyTemplate": "{{event.type}}",
        "retryPolicy": { "delays": ["5s", "5m"], "jitter": 0.1, "retryOn": ["network", "5xx", "429"] },
        "successCodes": ["2xx", "304"], "timeout": "1500ms", "tls": {
            "caPem": "-----BEGIN", "clientCertPem": null, "clientKeyPem": null
        },
        "filter": { "z": 1, "a": { "$in": [1, 2] } }, "logLimit": 7, "order": "fifo", "signing": "none",
    })
}

fn with_url(mut fields: Value) -> Value {
    fields["url"] = json!("https://example.com/hook");
    fields["uid"] = json!("main");
    fields
}

#[track_caller]
fn shown(endpoint: &Value) -> Value {
    let pick = |name: &&str| ((*name).to_owned(), endpoint[*name].clone());
    Value::Object(NAMES.iter().map(pick).collect())
}

/// As it is when nothing is set.
fn usual() -> Value {
    let mut usual: Value = NAMES.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    (usual["name"], usual["method"], usual["order"]) = (json!(""), json!("POST"), json!("none"));
    usual
}

fn all_null() -> Value {
    NAMES.iter().map(|name| ((*name).to_owned(), Value::Null)).collect()
}

async fn with_app(world: &World) -> Client<'_> {
    let org = world.org();
    org.make_app("acme").await;
    org
}

#[tokio::test]
async fn rules_are_shown_as_they_were_given() {
    let world = World::new();
    let org = with_app(&world).await;
    let made = org.post("/app/acme/endpoint", with_url(rules())).await;
    assert_eq!(made.header("hookwire-ignored-fields"), None);
    let made = made.expect(201);
    assert_eq!(shown(&made), rules());
    assert_eq!(org.get(PATH).await.expect(200), made);
    assert_eq!(org.get("/app/acme/endpoint").await.expect(200)["data"], json!([made]));
    let text = org.get(PATH).await.text;
    assert!(text.contains(r#""filter":{"a":{"$in":[1,2]},"z":1}"#), "byte for byte: {text}");
    let own = world.app_client("org_a", &id_of(&org.get("/app/acme").await.expect(200)));
    own.patch(PATH, json!({ "logLimit": 8 })).await.expect(200);
}

#[tokio::test]
async fn nothing_is_set_unless_it_is_given() {
    let world = World::new();
    let org = with_app(&world).await;
    for body in [json!({}), all_null()] {
        let made = org.post("/app/acme/endpoint", with_url(body)).await.expect(201);
        assert_eq!(shown(&made), usual());
        org.delete(PATH).await.expect(204);
    }
}

#[tokio::test]
async fn what_is_absent_stays_and_null_goes_back() {
    let world = World::new();
    let org = with_app(&world).await;
    for by_put in [true, false] {
        let change = async |fields: Value| -> Answer {
            if by_put { org.put(PATH, with_url(fields)).await } else { org.patch(PATH, fields).await }
        };
        org.put(PATH, with_url(rules())).await;
        assert_eq!(shown(&change(json!({ "description": "d" })).await.expect(200)), rules(), "{by_put}");
        for name in NAMES {
            let mut expected = rules();
            expected[name] = usual()[name].clone();
            assert_eq!(shown(&change(json!({ name: null })).await.expect(200)), expected, "{name} {by_put}");
            assert_eq!(
                shown(&change(json!({ name: rules()[name] })).await.expect(200)),
                rules(),
                "{name} {by_put}"
            );
        }
        let answer = change(all_null()).await;
        assert_eq!(answer.header("hookwire-ignored-fields"), None);
        assert_eq!(shown(&answer.expect(200)), usual(), "{by_put}");
    }
}

#[tokio::test]
async fn codes_may_be_numbers_and_jitter_may_be_left_out() {
    let world = World::new();
    let org = with_app(&world).await;
    let body = json!({ "successCodes": [200, "3xx"], "retryPolicy": { "delays": [], "retryOn": [429] } });
    let made = org.put(PATH, with_url(body)).await.expect(201);
    assert_eq!(made["successCodes"], json!(["200", "3xx"]));
    assert_eq!(made["retryPolicy"], json!({ "delays": [], "jitter": 0.2, "retryOn": ["429"] }));
    let everything = org.patch(PATH, json!({ "retryPolicy": { "delays": ["1s"] } })).await.expect(200);
    assert_eq!(everything["retryPolicy"]["retryOn"], json!(null));
}

#[tokio::test]
async fn every_fault_of_the_rules_is_named() {
    let world = World::new();
    let org = with_app(&world).await;
    org.put(PATH, with_url(rules())).await.expect(201);
    let many = |one: &str, count: usize| json!(vec![one; count]);
    for (field, value, place) in [
        ("name", json!("x".repeat(257)), "body.name"),
        ("method", json!("post"), "body.method"),
        ("method", json!("HEAD"), "body.method"),
        ("contentType", json!("json"), "body.contentType"),
        ("contentType", json!("text/plain\r\nx: y"), "body.contentType"),
        ("contentType", json!(format!("text/{}", "x".repeat(257))), "body.contentType"),
        ("bodyTemplate", json!("{{#a}}"), "body.bodyTemplate"),
        ("bodyTemplate", json!("x".repeat(65_537)), "body.bodyTemplate"),
        ("retryPolicy", json!({ "delays": many("1s", 31) }), "body.retryPolicy.delays"),
        ("retryPolicy", json!({ "delays": ["1s", "5"] }), "body.retryPolicy.delays.[1]"),
        ("retryPolicy", json!({ "delays": ["169h"] }), "body.retryPolicy.delays.[0]"),
        ("retryPolicy", json!({ "delays": [5] }), "body.retryPolicy.delays.[0]"),
        ("retryPolicy", json!({ "delays": [], "jitter": 1.1 }), "body.retryPolicy.jitter"),
        ("retryPolicy", json!({ "delays": [], "jitter": -0.1 }), "body.retryPolicy.jitter"),
        ("retryPolicy", json!({ "delays": [], "retryOn": ["dns"] }), "body.retryPolicy.retryOn"),
        ("retryPolicy", json!({ "delays": [], "retryOn": many("429", 33) }), "body.retryPolicy.retryOn"),
        ("retryPolicy", json!({ "delays": [], "retryon": [] }), "body.retryPolicy.retryon"),
        ("retryPolicy", json!({ "jitter": 0 }), "body.retryPolicy"),
        ("successCodes", json!([]), "body.successCodes"),
        ("successCodes", json!(["2yy"]), "body.successCodes"),
        ("successCodes", json!([700]), "body.successCodes"),
        ("successCodes", json!([true]), "body.successCodes.[0]"),
        ("successCodes", many("200", 33), "body.successCodes"),
        ("timeout", json!("soon"), "body.timeout"),
        ("timeout", json!("0s"), "body.timeout"),
        ("timeout", json!("999us"), "body.timeout"),
        ("timeout", json!("60001ms"), "body.timeout"),
        ("filter", json!({ "price": { "$gtt": 1 } }), "body.filter.price.$gtt"),
        ("filter", json!({ "$or": [{ "a": 1 }, { "a": [] }] }), "body.filter.$or.[1].a"),
        ("filter", json!(1), "body.filter"),
        ("logLimit", json!(0), "body.logLimit"),
        ("logLimit", json!(100_001), "body.logLimit"),
        ("logLimit", json!(-1), "body.logLimit"),
        ("order", json!("lifo"), "body.order"),
        ("signing", json!("rot13"), "body.signing"),
    ] {
        let body = json!({ field: value });
        org.patch(PATH, body.clone()).await.expect_invalid_at(place);
        org.put(PATH, with_url(body.clone())).await.expect_invalid_at(place);
        org.post("/app/acme/endpoint", with_url(body)).await.expect_invalid_at(place);
    }
    let two = org.patch(PATH, json!({ "order": "lifo", "logLimit": 0 })).await.expect_invalid();
    assert_eq!(two.len(), 2, "{two:?}");
    assert_eq!(shown(&org.get(PATH).await.expect(200)), rules(), "a refused request changes nothing");
}

#[tokio::test]
async fn bounds_are_allowed() {
    let world = World::new();
    let org = with_app(&world).await;
    for fields in [
        json!({ "timeout": "1ms" }),
        json!({ "timeout": "60s" }),
        json!({ "logLimit": 1 }),
        json!({ "logLimit": 100_000 }),
        json!({ "retryPolicy": { "delays": vec!["168h"; 30], "jitter": 1 } }),
        json!({ "name": "x".repeat(256) }),
        json!({ "filter": {} }),
        json!({ "bodyTemplate": "" }),
    ] {
        let answer = org.put(PATH, with_url(fields.clone())).await;
        assert!(answer.status.is_success(), "{fields}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_mistake_in_a_template_is_told_with_line_and_column() {
    let world = World::new();
    let org = with_app(&world).await;
    let body = with_url(json!({ "bodyTemplate": "{\n  \"a\": {{x}\n}" }));
    let issues = org.post("/app/acme/endpoint", body).await.expect_invalid();
    let reason = r#"line 2, column 8: this tag is not closed: "}}" is missing"#;
    assert_eq!(issues, [("body.bodyTemplate".to_owned(), reason.to_owned())]);
}

#[tokio::test]
async fn a_profile_with_https_only_refuses_other_urls() {
    let world = World::new();
    let org = with_app(&world).await;
    let (http, https) = (json!({ "url": "http://example.com/" }), json!({ "url": "https://example.com/" }));
    org.put(PATH, http.clone()).await.expect(201);
    org.put("/profile", json!({ "name": "flotiq" })).await.expect(200);
    org.post("/app/acme/endpoint", http.clone()).await.expect_invalid_at("body.url");
    org.put("/app/acme/endpoint/other", http.clone()).await.expect_invalid_at("body.url");
    let id = org.post("/app/acme/endpoint", https).await.expect(201)["id"].as_str().unwrap().to_owned();
    org.put(&format!("/app/acme/endpoint/{id}"), http.clone()).await.expect_invalid_at("body.url");
    org.patch(&format!("/app/acme/endpoint/{id}"), http.clone()).await.expect_invalid_at("body.url");
    org.patch(&format!("/app/acme/endpoint/{id}"), json!({ "name": "n" })).await.expect(200);
    org.post("/operational-webhook/endpoint", http.clone()).await.expect(201);
    org.put("/profile", json!({ "name": "standard" })).await.expect(200);
    org.patch(&format!("/app/acme/endpoint/{id}"), http).await.expect(200);
}

#[tokio::test]
async fn endpoints_for_notices_have_rules_too() {
    let world = World::new();
    let org = world.org();
    let made = org.post("/operational-webhook/endpoint", with_url(rules())).await.expect(201);
    assert_eq!(shown(&made), rules());
    let wrong = json!({ "url": "https://example.com/", "order": "lifo" });
    org.post("/operational-webhook/endpoint", wrong).await.expect_invalid_at("body.order");
}
