//! `/background-task`, and the requests that start tasks.

use std::time::Duration;

use serde_json::json;

use crate::world::{World, column, id_of};

#[tokio::test]
async fn what_failed_is_recovered_by_a_task() {
    let world = World::new();
    let org = world.org();
    let app = org.make_app("acme").await;
    let endpoint = org.make_endpoint("acme", "main").await;
    org.make_message("acme", 1).await;
    world.exhaust(&endpoint).await;
    world.clock.advance(Duration::from_mins(1));
    let path = "/app/acme/endpoint/main/recover";
    let started = org.post(path, json!({ "since": "2026-09-21T00:00:00Z" })).await.expect(202);
    assert_eq!((&started["status"], &started["task"]), (&json!("running"), &json!("endpoint.recover")));
    assert_eq!(started["updatedAt"], "2026-09-21T14:14:20.000000Z");
    let task = id_of(&started);
    assert!(task.starts_with("qtask_"), "{task}");
    let read = org.get(&format!("/background-task/{task}")).await.expect(200);
    assert_eq!((&read["data"]["appId"], &read["data"]["endpointId"]), (&json!(app), &json!(endpoint)));
    while world.store.advance_tasks(hookwire_core::Clock::now(&world.clock), 100).await.unwrap() > 0 {}
    let read = org.get(&format!("/background-task/{task}")).await.expect(200);
    assert_eq!((&read["status"], &read["data"]["queued"]), (&json!("finished"), &json!(1)));
    assert_eq!(world.succeed(&endpoint).await.len(), 1);
}

#[tokio::test]
async fn spans_are_bounded_and_tasks_are_listed_by_status_and_kind() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    org.make_endpoint("acme", "main").await;
    let (recover, replay) = ("/app/acme/endpoint/main/recover", "/app/acme/endpoint/main/replay-missing");
    for body in [
        json!({ "since": "2026-09-01T00:00:00Z" }),
        json!({ "since": "yesterday" }),
        json!({ "since": "2026-09-20T00:00:00Z", "until": "2026-09-19T00:00:00Z" }),
    ] {
        org.post(recover, body.clone()).await.expect_invalid_at("body.since");
        org.post(replay, body).await.expect_invalid_at("body.since");
    }
    org.post(recover, json!({})).await.expect_invalid_at("body");
    org.post("/app/acme/endpoint/none/recover", json!({ "since": "2026-09-20T00:00:00Z" })).await.expect(404);
    let one = id_of(&org.post(recover, json!({ "since": "2026-09-20T00:00:00Z" })).await.expect(202));
    let two = id_of(&org.post(replay, json!({ "since": "2026-09-20T00:00:00Z" })).await.expect(202));
    assert_eq!(column(&org.get("/background-task").await.expect(200), "id"), [two.clone(), one.clone()]);
    let replays = org.get("/background-task?task=endpoint.replay").await.expect(200);
    assert_eq!(column(&replays, "id"), [two]);
    assert_eq!(column(&org.get("/background-task?status=failed").await.expect(200), "id"), [""; 0]);
    org.get("/background-task/qtask_none").await.expect(404);
    world.org_named("org_b").get(&format!("/background-task/{one}")).await.expect(404);
}

#[tokio::test]
async fn a_filtered_page_of_tasks_is_full() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    org.make_endpoint("acme", "main").await;
    let mut recoveries = Vec::new();
    for number in 0..9 {
        let kind = if number % 3 == 0 { "recover" } else { "replay-missing" };
        let path = format!("/app/acme/endpoint/main/{kind}");
        let id = id_of(&org.post(&path, json!({ "since": "2026-09-20T00:00:00Z" })).await.expect(202));
        if number % 3 == 0 {
            recoveries.insert(0, id);
        }
    }
    let path = "/background-task?task=endpoint.recover&status=running&limit=2";
    let first = org.get(path).await.expect(200);
    assert_eq!((column(&first, "id"), &first["done"]), (recoveries[..2].to_vec(), &json!(false)));
    let next = format!("{path}&iterator={}", first["iterator"].as_str().unwrap());
    let last = org.get(&next).await.expect(200);
    assert_eq!((column(&last, "id"), &last["done"]), (recoveries[2..].to_vec(), &json!(true)));
    org.get("/background-task?status=done").await.expect_invalid_at("query.status");
    let none = org.get("/background-task?task=application.stats").await.expect(200);
    assert_eq!((column(&none, "id"), &none["done"]), (Vec::new(), &json!(true)));
}
