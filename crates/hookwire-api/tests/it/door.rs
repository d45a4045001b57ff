//! A posted message gets the same answer whether it passes the router by or not.

use http::Method;
use serde_json::{Value, json};

use crate::world::{Answer, World};

/// Status, headers and body, without what differs from message to message.
fn comparable(answer: Answer) -> (u16, Vec<(String, String)>, String) {
    // The server itself adds a length where there is none.
    let kept = answer.headers.iter().filter(|(name, _)| *name != "content-length");
    let headers = kept.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let text = match serde_json::from_str::<Value>(&answer.text) {
        Ok(mut body) if body.get("id").is_some() => {
            body["id"].take();
            body.to_string()
        }
        _ => answer.text,
    };
    (answer.status.as_u16(), headers.collect(), text)
}

#[tokio::test]
async fn both_ways_answer_alike() {
    let world = World::new();
    let org = world.org();
    let app = org.make_app("acme").await;
    let good = json!({ "eventType": "a.b", "payload": { "n": 1 }, "typo": true }).to_string();
    let bodies = [
        good.clone(),
        String::new(),
        "nonsense".to_owned(),
        json!({ "eventType": "a b", "payload": 1 }).to_string(),
        "[".repeat(2_000),
        " ".repeat(2 << 20) + &good,
    ];
    let mut statuses = Vec::new();
    let clients = [
        org.clone(),
        world.app_client("org_a", &app),
        world.with_token("nonsense"),
        org.clone().header("idempotency-key", &"k".repeat(300)),
    ];
    for client in clients {
        for app in ["acme", "nobody"] {
            for body in &bodies {
                let straight = client.send(Method::POST, &format!("/app/{app}/msg"), body.clone()).await;
                let routed = client.send(Method::POST, &format!("/app/{app}/msg/"), body.clone()).await;
                let (straight, routed) = (comparable(straight), comparable(routed));
                assert_eq!(straight, routed, "{app} {body:.60}");
                statuses.push(straight.0);
            }
        }
    }
    statuses.sort_unstable();
    statuses.dedup();
    assert_eq!(statuses, [202, 400, 401, 403, 404, 413, 422]);
}
