//! Nodes and commands behind a pooler in transaction mode.

use std::process::Output;

use hookwire_testkit::{Pooler, Postgres, Receiver, Server, ServerBuilder};

use super::Cluster;
use super::ledger::{settle_up, tenants};
use super::load::Load;
use crate::tenant::{Tenant, all_arrive};

/// Senders with an endpoint each.
const SENDERS: usize = 6;
/// Connections to the database, for nodes that would have 11 each.
const CONNECTIONS: usize = 4;

fn behind(pooler: &Pooler) -> ServerBuilder {
    Server::builder().on(pooler.url()).env("HOOKWIRE_STORE_LISTEN", "false")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_share_fewer_connections_than_they_open_lose_nothing() {
    let postgres = Postgres::alone().await;
    let pooler = Pooler::start(&postgres, CONNECTIONS).await;
    let nodes = vec![behind(&pooler).start().await, behind(&pooler).start().await];
    let mut cluster = Cluster { nodes, postgres };
    let receiver = Receiver::start().await;
    let tenants = tenants(SENDERS, &cluster.nodes[0], &receiver).await;
    let load = Load::start(&tenants, &cluster.nodes);
    load.accepted_more(300).await;
    cluster.nodes[0].kill().await;
    load.accepted_more(100).await;
    cluster.nodes[0].start_again().await;
    load.accepted_more(100).await;
    cluster.postgres.cut_connections("true").await;
    load.accepted_more(200).await;
    let used = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hookwire'";
    let used: usize = cluster.postgres.query(used).await.parse().expect("a number");
    assert!((1..=CONNECTIONS).contains(&used), "{used} connections to the database");
    let (sent, _) = load.finish().await;
    let (accepted, twice) = settle_up(&sent, &receiver, &tenants, &cluster.nodes[1], &cluster.postgres).await;
    println!("{accepted} accepted, 0 lost, {twice} sent twice");
}

#[tokio::test]
async fn commands_reach_the_database_through_a_pooler_too() {
    let postgres = Postgres::start().await;
    let pooler = Pooler::start(&postgres, 2).await;
    // Each twice: the second finds what the first left on the connections, if it left anything.
    for (command, expected) in [
        ("migrate", "was migrated"),
        ("migrate", "is up to date"),
        ("doctor", "a round trip"),
        ("doctor", "a round trip"),
    ] {
        let output = behind(&pooler).run(&[command]).await;
        let told = told(&output);
        assert!(output.status.success() && told.contains(expected), "{command}: {told}");
    }
}

/// Both of a command's outputs.
fn told(output: &Output) -> String {
    [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat()
}

#[tokio::test]
async fn an_installation_moves_into_a_database_behind_a_pooler() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut server = Server::builder().in_folder(folder.path()).start().await;
    let tenant = Tenant::of(&server).await;
    let receiver = Receiver::start().await;
    tenant.endpoint(&receiver.url("/hook")).await;
    let mut messages = vec![tenant.send(serde_json::json!({ "n": 1 })).await];
    all_arrive(&receiver, &messages).await;
    let postgres = Postgres::start().await;
    let pooler = Pooler::start(&postgres, 2).await;
    server.terminate().await;
    assert!(server.exited(hookwire_testkit::PATIENCE).await.success());
    // Twice: the second finds what the first left on the connections, if it left anything.
    for expected in ["all is there", "has all of"] {
        let copied = server.run(&["copy", "--from", "hookwire.db", "--to", pooler.url()]).await;
        let told = told(&copied);
        assert!(copied.status.success() && told.contains(expected), "{told}");
    }

    let node = behind(&pooler).start().await;
    let tenant = super::through(&tenant, &node);
    tenant.ended(&messages[0], "success").await;
    messages.push(tenant.send(serde_json::json!({ "n": 2 })).await);
    all_arrive(&receiver, &messages).await;
}
