//! SIGTERM: what is in flight is finished and settled, nothing new is taken, the exit is clean.

use std::time::Duration;

use bytes::Bytes;
use hookwire_testkit::{Gate, Postgres, Receiver, Reply, Server, eventually};
use http::Method;
use serde_json::json;

use crate::tenant::{Tenant, all_arrive, list};

/// How long a stop may take.
const LIMIT: Duration = Duration::from_secs(25);

#[tokio::test]
async fn what_is_in_flight_is_finished_and_not_sent_again() {
    let mut server = Server::start().await;
    let tenant = Tenant::of(&server).await;
    let receiver = Receiver::start().await;
    let gate = Gate::closed();
    receiver.script("/slow", [Reply::ok().held_by(&gate)]);
    tenant.endpoint(&receiver.url("/slow")).await;
    let mut messages = Vec::new();
    for n in 0..5 {
        messages.push(tenant.send(json!({ "n": n })).await);
    }
    receiver.wait_for("/slow", 5).await;

    let bystander = Tenant::of(&server).await;
    server.terminate().await;
    refuses(&bystander).await;
    gate.open();
    let status = server.exited(LIMIT).await;
    assert_eq!(status.code(), Some(0), "{status}");

    server.start_again().await;
    for message in &messages {
        tenant.ended(message, "success").await;
    }
    receiver.expect_quiet(Duration::from_secs(1)).await;
    assert_eq!(receiver.requests_to("/slow").len(), 5);
}

#[tokio::test]
async fn a_hanging_receiver_does_not_hold_up_the_stop_and_loses_nothing() {
    let mut server = Server::builder()
        .env("HOOKWIRE_DELIVERY_TIMEOUT", "2s")
        .env("HOOKWIRE_DELIVERY_RETRY_SCHEDULE", "100ms,100ms,100ms")
        .start()
        .await;
    let tenant = Tenant::of(&server).await;
    let receiver = Receiver::start().await;
    receiver.script("/hang", [Reply::hang(), Reply::ok()]);
    tenant.endpoint(&receiver.url("/hang")).await;
    let message = tenant.send(json!({})).await;
    receiver.wait_for("/hang", 1).await;
    server.terminate().await;
    let status = server.exited(LIMIT).await;
    assert_eq!(status.code(), Some(0), "{status}");
    server.start_again().await;
    receiver.wait_for("/hang", 2).await;
    tenant.ended(&message, "success").await;
}

#[tokio::test]
async fn an_invocation_whose_client_hung_up_is_finished_and_recorded() {
    let mut server = Server::start().await;
    let tenant = Tenant::of(&server).await;
    let receiver = Receiver::start().await;
    let gate = Gate::closed();
    receiver.script("/slow", [Reply::ok().body("at last").held_by(&gate)]);
    let next = json!([{ "trigger": "second", "on": "success", "dataTemplate": "[]" }]);
    for (id, next) in [("second", json!([])), ("slow", next)] {
        let registration = json!({ "url": receiver.url(&format!("/{id}")), "method": "POST", "next": next });
        tenant.api.put(&tenant.path(&format!("/trigger/{id}")), registration).await.expect(201);
    }
    let client = tenant.api.on_own_connection();
    let path = tenant.path("/trigger/slow/invoke");
    let body = Bytes::from_static(br#"{"data":{}}"#);
    let hangs_up = tokio::spawn(async move { client.try_send(Method::POST, &path, body).await });
    receiver.wait_for("/slow", 1).await;
    hangs_up.abort();
    assert!(hangs_up.await.is_err_and(|error| error.is_cancelled()), "nobody waits any more");

    let bystander = Tenant::of(&server).await;
    server.terminate().await;
    refuses(&bystander).await;
    gate.open();
    let status = server.exited(LIMIT).await;
    assert_eq!(status.code(), Some(0), "{status}");
    assert_eq!(receiver.requests_to("/second").len(), 1, "what follows is made too");

    server.start_again().await;
    let records = list(&tenant.api.get(&tenant.path("/invocation")).await.expect(200));
    let ended: Vec<_> = records.iter().map(|one| (one["trigger"].as_str(), one["status"].as_u64())).collect();
    assert_eq!(ended, [(Some("second"), Some(200)), (Some("slow"), Some(200))]);
    assert_eq!(records[1]["response"], "at last");
}

#[tokio::test]
async fn a_stop_under_load_loses_nothing() {
    let mut server = Server::start().await;
    let tenant = Tenant::of(&server).await;
    let receiver = Receiver::start().await;
    tenant.endpoint(&receiver.url("/hook")).await;
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..8 {
        let (api, path) = (tenant.api.on_own_connection(), tenant.path("/msg"));
        senders.spawn(async move {
            let mut accepted = Vec::new();
            for n in 0.. {
                let body = json!({ "eventType": "t", "payload": { "sender": sender, "n": n } }).to_string();
                match api.try_send(Method::POST, &path, body.into()).await {
                    Ok(answer) if answer.status == 202 => {
                        accepted.push(answer.json()["id"].as_str().expect("a message has an id").to_owned());
                    }
                    Ok(answer) => {
                        answer.expect(503);
                        break;
                    }
                    Err(_) => break,
                }
            }
            accepted
        });
    }
    receiver.wait_for("/hook", 100).await;
    server.terminate().await;
    let status = server.exited(LIMIT).await;
    assert_eq!(status.code(), Some(0), "{status}");
    let accepted: Vec<String> = senders.join_all().await.into_iter().flatten().collect();
    server.start_again().await;
    all_arrive(&receiver, &accepted).await;
    println!("{} accepted, {} requests", accepted.len(), receiver.requests().len());
}

/// Waits until new messages are refused: by a closed port or with 503. The tenant should have no endpoint, as a
/// message that comes before the signal is taken.
async fn refuses(tenant: &Tenant) {
    let body = Bytes::from_static(br#"{"eventType":"t","payload":{"late":true}}"#);
    let look = || async {
        match tenant.api.on_own_connection().try_send(Method::POST, &tenant.path("/msg"), body.clone()).await
        {
            Ok(answer) => answer.status.as_u16(),
            Err(_) => 503,
        }
    };
    eventually("new messages to be refused", look, |status| *status == 503).await;
}

/// For what waits behind these locks the database does not answer, until it gives up after 20 s.
#[tokio::test]
async fn a_database_that_does_not_answer_does_not_hold_up_the_stop() {
    let postgres = Postgres::start().await;
    let mut server =
        Server::builder().on(&postgres.url()).env("HOOKWIRE_SERVER_DRAIN_LIMIT", "500ms").start().await;
    let tenant = Tenant::of(&server).await;
    let receiver = Receiver::start().await;
    let gate = Gate::closed();
    receiver.script("/hook", [Reply::ok().held_by(&gate), Reply::ok()]);
    tenant.endpoint(&receiver.url("/hook")).await;
    let message = tenant.send(json!({})).await;
    receiver.wait_for("/hook", 1).await;
    let held = postgres.query("BEGIN; LOCK TABLE queue, delivery, node; SELECT pg_sleep(40)");
    let stop = async {
        let locks =
            || postgres.query("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted");
        eventually("the locks", locks, |count| count.parse::<u32>().is_ok_and(|count| count >= 3)).await;
        gate.open();
        server.terminate().await;
        let status = server.exited(Duration::from_secs(18)).await;
        assert_eq!(status.code(), Some(0), "{status}");
    };
    tokio::select! {
        told = held => panic!("the locks are gone: {told}"),
        () = stop => {}
    }
    postgres.cut_connections("query LIKE '%pg_sleep%'").await;
    server.start_again().await;
    tenant.ended(&message, "success").await;
}
