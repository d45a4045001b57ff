//! Several nodes on one database: what one accepts any delivers, and what becomes of one is no loss to the others.

mod faults;
mod lag;
mod ledger;
mod load;
mod pooler;
mod run;
mod takeover;

use std::time::{Duration, Instant};

use hookwire_testkit::{Api, Gate, Postgres, Receiver, Reply, Server, ServerBuilder, eventually};
use serde_json::json;

use crate::tenant::{Tenant, text};

/// Nodes of one installation.
struct Cluster {
    nodes: Vec<Server>,
    postgres: Postgres,
}

impl Cluster {
    /// This many nodes on a database of their own server; `with` may change the settings of each.
    async fn start(count: usize, with: impl Fn(usize, ServerBuilder) -> ServerBuilder) -> Self {
        let postgres = Postgres::alone().await;
        let mut nodes = Vec::new();
        for number in 0..count {
            nodes.push(with(number, Server::builder().on(&postgres.url())).start().await);
        }
        Self { nodes, postgres }
    }
}

/// Sends the message as soon as the node takes it: one that was away says 503 until it has found its way back.
async fn send_when_taken(tenant: &Tenant, payload: serde_json::Value) -> String {
    let (path, body) = (tenant.path("/msg"), json!({ "eventType": "t", "payload": payload }));
    let post = || tenant.api.post(&path, body.clone());
    let taken = eventually("the message to be taken", post, |answer| answer.status != 503).await;
    text(&taken.expect(202), "id")
}

/// The same tenant, asked through another node.
fn through(tenant: &Tenant, node: &Server) -> Tenant {
    Tenant { api: Api::new(&node.url(), node.token()), app: tenant.app.clone() }
}

#[tokio::test]
async fn what_a_node_accepts_is_delivered_when_it_delivers_nothing_itself() {
    let roles = ["api", "worker", "worker"];
    let cluster = Cluster::start(3, |number, node| node.env("HOOKWIRE_SERVER_ROLE", roles[number])).await;
    let [api, worker, _] = &cluster.nodes[..] else { unreachable!() };
    let health = |node: &Server| node.api().without_token();
    assert_eq!(health(api).get("/health").await.expect(200)["node"]["role"], "api");
    let of_worker = health(worker).get("/health").await.expect(200);
    assert_eq!(of_worker["node"]["role"], "worker");
    assert!(of_worker["node"]["lagSeconds"].as_f64().is_some(), "{of_worker}");
    worker.api().get("/app").await.expect(404);

    let tenant = Tenant::of(api).await;
    let receiver = Receiver::start().await;
    tenant.endpoint(&receiver.url("/hook")).await;
    for n in 0..20 {
        let sent = Instant::now();
        let message = tenant.send(json!({ "n": n })).await;
        receiver.wait_for("/hook", n + 1).await;
        assert!(sent.elapsed() < Duration::from_secs(4), "a worker is called, not found by chance: {n}");
        tenant.ended(&message, "success").await;
    }
    assert_eq!(receiver.requests().len(), 20);
}

#[tokio::test]
async fn without_notifications_and_prepared_statements_messages_arrive_within_seconds() {
    let roles = ["api", "worker"];
    let cluster = Cluster::start(2, |number, node| {
        node.env("HOOKWIRE_SERVER_ROLE", roles[number]).env("HOOKWIRE_STORE_LISTEN", "false")
    })
    .await;
    let tenant = Tenant::of(&cluster.nodes[0]).await;
    let receiver = Receiver::start().await;
    tenant.endpoint(&receiver.url("/hook")).await;
    for n in 1..4 {
        let sent = Instant::now();
        tenant.send(json!({ "n": n })).await;
        receiver.wait_for("/hook", n).await;
        assert!(sent.elapsed() < Duration::from_secs(10), "{:?}", sent.elapsed());
    }
}

#[tokio::test]
async fn a_change_on_one_node_holds_on_all() {
    let cluster = Cluster::start(3, |_, node| node).await;
    let tenant = Tenant::of(&cluster.nodes[0]).await;
    let receiver = Receiver::start().await;
    let endpoint = tenant.endpoint(&receiver.url("/old")).await;
    let others: Vec<_> = cluster.nodes.iter().map(|node| through(&tenant, node)).collect();
    for other in &others {
        other.send(json!({})).await;
    }
    receiver.wait_for("/old", 3).await;
    others[1].patch_endpoint(&endpoint, json!({ "url": receiver.url("/new") })).await;
    for other in &others {
        let message = other.send(json!({ "to": "new" })).await;
        other.ended(&message, "success").await;
    }
    assert_eq!((receiver.requests_to("/old").len(), receiver.requests_to("/new").len()), (3, 3));
    others[2].patch_endpoint(&endpoint, json!({ "disabled": true })).await;
    for other in &others {
        other.send(json!({ "to": "nobody" })).await;
    }
    receiver.expect_quiet(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn a_throttle_holds_over_all_nodes_together() {
    let cluster = Cluster::start(3, |_, node| node).await;
    let tenant = Tenant::of(&cluster.nodes[0]).await;
    let receiver = Receiver::start().await;
    tenant.endpoint_with(json!({ "url": receiver.url("/hook"), "throttleRate": 5 })).await;
    let others: Vec<_> = cluster.nodes.iter().map(|node| through(&tenant, node)).collect();
    let began = Instant::now();
    for n in 0..30 {
        others[n % 3].send(json!({ "n": n })).await;
    }
    receiver.wait_for("/hook", 26).await;
    let took = began.elapsed();
    // A second's worth is given out ahead, to whichever node asks.
    assert!(took > Duration::from_millis(3_500), "26 at 5 a second came within {took:?}");
    receiver.wait_for("/hook", 30).await;
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_turned_off_for_all_nodes() {
    let cluster = Cluster::start(3, |_, node| node).await;
    let tenant = Tenant::of(&cluster.nodes[0]).await;
    let receiver = Receiver::start().await;
    receiver.script("/gone", [Reply::status(410)]);
    let endpoint = tenant.endpoint(&receiver.url("/gone")).await;
    let message = through(&tenant, &cluster.nodes[1]).send(json!({})).await;
    tenant.ended(&message, "fail").await;
    let path = tenant.path(&format!("/endpoint/{endpoint}"));
    for node in &cluster.nodes {
        let api = through(&tenant, node).api;
        let look = || async { api.get(&path).await.expect(200)["disabled"].clone() };
        eventually("the endpoint to be off on every node", look, |disabled| *disabled == true).await;
        through(&tenant, node).send(json!({})).await;
    }
    receiver.expect_quiet(Duration::from_millis(500)).await;
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn what_a_stopping_node_has_not_begun_others_deliver_at_once() {
    let silence = "60s";
    let mut cluster = Cluster::start(2, |_, node| node.env("HOOKWIRE_STORE_SILENCE_MAX", silence)).await;
    let tenant = Tenant::of(&cluster.nodes[0]).await;
    let receiver = Receiver::start().await;
    let gate = Gate::closed();
    receiver.script("/hook", [Reply::ok().held_by(&gate)]);
    tenant.endpoint(&receiver.url("/hook")).await;
    let mut messages = Vec::new();
    for n in 0..40 {
        messages.push(tenant.send(json!({ "n": n })).await);
    }
    receiver.wait_for("/hook", 1).await;
    cluster.nodes[0].terminate().await;
    gate.open();
    let status = cluster.nodes[0].exited(Duration::from_secs(25)).await;
    assert!(status.success(), "{status}");
    let stopped = Instant::now();
    let other = through(&tenant, &cluster.nodes[1]);
    for message in &messages {
        other.ended(message, "success").await;
    }
    assert!(stopped.elapsed() < Duration::from_secs(15), "nobody was waited for: {:?}", stopped.elapsed());
    assert_eq!(receiver.requests().len(), 40);
}

#[tokio::test]
async fn a_start_that_cannot_work_says_why() {
    let postgres = Postgres::start().await;
    let url = postgres.url();
    let first = Server::builder().on(&url).start().await;
    let told = async |builder: ServerBuilder| {
        let output = builder.run(&["serve"]).await;
        assert!(!output.status.success(), "it started");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!told.contains("throwaway-password"), "the password was shown: {told}");
        told
    };
    let wrong =
        Server::builder().on(&url).env("HOOKWIRE_AUTH_MAIN_SECRET", "quite-another-secret-0123456789");
    assert!(told(wrong).await.contains("main secret"));
    let none = Server::builder().on(&url).without_env("HOOKWIRE_AUTH_JWT_SECRET");
    assert!(told(none).await.contains("auth.jwt_secret"));
    let nobody = url.replace(&format!(":{}/", postgres.port()), ":1/");
    assert!(told(Server::builder().on(&nobody)).await.contains("connect"));
    let absent = url.replace(postgres.database(), "no_such_database");
    assert!(told(Server::builder().on(&absent)).await.contains("no_such_database"));
    let foreign = postgres.another().await;
    foreign.query("CREATE TABLE theirs (a int)").await;
    let complaint = told(Server::builder().on(&foreign.url())).await;
    assert!(complaint.contains("table"), "{complaint}");
    drop(first);
}

#[tokio::test]
async fn tables_are_brought_up_to_date_by_hand_where_starting_must_not() {
    let postgres = Postgres::start().await;
    let builder = || Server::builder().on(&postgres.url()).env("HOOKWIRE_STORE_MIGRATE", "false");
    let output = builder().run(&["serve"]).await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && told.contains("hookwire migrate"), "{told}");
    for expected in ["was migrated", "is up to date"] {
        let output = builder().run(&["migrate"]).await;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && told.contains(expected), "{told}");
        assert!(!told.contains("throwaway-password"), "{told}");
    }
    let server = builder().start().await;
    Tenant::of(&server).await;
    let doctor = server.run(&["doctor"]).await;
    let told = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(doctor.status.success() && told.contains("PostgreSQL"), "{told}");
    assert!(!told.contains("throwaway-password"), "{told}");
    let check = server.run(&["config", "check"]).await;
    assert!(!String::from_utf8_lossy(&check.stdout).contains("throwaway-password"));
}

#[tokio::test]
async fn the_api_says_503_while_the_database_is_away_and_goes_on_when_it_is_back() {
    let mut cluster = Cluster::start(1, |_, node| node).await;
    let tenant = Tenant::of(&cluster.nodes[0]).await;
    let receiver = Receiver::start().await;
    tenant.endpoint(&receiver.url("/hook")).await;
    tenant.send(json!({ "n": 1 })).await;
    receiver.wait_for("/hook", 1).await;
    cluster.postgres.kill().await;
    let path = tenant.path("/msg");
    let post = || tenant.api.post(&path, json!({ "eventType": "t", "payload": {} }));
    let refusal = eventually("a message to be refused", post, |answer| answer.status != 202).await;
    assert_eq!(text(&refusal.expect(503), "code"), "unavailable");
    assert!(!refusal.header("retry-after").is_empty());
    let health = || tenant.api.get("/health");
    eventually("the node to be unwell", health, |answer| answer.status == 503).await;
    cluster.postgres.start_again().await;
    eventually("a message to be taken again", post, |answer| answer.status == 202).await;
    eventually("the node to be well", health, |answer| answer.status == 200).await;
    receiver.wait_for("/hook", 2).await;
}
