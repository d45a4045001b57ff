//! A long run with settings as they are shipped: a node is killed, one sleeps for a minute, the database crashes.

use std::time::{Duration, Instant};

use hookwire_testkit::{Postgres, Receiver, Reply, Server, eventually};

use super::Cluster;
use super::ledger::{settle_up, tenants};
use super::load::{Load, Pace};

/// Senders with an endpoint each, which posts an event whenever its last one was accepted and the pace allows.
const SENDERS: usize = 12;
const PACE: Duration = Duration::from_millis(100);
/// Between the bytes of an answer of receivers that get their messages in no order, so that something is under way
/// whenever a fault comes.
const DRIP: Duration = Duration::from_millis(5);
/// How long a node sleeps: far longer than the others wait for a word from it.
const SLEEP: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_killed_one_asleep_for_a_minute_and_a_crashed_database_lose_nothing() {
    let mut cluster = Cluster::start(3, |_, node| node).await;
    let receiver = Receiver::start().await;
    for number in (0..SENDERS).filter(|number| !number.is_multiple_of(3)) {
        receiver.script(&format!("/hook/{number}"), [Reply::ok().dripped(DRIP)]);
    }
    let tenants = tenants(SENDERS, &cluster.nodes[0], &receiver).await;
    let load = Load::start_at(Pace::Pause(PACE), &tenants, &cluster.nodes);
    load.accepted_more(200).await;

    cluster.nodes[0].kill().await;
    let killed = leased(&cluster.postgres, &cluster.nodes[0]).await;
    taken_over(&cluster.postgres, &cluster.nodes[0]).await;
    cluster.nodes[0].start_again().await;
    load.accepted_more(200).await;

    cluster.nodes[1].freeze().await;
    let asleep_since = Instant::now();
    let stopped = leased(&cluster.postgres, &cluster.nodes[1]).await;
    taken_over(&cluster.postgres, &cluster.nodes[1]).await;
    let crashed = under_way(&cluster.postgres).await;
    cluster.postgres.kill().await;
    cluster.postgres.start_again().await;
    load.accepted_more(200).await;
    // Not for synchronisation: that it sleeps for so long is what this is about.
    tokio::time::sleep(SLEEP.saturating_sub(asleep_since.elapsed())).await;
    cluster.nodes[1].thaw().await;
    load.accepted_more(300).await;

    let (sent, unknown) = load.finish().await;
    let (accepted, twice) = settle_up(&sent, &receiver, &tenants, &cluster.nodes[2], &cluster.postgres).await;
    println!(
        "{accepted} accepted, 0 lost, {twice} sent twice, {unknown} posts without an answer; under way: {killed} on the \
         node that was killed, {stopped} on the one that slept, {crashed} when the database crashed"
    );
    assert!(killed > 0 && stopped > 0, "the faults hit nodes with nothing to do: {killed}, {stopped}");
    assert!(twice <= killed + stopped + crashed, "{twice} were sent twice, more than was under way");
}

/// Deliveries that the node has leased. It does nothing any more, but what it last said may still be on its way: so
/// whichever is more, what there is now and what there is when none of its statements runs.
async fn leased(postgres: &Postgres, node: &Server) -> usize {
    let count = format!(
        "SELECT count(*) FROM queue WHERE leased IN (SELECT incarnation FROM node WHERE {})",
        is_called_after(node)
    );
    let first = number(postgres, &count).await;
    let running =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hookwire' AND state = 'active'";
    eventually("a moment without statements", || number(postgres, running), |count| *count == 0).await;
    first.max(number(postgres, &count).await)
}

/// Waits until the others have declared the node dead and nothing is leased to it any more.
async fn taken_over(postgres: &Postgres, node: &Server) {
    let alive = format!("SELECT count(*) FROM node WHERE incarnation <> 0 AND {}", is_called_after(node));
    eventually("the node to be declared dead", || number(postgres, &alive), |count| *count == 0).await;
    let departed = "SELECT count(*) FROM queue WHERE leased IN (SELECT incarnation FROM departed)";
    eventually("its work to be taken over", || number(postgres, departed), |count| *count == 0).await;
}

async fn under_way(postgres: &Postgres) -> usize {
    number(postgres, "SELECT count(*) FROM queue WHERE leased <> 0").await
}

/// Nodes are called after their machine and port.
fn is_called_after(node: &Server) -> String {
    let port = node.url().rsplit(':').next().expect("a URL with a port").to_owned();
    format!("name LIKE '%:{port}'")
}

async fn number(postgres: &Postgres, sql: &str) -> usize {
    postgres.query(sql).await.parse().expect("a number")
}
