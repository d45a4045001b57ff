//! Templates, filters and schemas that are made to take long, or much memory: each gets an error soon, and others are
//! served meanwhile.

use std::time::{Duration, Instant};

use hookwire_testkit::{Answer, Receiver, Server};
use http::Method;
use serde_json::{Value, json};

use crate::tenant::Tenant;

/// How long the server may work on one request. Without optimisation the same work takes several times as long.
const LIMIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 300 } else { 100 });

/// A clock tick of `/proc`.
const TICK: Duration = Duration::from_millis(10);

/// A tenant, and the server whose work is measured: its processor time, as what else the machine does must not count.
struct Scene {
    server: Server,
    tenant: Tenant,
}

impl Scene {
    async fn new() -> Self {
        let server = Server::start().await;
        let tenant = Tenant::of(&server).await;
        Self { server, tenant }
    }

    /// Processor time of the server so far.
    fn work(&self) -> Duration {
        let stat =
            std::fs::read_to_string(format!("/proc/{}/stat", self.server.pid())).expect("the server runs");
        let (_, after_name) = stat.rsplit_once(')').expect("a name in parentheses");
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks = |field: usize| fields[field].parse::<u32>().expect("a number of ticks");
        TICK * (ticks(11) + ticks(12))
    }

    /// Sends a request, and panics when the server works longer on it than it may.
    async fn within_the_limit(&self, method: Method, path: &str, body: &str, what: &str) -> Answer {
        let before = self.work();
        let answer = self.tenant.api.send(method, path, body.to_owned().into()).await;
        let took = self.work().saturating_sub(before);
        assert!(took <= LIMIT, "{what}: {took:?}");
        answer
    }

    /// Expects a client's error within the limit.
    async fn refused(&self, method: Method, path: &str, body: &str, what: &str) {
        let answer = self.within_the_limit(method, path, body, what).await;
        let status = answer.status.as_u16();
        assert!(status == 422 || status == 413, "{what}: {answer:?}");
    }
}

fn nested(open: &str, inside: &str, close: &str, depth: usize) -> String {
    format!("{}{inside}{}", open.repeat(depth), close.repeat(depth))
}

#[tokio::test]
async fn a_hostile_template_gets_an_error_soon() {
    let scene = Scene::new().await;
    let endpoint = scene.tenant.path("/endpoint");
    for (what, template) in [
        ("megabytes", "x".repeat(2_000_000)),
        ("almost a megabyte", "x".repeat(1_000_000)),
        ("nothing but braces", "{".repeat(65_000)),
        ("sections in sections", "{{#a}}".repeat(10_000)),
        ("sections to the last", nested("{{#a}}", "", "{{/a}}", 4_000)),
        ("closing tags", "{{/a}}".repeat(10_000)),
        ("too many tags", "{{a}}".repeat(13_000)),
        ("delimiters", "{{=<% %>=}}".repeat(5_000)),
        ("dots", format!("{{{{{}}}}}", ".".repeat(65_000))),
        ("a section that never ends, after many lines", format!("{}{{{{#a}}}}", "\n".repeat(65_000))),
    ] {
        let body = json!({ "url": "https://example.com/", "bodyTemplate": template }).to_string();
        scene.refused(Method::POST, &endpoint, &body, what).await;
        let body = json!({ "template": template, "payload": {} }).to_string();
        scene.refused(Method::POST, "/template/render", &body, what).await;
    }
}

#[tokio::test]
async fn a_template_that_makes_too_much_of_its_event_gets_an_error_soon() {
    let scene = Scene::new().await;
    let list = |count: usize| Value::from((0..count).collect::<Vec<_>>());
    for (what, template, payload) in [
        ("output", "{{#l}}0123456789{{/l}}".repeat(100), json!({ "l": list(2_000) })),
        ("the whole event again and again", "{{event}}".repeat(4_000), json!({ "l": list(10_000) })),
        ("lists in lists", nested("{{#l}}", "", "{{/l}}", 5), json!({ "l": vec![vec![1; 30]; 3_000] })),
        (
            "names that are nowhere",
            nested("{{#l}}", &"{{z}}".repeat(500), "{{/l}}", 1),
            json!({ "l": list(20_000) }),
        ),
    ] {
        let body = json!({ "template": template, "payload": payload }).to_string();
        let answer = scene.within_the_limit(Method::POST, "/template/render", &body, what).await;
        assert!(answer.status == 422 || answer.body.len() < 1_100_000, "{what}: {}", answer.status);
    }
}

#[tokio::test]
async fn a_hostile_filter_gets_an_error_soon() {
    let scene = Scene::new().await;
    let endpoint = scene.tenant.path("/endpoint");
    let wide: serde_json::Map<String, Value> = (0..300).map(|n| (format!("k{n}"), json!(n))).collect();
    for (what, filter) in [
        ("megabytes", json!({ "a": "x".repeat(2_000_000) }).to_string()),
        ("almost a megabyte", json!({ "a": "x".repeat(1_000_000) }).to_string()),
        ("objects in objects", nested("{\"a\":", "1", "}", 50_000)),
        ("a little too deep", nested("{\"a\":", "1", "}", 17)),
        ("alternatives in alternatives", nested("{\"$or\":[", "{\"a\":1}", "]}", 40)),
        ("denials of denials", nested("{\"$not\":", "{\"a\":1}", "}", 40)),
        ("too many fields", Value::Object(wide).to_string()),
        ("too many values", json!({ "a": (0..5_000).collect::<Vec<_>>() }).to_string()),
        ("a number without end", format!("{{\"a\":1{}}}", "0".repeat(30_000))),
        ("an exponent without end", "{\"a\":1e99999999999999999999}".to_owned()),
        ("a name twice", "{\"a\":1,\"a\":2}".to_owned()),
    ] {
        let body = format!("{{\"url\":\"https://example.com/\",\"filter\":{filter}}}");
        scene.refused(Method::POST, &endpoint, &body, what).await;
        let body = format!("{{\"filter\":{filter},\"payload\":{{}}}}");
        scene.refused(Method::POST, "/filter/test", &body, what).await;
    }
}

#[tokio::test]
async fn a_hostile_schema_gets_an_error_soon() {
    let scene = Scene::new().await;
    let path = scene.tenant.path("/trigger/t");
    let doubling: serde_json::Map<String, Value> = (1..40)
        .map(|n| {
            let below = json!({ "$ref": format!("#/definitions/d{}", n - 1) });
            (format!("d{n}"), json!({ "allOf": [below, below] }))
        })
        .chain([("d0".to_owned(), json!(true))])
        .collect();
    for (what, schema) in [
        ("megabytes", json!({ "title": "x".repeat(2_000_000) }).to_string()),
        ("almost a megabyte", json!({ "title": "x".repeat(1_000_000) }).to_string()),
        ("schemas in schemas", nested("{\"not\":", "true", "}", 10_000)),
        (
            "what doubles forty times",
            json!({ "definitions": doubling, "$ref": "#/definitions/d39" }).to_string(),
        ),
        ("what holds itself", json!({ "properties": { "a": { "$ref": "#" } } }).to_string()),
        (
            "a pattern of a hundred million states",
            json!({ "pattern": "(((a{100}){100}){100}){100}" }).to_string(),
        ),
        ("a pattern that looks back", json!({ "pattern": "(a+)+\\1" }).to_string()),
        ("a pattern that looks ahead", json!({ "pattern": "(?=(a+)+$)a" }).to_string()),
        ("a schema elsewhere", json!({ "$ref": "https://example.com/schema" }).to_string()),
    ] {
        let body = format!(r#"{{"url":"https://example.com/","method":"POST","payloadSchema":{schema}}}"#);
        scene.refused(Method::PUT, &path, &body, what).await;
        scene.tenant.api.get(&path).await.expect(404);
    }
}

#[tokio::test]
async fn data_that_is_hostile_to_a_schema_gets_an_error_soon() {
    let scene = Scene::new().await;
    let path = scene.tenant.path("/trigger/t");
    let constants: Vec<Value> = (0..1_400).map(|n| json!({ "const": n })).collect();
    for (what, schema, data) in [
        ("repeats in repeats", json!({ "pattern": "^(a+)+$" }), json!("a".repeat(200_000) + "b")),
        ("alternatives that are equal", json!({ "pattern": "^(a|a)*$" }), json!("a".repeat(200_000) + "b")),
        ("many values for many schemas", json!({ "items": { "anyOf": constants } }), json!(vec![-1; 13_000])),
        ("nothing that is contained", json!({ "contains": { "const": -1 } }), json!(vec![1; 100_000])),
    ] {
        let registration =
            json!({ "url": "https://example.com/", "method": "POST", "payloadSchema": schema });
        scene.tenant.api.put(&path, registration).await;
        let body = json!({ "data": data.to_string() }).to_string();
        scene.refused(Method::POST, &format!("{path}/invoke"), &body, what).await;
    }
}

#[tokio::test]
async fn others_are_served_while_one_asks_for_the_worst() {
    let server = Server::start().await;
    let (attacker, tenant) = (Tenant::of(&server).await, Tenant::of(&server).await);
    let receiver = Receiver::start().await;
    tenant.endpoint(&receiver.url("/hook")).await;
    let list: Vec<u32> = (0..20_000).collect();
    let template = format!("{{{{#l}}}}{}{{{{/l}}}}", "{{z}}".repeat(500));
    let body = json!({ "template": template, "payload": { "l": list } }).to_string();
    let mut attacks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (api, body) = (attacker.api.on_own_connection(), body.clone());
        attacks.spawn(async move {
            loop {
                api.send(Method::POST, "/template/render", body.clone().into()).await.expect(422);
            }
        });
    }
    let mut took = Vec::new();
    for n in 0..50 {
        let began = Instant::now();
        tenant.send(json!({ "n": n })).await;
        took.push(began.elapsed());
    }
    receiver.wait_for("/hook", 50).await;
    attacks.abort_all();
    took.sort_unstable();
    assert!(took[25] < Duration::from_secs(1), "half of the messages took longer than {:?}", took[25]);
}
