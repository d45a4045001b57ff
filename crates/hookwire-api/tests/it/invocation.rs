//! `/app/{app_id}/invocation`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::invoker::Reply;
use crate::world::{World, column};

#[tokio::test]
async fn an_org_sees_every_call_of_a_chain_and_an_app_what_was_asked_for() {
    let world = World::new();
    let org = world.org();
    let app = org.make_app("acme").await;
    let step = json!({ "url": "https://hidden.example/", "method": "POST" });
    org.put("/app/acme/trigger/second", step.clone()).await.expect(201);
    let mut first = step;
    first["next"] = json!([{ "trigger": "second" }]);
    org.put("/app/acme/trigger/first", first).await.expect(201);
    let client = world.app_client("org_a", &app);
    world.invoker.script(Ok(Reply { status: 404, body: "hidden".into(), ..Reply::default() }));
    let answer = client.post("/app/acme/trigger/first/invoke", json!({ "data": 12 })).await.expect(200);
    let root = answer["referenceId"].as_str().unwrap();
    let record = json!({
        "referenceId": root, "trigger": "first", "rootReferenceId": root, "caller": format!("app {app}"),
        "timestamp": "2026-09-21T14:13:20.000000Z", "durationMs": 5, "status": 404, "error": true,
        "errorClass": null, "requestBytes": 2, "responseBytes": 6,
    });
    let path = format!("/app/acme/invocation/{root}");
    assert_eq!(client.get(&path).await.expect(200), record);
    assert_eq!(client.get("/app/acme/invocation").await.expect(200)["data"], json!([record]));
    let mut whole = record;
    whole["response"] = json!("kept hidden");
    assert_eq!(org.get(&path).await.expect(200), whole);

    let all = org.get("/app/acme/invocation").await.expect(200);
    assert_eq!(column(&all, "trigger"), ["second", "first"], "newest first");
    assert_eq!(column(&all, "rootReferenceId"), [root, root]);
    let step = format!("/app/acme/invocation/{}", column(&all, "referenceId")[0]);
    org.get(&step).await.expect(200);
    client.get(&step).await.expect(404);
    let of_second = client.get("/app/acme/invocation?trigger=second").await.expect(200);
    assert_eq!(of_second["data"], json!([]));
    for client in [&org, &client] {
        client.get("/app/acme/invocation/inv_none").await.expect(404);
        client.get("/app/acme/invocation?trigger=a%20b").await.expect_invalid_at("query.trigger");
        client.get("/app/acme/invocation?iterator=msg_1").await.expect_invalid_at("query.iterator");
    }
}

#[tokio::test]
async fn clients_see_no_record_of_a_hidden_trigger() {
    let world = World::new();
    let org = world.org();
    let app = org.make_app("acme").await;
    let hidden = json!({ "url": "https://a.example/", "method": "POST", "hidden": true });
    org.put("/app/acme/trigger/a", hidden).await.expect(201);
    let answer = org.post("/app/acme/trigger/a/invoke", json!({})).await.expect(200);
    let path = format!("/app/acme/invocation/{}", answer["referenceId"].as_str().unwrap());
    org.get(&path).await.expect(200);
    let client = world.app_client("org_a", &app);
    client.get(&path).await.expect(404);
    assert_eq!(client.get("/app/acme/invocation").await.expect(200)["data"], json!([]));
}

#[tokio::test]
async fn records_are_walked_in_pages_and_stay_when_the_trigger_is_gone() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let mut references = Vec::new();
    for trigger in ["a", "b", "a"] {
        let path = format!("/app/acme/trigger/{trigger}");
        org.put(&path, json!({ "url": "https://a.example/", "method": "POST" })).await;
        world.clock.advance(Duration::from_secs(1));
        let answer = org.post(&format!("{path}/invoke"), json!({})).await.expect(200);
        references.insert(0, answer["referenceId"].as_str().unwrap().to_owned());
        org.delete(&path).await.expect(204);
    }
    let of_a = org.get("/app/acme/invocation?trigger=a").await.expect(200);
    assert_eq!(column(&of_a, "referenceId"), [references[0].clone(), references[2].clone()]);
    let page = org.get("/app/acme/invocation?limit=2").await.expect(200);
    assert_eq!(
        (column(&page, "referenceId"), &page["done"]),
        (references[..2].to_vec(), &Value::Bool(false))
    );
    let next = page["iterator"].as_str().unwrap();
    let rest = org.get(&format!("/app/acme/invocation?limit=2&iterator={next}")).await.expect(200);
    assert_eq!((column(&rest, "referenceId"), &rest["done"]), (references[2..].to_vec(), &Value::Bool(true)));
}
