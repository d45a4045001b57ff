//! How long a page of a list takes on a large store, at any depth, with and without filters.

mod bulk;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::Place;
use crate::client::{Connection, Peer};
use crate::epoch::Epoch;
use crate::generator::{Load, Plan};
use crate::histogram::Latencies;
use crate::payload::{Payload, Stamp};
use crate::report::Report;
use crate::server::{self, Server};
use crate::setup::{self, EVENT_TYPE, Stage};
use crate::sink::{self, Sink};

/// The event type of one message in [`RARE_EVERY`].
const RARE: &str = "bench.rare";
const RARE_EVERY: u64 = 10_000;

/// The page size of the walk: the largest there is, to get deep with few requests.
const WALK_LIMIT: usize = 250;

/// Arguments of the scenario.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Args {
    /// Messages in the store, each delivered once.
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// Clients that read at the same time.
    #[arg(long, default_value_t = 2)]
    clients: usize,
    /// How long is read.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Walk each list to its end, or for that many seconds.
    #[arg(long, default_value_t = 60)]
    walk_seconds: u64,
    /// Items of a page.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// Bytes of a message's payload.
    #[arg(long, default_value_t = 512)]
    payload: usize,
    /// Repeat what was delivered, in bulk, until there are that many attempts (PostgreSQL).
    #[arg(long, default_value_t = 0)]
    attempts: u64,
    /// Give up filling the store after that many seconds.
    #[arg(long, default_value_t = 900)]
    seconds_max: u64,
}

/// One kind of page.
struct Kind {
    name: &'static str,
    /// Path and query, without limit and iterator.
    url: String,
    /// Iterators to begin at; none for the first page.
    iterators: Arc<Vec<String>>,
}

/// Runs the scenario and reports it.
pub(crate) async fn run(place: &Place, args: &Args) -> anyhow::Result<()> {
    let epoch = Epoch::start();
    let stage = Stage::start(place, &[]).await?;
    let app = stage.server.create_app("bench").await?;
    let sink =
        Sink::start(epoch, sink::Settings { numbers_max: args.messages, ..Default::default() }).await?;
    let endpoint = stage.server.create_endpoint(&app, &sink.counted_url(0), &[]).await?;
    fill(epoch, &stage.server, &app, &sink, args).await?;
    if args.attempts > 0 {
        bulk::grow(stage.postgres.as_ref().context("--attempts is for --database postgres")?, args.attempts)
            .await?;
    }

    let messages = server::message_path(&app);
    let attempts = format!("/api/v1/app/{app}/attempt/endpoint/{endpoint}");
    let at_messages = Arc::new(walk(&stage.server.peer, &messages, args).await?);
    let at_attempts = Arc::new(walk(&stage.server.peer, &attempts, args).await?);
    let (walked_messages, walked_attempts) = (at_messages.len(), at_attempts.len());
    let kinds = kinds(&messages, &attempts, &at_messages, &at_attempts);
    let pages = read(&stage.server.peer, Arc::new(kinds), args).await?;

    let settings = json!({
        "messages": args.messages, "attempts": args.attempts, "clients": args.clients, "seconds": args.seconds, "limit": args.limit,
        "payload": args.payload,
    });
    let mut report = Report::new("lists", settings);
    report.number("walked_pages_of_messages", walked_messages as f64);
    report.number("walked_pages_of_attempts", walked_attempts as f64);
    for (name, latencies) in &pages {
        report.number(&format!("{name}_p50_ms"), latencies.p50_ms());
        report.number(&format!("{name}_p99_ms"), latencies.p99_ms());
        report.number(&format!("{name}_max_ms"), latencies.max_ms());
        report.detail(name, latencies.to_json());
    }
    report.finish(place)
}

/// Posts the messages and waits until all are delivered.
async fn fill(epoch: Epoch, server: &Server, app: &str, sink: &Sink, args: &Args) -> anyhow::Result<()> {
    let payload = Payload::new(args.payload);
    let plan = setup::messages(epoch, server, app, 64, &payload);
    let body = Arc::new(move |stamp: Stamp| {
        let is_rare = stamp.number.is_multiple_of(RARE_EVERY);
        payload.message(if is_rare { RARE } else { EVENT_TYPE }, stamp)
    });
    let load = Load::start(Plan { messages_max: args.messages, body, ..plan });
    let at_most = Duration::from_secs(args.seconds_max);
    let Ok(done) = tokio::time::timeout(at_most, load.finish()).await else {
        bail!("the store was not full after {} s", args.seconds_max);
    };
    setup::nothing_is_refused(&done)?;
    setup::wait_for_arrivals(sink, done.accepted.count(), at_most).await;
    setup::nothing_is_lost(&done, sink, |_| true)
}

/// Goes through a list from its start and keeps the iterator of every page.
async fn walk(peer: &Peer, url: &str, args: &Args) -> anyhow::Result<Vec<String>> {
    let start = Instant::now();
    let mut connection = Connection::open(peer.clone()).await?;
    let mut iterators: Vec<String> = Vec::new();
    while start.elapsed() < Duration::from_secs(args.walk_seconds) {
        let page = page(&mut connection, url, WALK_LIMIT, iterators.last()).await?;
        let page: Value = serde_json::from_slice(&page)?;
        if page["done"].as_bool().context("a page says whether it is the last")? {
            break;
        }
        iterators.push(page["iterator"].as_str().context("a page has an iterator")?.to_owned());
    }
    Ok(iterators)
}

fn kinds(
    messages: &str,
    attempts: &str,
    at_messages: &Arc<Vec<String>>,
    at_attempts: &Arc<Vec<String>>,
) -> Vec<Kind> {
    let first = Arc::new(Vec::new());
    let kind = |name, url: &str, query: &str, iterators: &Arc<Vec<String>>| Kind {
        name,
        url: format!("{url}{query}"),
        iterators: Arc::clone(iterators),
    };
    let (common, rare) = (format!("?event_types={EVENT_TYPE}"), format!("?event_types={RARE}"));
    vec![
        kind("messages_first", messages, "", &first),
        kind("messages_deep", messages, "", at_messages),
        kind("messages_common_type_deep", messages, &common, at_messages),
        kind("messages_rare_type_first", messages, &rare, &first),
        kind("messages_rare_type_deep", messages, &rare, at_messages),
        kind("attempts_first", attempts, "", &first),
        kind("attempts_deep", attempts, "", at_attempts),
        kind("attempts_succeeded_deep", attempts, "?status=0", at_attempts),
        // None failed: an index answers at once, a scan looks at all.
        kind("attempts_failed_first", attempts, "?status=2", &first),
        kind("attempts_failed_deep", attempts, "?status=2", at_attempts),
        kind("attempts_rare_type_deep", attempts, &rare, at_attempts),
    ]
}

/// Reads pages of all kinds in turn, with several clients, and times them by kind.
async fn read(
    peer: &Peer,
    kinds: Arc<Vec<Kind>>,
    args: &Args,
) -> anyhow::Result<BTreeMap<&'static str, Latencies>> {
    let turn = Arc::new(AtomicU64::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..args.clients {
        clients.spawn(read_until(peer.clone(), Arc::clone(&kinds), args.clone(), Arc::clone(&turn)));
    }
    let mut pages: BTreeMap<&'static str, Latencies> = BTreeMap::new();
    while let Some(client) = clients.join_next().await {
        for (name, latencies) in client.context("a client panicked")?? {
            pages.entry(name).or_insert_with(Latencies::new).merge(&latencies);
        }
    }
    Ok(pages)
}

async fn read_until(
    peer: Peer,
    kinds: Arc<Vec<Kind>>,
    args: Args,
    turn: Arc<AtomicU64>,
) -> anyhow::Result<BTreeMap<&'static str, Latencies>> {
    let mut pages: BTreeMap<&'static str, Latencies> = BTreeMap::new();
    let mut connection = Connection::open(peer).await?;
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(args.seconds) {
        let turn = turn.fetch_add(1, Ordering::Relaxed);
        let kind = &kinds[(turn % kinds.len() as u64) as usize];
        let iterator = kind.iterators.get((scattered(turn) % kind.iterators.len().max(1) as u64) as usize);
        let sent = Instant::now();
        page(&mut connection, &kind.url, args.limit, iterator).await?;
        let ns = u64::try_from(sent.elapsed().as_nanos()).unwrap_or(u64::MAX);
        pages.entry(kind.name).or_insert_with(Latencies::new).record_ns(ns);
    }
    Ok(pages)
}

async fn page(
    connection: &mut Connection,
    url: &str,
    limit: usize,
    iterator: Option<&String>,
) -> anyhow::Result<Bytes> {
    let separator = if url.contains('?') { '&' } else { '?' };
    let iterator = iterator.map_or(String::new(), |iterator| format!("&iterator={iterator}"));
    let path = format!("{url}{separator}limit={limit}{iterator}");
    let (status, body) = connection.send(Method::GET, &path, Bytes::new()).await?;
    if status != StatusCode::OK {
        bail!("GET {path}: {status}: {}", String::from_utf8_lossy(&body));
    }
    Ok(body)
}

/// The same numbers in every run, without a pattern (SplitMix64, Steele et al. 2014).
fn scattered(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
