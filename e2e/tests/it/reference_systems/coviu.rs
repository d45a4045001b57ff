//! Coviu: webhooks that a plugin invokes synchronously, without seeing URL or credentials.

use hookwire_testkit::{Api, Receiver, Reply, Server, free_port};
use serde_json::{Value, json};

use crate::tenant::{Tenant, list, text};

/// A server, an application, a receiver, and a client that has the application's own token only.
struct Plugin {
    tenant: Tenant,
    client: Api,
    receiver: Receiver,
    _server: Server,
}

impl Plugin {
    async fn new() -> Self {
        let server = Server::start().await;
        let tenant = Tenant::of(&server).await;
        let access = tenant.api.post(&format!("/auth/app-portal-access/{}", tenant.app), json!({})).await;
        let client = tenant.api.with_token(&text(&access.expect(200), "token"));
        Self { tenant, client, receiver: Receiver::start().await, _server: server }
    }

    /// Registers a webhook as the service desk does.
    async fn register(&self, id: &str, registration: Value) {
        let path = self.tenant.path(&format!("/trigger/{id}"));
        let answer = self.tenant.api.put(&path, registration).await;
        assert!(answer.status == 200 || answer.status == 201, "{answer:?}");
    }

    /// Invokes it as the plugin does; answers status and body.
    async fn trigger(&self, id: &str, body: Value) -> (u16, Value) {
        let answer = self.client.post(&self.tenant.path(&format!("/trigger/{id}/invoke")), body).await;
        (answer.status.as_u16(), answer.json())
    }

    async fn records(&self, api: &Api) -> Vec<Value> {
        list(&api.get(&self.tenant.path("/invocation")).await.expect(200))
    }
}

#[tokio::test]
async fn a_registered_webhook_is_invoked_with_data_headers_and_query_parameters() {
    let plugin = Plugin::new().await;
    plugin
        .receiver
        .script("/api", [Reply::ok().header("content-type", "application/json").body(r#"{"n":7}"#)]);
    let registration = json!({
        "url": plugin.receiver.url("/api"), "method": "POST",
        "headers": { "X-Trace": null }, "queryParams": ["pageNum"]
    });
    plugin.register("send", registration).await;
    let body = json!({ "data": { "key": "value" }, "headers": { "X-Trace": "7" }, "queryParams": { "pageNum": "3" } });
    let (status, answer) = plugin.trigger("send", body).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer["referenceId"].is_string(), "{answer}");
    assert_eq!(
        (&answer["status"], &answer["data"], &answer["error"]),
        (&json!(200), &json!({ "n": 7 }), &json!(false))
    );
    let request = plugin.receiver.requests_to("/api").remove(0);
    assert_eq!((request.method.as_str(), request.query.as_str()), ("POST", "pageNum=3"));
    assert_eq!((request.header("x-trace"), request.text()), ("7", r#"{"key":"value"}"#));
}

#[tokio::test]
async fn the_documents_registration_of_a_get_with_a_query_parameter_works() {
    let plugin = Plugin::new().await;
    let registration = json!({
        "id": "get-randomapi", "url": plugin.receiver.url("/api/v1/randomApi"), "method": "GET",
        "headers": {}, "queryParams": ["pageNum"]
    });
    plugin.register("get-randomapi", registration).await;
    let (status, _) = plugin.trigger("get-randomapi", json!({ "queryParams": { "pageNum": "1" } })).await;
    let request = plugin.receiver.requests_to("/api/v1/randomApi").remove(0);
    assert_eq!((status, request.method.as_str(), request.query.as_str()), (200, "GET", "pageNum=1"));
}

#[tokio::test]
async fn binary_data_is_sent_decoded() {
    let plugin = Plugin::new().await;
    let registration = json!({
        "url": plugin.receiver.url("/post"), "method": "POST",
        "headers": { "Content-Type": "image/jpeg" }, "payloadEncoding": "base64"
    });
    plugin.register("send-jpeg", registration).await;
    let (status, _) = plugin.trigger("send-jpeg", json!({ "data": "/9j/4A==" })).await;
    let request = plugin.receiver.requests_to("/post").remove(0);
    assert_eq!((status, request.header("content-type")), (200, "image/jpeg"));
    assert_eq!(request.body, vec![0xff, 0xd8, 0xff, 0xe0]);
}

#[tokio::test]
async fn id_url_and_method_are_required() {
    let plugin = Plugin::new().await;
    let path = plugin.tenant.path("/trigger/t");
    plugin.tenant.api.put(&path, json!({ "method": "GET" })).await.expect(422);
    plugin.tenant.api.put(&path, json!({ "url": plugin.receiver.url("/") })).await.expect(422);
    plugin.tenant.api.get(&path).await.expect(404);
}

#[tokio::test]
async fn it_fails_when_nothing_is_registered_under_the_id() {
    let plugin = Plugin::new().await;
    assert_eq!(plugin.trigger("nothing", json!({ "data": {} })).await.0, 404);
}

#[tokio::test]
async fn it_fails_when_data_headers_or_parameters_do_not_fit_the_registration() {
    let plugin = Plugin::new().await;
    let schema = json!({ "type": "object", "required": ["name"] });
    let registration = json!({
        "url": plugin.receiver.url("/api"), "method": "POST", "queryParams": ["pageNum"],
        "headers": { "Authorization": "Bearer hidden", "X-Trace": null }, "payloadSchema": schema
    });
    plugin.register("send", registration).await;
    for misfit in [
        json!({ "data": {} }),
        json!({ "data": { "name": 1 }, "headers": { "X-Other": "1" } }),
        json!({ "data": { "name": 1 }, "headers": { "Authorization": "mine" } }),
        json!({ "data": { "name": 1 }, "queryParams": { "page": "1" } }),
    ] {
        let (status, answer) = plugin.trigger("send", misfit.clone()).await;
        assert_eq!(status, 422, "{misfit}: {answer}");
        assert!(!answer.to_string().contains("hidden"), "{answer}");
    }
    plugin
        .register(
            "bytes",
            json!({ "url": plugin.receiver.url("/b"), "method": "POST", "payloadEncoding": "base64" }),
        )
        .await;
    assert_eq!(plugin.trigger("bytes", json!({ "data": "no base64!" })).await.0, 422);
    assert!(plugin.receiver.requests().is_empty());
}

#[tokio::test]
async fn it_succeeds_when_the_endpoint_returns_a_failure() {
    let plugin = Plugin::new().await;
    plugin.receiver.script("/api", [Reply::status(500).body("broken")]);
    plugin.register("send", json!({ "url": plugin.receiver.url("/api"), "method": "POST" })).await;
    let (status, answer) = plugin.trigger("send", json!({ "data": {} })).await;
    assert_eq!((status, &answer["status"], &answer["error"]), (200, &json!(500), &json!(true)));
    assert_eq!(answer["data"], "broken");
}

#[tokio::test]
async fn it_succeeds_when_the_endpoint_cannot_be_contacted() {
    let plugin = Plugin::new().await;
    let url = format!("http://127.0.0.1:{}/api", free_port());
    plugin.register("send", json!({ "url": url, "method": "POST" })).await;
    let (status, answer) = plugin.trigger("send", json!({ "data": {} })).await;
    assert_eq!((status, &answer["status"], &answer["error"]), (200, &json!(0), &json!(true)));
    assert!(answer["referenceId"].is_string(), "{answer}");
}

#[tokio::test]
async fn every_invocation_leaves_a_record_under_its_reference_id() {
    let plugin = Plugin::new().await;
    plugin.receiver.script("/api", [Reply::ok(), Reply::status(404)]);
    plugin.register("send", json!({ "url": plugin.receiver.url("/api"), "method": "POST" })).await;
    plugin
        .register("away", json!({ "url": format!("http://127.0.0.1:{}/", free_port()), "method": "POST" }))
        .await;
    let mut references = Vec::new();
    for id in ["send", "send", "away"] {
        references.push(text(&plugin.trigger(id, json!({ "data": {} })).await.1, "referenceId"));
    }
    let statuses: Vec<Value> =
        plugin.records(&plugin.tenant.api).await.iter().map(|one| one["status"].clone()).collect();
    assert_eq!(statuses, [json!(0), json!(404), json!(200)]);
    for reference in references {
        let path = plugin.tenant.path(&format!("/invocation/{reference}"));
        let record = plugin.client.get(&path).await.expect(200);
        assert_eq!(text(&record, "referenceId"), reference);
        assert!(record["timestamp"].is_string() && record["durationMs"].is_number(), "{record}");
    }
}

#[tokio::test]
async fn url_and_credentials_are_sent_but_no_route_shows_them_to_the_client() {
    let plugin = Plugin::new().await;
    let url = plugin.receiver.url("/hidden-path");
    let registration = json!({
        "url": url, "method": "POST", "headers": { "X-Api-Key": "hidden-key", "X-Trace": null }
    });
    plugin.register("send", registration).await;
    let (_, answer) = plugin.trigger("send", json!({ "data": {} })).await;
    assert_eq!(plugin.receiver.requests_to("/hidden-path")[0].header("x-api-key"), "hidden-key");
    let reference = text(&answer, "referenceId");
    let paths = [
        "/trigger".to_owned(),
        "/trigger/send".to_owned(),
        "/invocation".to_owned(),
        format!("/invocation/{reference}"),
        "/endpoint".to_owned(),
        "/msg".to_owned(),
        String::new(),
    ];
    for path in paths {
        let shown = plugin.client.get(&plugin.tenant.path(&path)).await;
        let body = String::from_utf8_lossy(&shown.body).into_owned();
        let leak = ["hidden", "X-Api-Key", "127.0.0.1"].into_iter().find(|secret| body.contains(secret));
        assert_eq!(leak, None, "{path}: {body}");
    }
    let put =
        plugin.client.put(&plugin.tenant.path("/trigger/send"), json!({ "url": url, "method": "GET" })).await;
    put.expect(403);
    plugin.client.delete(&plugin.tenant.path("/trigger/send")).await.expect(403);
    let seen = plugin.client.get(&plugin.tenant.path("/trigger/send")).await.expect(200);
    assert_eq!((text(&seen, "id"), text(&seen, "method")), ("send".to_owned(), "POST".to_owned()));
}

#[tokio::test]
async fn webhooks_can_be_chained_and_the_client_learns_of_the_first_and_the_result_only() {
    let plugin = Plugin::new().await;
    let json_answer = |body: &'static str| Reply::ok().header("content-type", "application/json").body(body);
    plugin.receiver.script("/first", [json_answer(r#"{"customer":42}"#)]);
    plugin.receiver.script("/second", [json_answer(r#"{"invoice":"paid"}"#)]);
    plugin.register("second", json!({ "url": plugin.receiver.url("/second"), "method": "POST" })).await;
    let template = r#"{"of":{{response.body.customer}}}"#;
    let registration = json!({
        "url": plugin.receiver.url("/first"), "method": "POST",
        "next": [{ "trigger": "second", "on": "success", "dataTemplate": template }]
    });
    plugin.register("first", registration).await;
    let (_, answer) = plugin.trigger("first", json!({ "data": {} })).await;
    assert_eq!(answer["data"], json!({ "invoice": "paid" }), "{answer}");
    assert_eq!(plugin.receiver.requests_to("/second")[0].text(), r#"{"of":42}"#);
    let seen = plugin.records(&plugin.client).await;
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert_eq!(seen[0]["referenceId"], answer["referenceId"]);
    assert_eq!(plugin.records(&plugin.tenant.api).await.len(), 2);
}

#[tokio::test]
async fn a_webhook_of_a_chain_can_be_hidden_from_the_client_altogether() {
    let plugin = Plugin::new().await;
    plugin.receiver.script("/token", [Reply::ok().body(r#"{"token":"t-1"}"#)]);
    plugin.receiver.script("/call", [Reply::ok().body("called")]);
    let call = json!({
        "url": plugin.receiver.url("/call"), "method": "POST", "hidden": true,
        "payloadSchema": { "type": "object", "required": ["token"] }
    });
    plugin.register("call", call).await;
    let template = r#"{"token":"{{response.body.token}}"}"#;
    let token = json!({
        "url": plugin.receiver.url("/token"), "method": "POST", "next": [
            { "trigger": "call", "on": "success", "dataTemplate": template }
        ]
    });
    plugin.register("start", token).await;
    let (status, answer) = plugin.trigger("start", json!({ "data": {} })).await;
    assert_eq!((status, &answer["data"]), (200, &json!("called")), "{answer}");
    assert_eq!(plugin.receiver.requests_to("/call")[0].text(), r#"{"token":"t-1"}"#);

    assert_eq!(plugin.trigger("call", json!({ "data": { "token": "mine" } })).await.0, 404);
    plugin.client.get(&plugin.tenant.path("/trigger/call")).await.expect(404);
    let ids = |answer: Value| list(&answer).iter().map(|one| text(one, "id")).collect::<Vec<_>>();
    let path = plugin.tenant.path("/trigger");
    assert_eq!(ids(plugin.client.get(&path).await.expect(200)), ["start"]);
    assert_eq!(ids(plugin.tenant.api.get(&path).await.expect(200)), ["call", "start"]);
    assert_eq!(plugin.receiver.requests_to("/call").len(), 1);
    let seen = plugin.records(&plugin.client).await;
    assert!(seen.iter().all(|record| record["trigger"] == "start"), "{seen:#?}");
}

#[tokio::test]
async fn a_step_whose_data_does_not_fit_its_schema_is_recorded_as_failed_and_not_made() {
    let plugin = Plugin::new().await;
    let schema = json!({ "type": "object", "required": ["customer"] });
    let strict = json!({ "url": plugin.receiver.url("/strict"), "method": "POST", "payloadSchema": schema });
    plugin.register("strict", strict).await;
    let next = json!([{ "trigger": "strict", "on": "success", "dataTemplate": r#"{"client":42}"# }]);
    let first = json!({ "url": plugin.receiver.url("/first"), "method": "POST", "next": next });
    plugin.register("first", first).await;
    let (status, answer) = plugin.trigger("first", json!({ "data": {} })).await;
    assert_eq!((status, &answer["status"], &answer["error"]), (200, &json!(0), &json!(true)), "{answer}");
    assert!(plugin.receiver.requests_to("/strict").is_empty());
    let records = plugin.records(&plugin.tenant.api).await;
    let reason = text(&records[0], "response");
    assert!(reason.contains("payloadSchema") && reason.contains("customer"), "{reason}");
    assert_eq!((&records[0]["trigger"], &records[0]["errorClass"]), (&json!("strict"), &json!("template")));
}

#[tokio::test]
async fn a_chain_that_leads_back_is_refused_when_it_is_registered() {
    let plugin = Plugin::new().await;
    let to = |next: &str| json!({ "url": plugin.receiver.url("/"), "method": "POST", "next": [{ "trigger": next, "on": "always" }] });
    plugin.register("a", to("b")).await;
    plugin.tenant.api.put(&plugin.tenant.path("/trigger/b"), to("a")).await.expect(422);
}
