//! Three nodes under load while nodes are killed and put to sleep, connections cut and the database restarted.

use std::time::Duration;

use hookwire_testkit::Receiver;

use super::Cluster;
use super::ledger::{settle_up, tenants};
use super::load::Load;

/// Senders with an endpoint each. Every third endpoint asks for its messages first in, first out.
const SENDERS: usize = 12;
/// Deliveries that may be sent twice for one fault: those under way on the nodes that it hits.
const TWICE_FOR_EACH_FAULT: usize = SENDERS * 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_accepted_is_lost_whatever_becomes_of_nodes_connections_and_database() {
    let mut cluster = Cluster::start(3, |_, node| node.env("HOOKWIRE_STORE_SILENCE_MAX", "4s")).await;
    let receiver = Receiver::start().await;
    let tenants = tenants(SENDERS, &cluster.nodes[0], &receiver).await;
    let load = Load::start(&tenants, &cluster.nodes);
    load.accepted_more(200).await;

    cluster.nodes[0].kill().await;
    load.accepted_more(100).await;
    cluster.nodes[0].start_again().await;
    load.accepted_more(100).await;

    cluster.nodes[1].freeze().await;
    // Not for synchronisation: it has to sleep for longer than the others wait for a word from it.
    tokio::time::sleep(Duration::from_secs(9)).await;
    load.accepted_more(100).await;
    cluster.nodes[1].thaw().await;
    load.accepted_more(100).await;

    let mut cut = 0;
    for _ in 0..10 {
        cut += cluster.postgres.cut_connections("state <> 'idle' OR random() < 0.3").await;
        load.accepted_more(30).await;
    }
    cluster.postgres.restart().await;
    load.accepted_more(100).await;
    cluster.postgres.kill().await;
    cluster.postgres.start_again().await;
    load.accepted_more(200).await;

    let (sent, unknown) = load.finish().await;
    let (accepted, twice) = settle_up(&sent, &receiver, &tenants, &cluster.nodes[2], &cluster.postgres).await;
    println!(
        "{accepted} accepted, 0 lost, {twice} sent twice, {unknown} posts without an answer, {cut} connections cut"
    );
    assert!(twice <= 5 * TWICE_FOR_EACH_FAULT, "{twice} were sent twice");
}
