//! Millions of deliveries through the queue of a PostgreSQL: whether its table grows, and a claim takes longer.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::json;

use crate::Place;
use crate::epoch::Epoch;
use crate::generator::{Load, Plan};
use crate::payload::Payload;
use crate::report::Report;
use crate::setup::{self, Stage};
use crate::sink::{self, Sink};

/// Arguments of the scenario.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Args {
    /// Deliveries in all.
    #[arg(long, default_value_t = 5_000_000)]
    deliveries: u64,
    /// After how many the queue is looked at first.
    #[arg(long, default_value_t = 100_000)]
    first: u64,
    /// Endpoints, each of which gets every message.
    #[arg(long, default_value_t = 10)]
    endpoints: usize,
    /// Deliveries that may be under way. With more, the queue's size would tell of what waits, not of what has gone.
    #[arg(long, default_value_t = 20_000)]
    window: u64,
    /// Clients, each with a connection of its own.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Bytes of a message's payload.
    #[arg(long, default_value_t = 512)]
    payload: usize,
    /// Give up after that many seconds.
    #[arg(long, default_value_t = 3_600)]
    seconds_max: u64,
}

/// How the queue was at some time.
struct Look {
    delivered: u64,
    queue_mib: f64,
    /// Of it the rows themselves, the index of keys, and the index of what is due.
    parts_mib: [f64; 3],
    claims: f64,
    /// Of one claim, which leases as many as there is room for.
    claim_ms: f64,
    /// Of a claim, for each delivery that it leased.
    claim_us_per_delivery: f64,
}

/// Runs the scenario and reports it.
pub(crate) async fn run(place: &Place, args: &Args) -> anyhow::Result<()> {
    let epoch = Epoch::start();
    let stage = Stage::start(place, &[]).await?;
    let postgres = stage.postgres.as_ref().context("churn is for --database postgres")?;
    let messages = args.deliveries.div_ceil(args.endpoints.max(1) as u64);
    let settings =
        sink::Settings { ledgers: args.endpoints, numbers_max: messages + 1, ..Default::default() };
    let sink = Sink::start(epoch, settings).await?;
    let app = stage.server.create_app("bench").await?;
    for slot in 0..args.endpoints {
        stage.server.create_endpoint(&app, &sink.counted_url(slot), &[]).await?;
    }
    let payload = Payload::new(args.payload);
    let plan = setup::messages(epoch, &stage.server, &app, args.connections, &payload);
    let start = Instant::now();
    let load = Load::start(Plan { messages_max: messages, ..plan });
    let endpoints = args.endpoints.max(1) as u64;
    let mut looks: Vec<Look> = Vec::new();
    let mut goal = args.first;
    while sink.distinct() < args.deliveries.min(messages * args.endpoints as u64) {
        if start.elapsed() > Duration::from_secs(args.seconds_max) {
            bail!("only {} were delivered in {} s", sink.distinct(), args.seconds_max);
        }
        load.hold_at((sink.distinct() + args.window).div_ceil(endpoints));
        tokio::time::sleep(Duration::from_millis(5)).await;
        if sink.distinct() >= goal {
            looks.push(Look::take(postgres, sink.distinct()).await);
            // Each look is at the claims since the one before.
            postgres.query("SELECT pg_stat_statements_reset()").await;
            goal = (goal * 2).min(goal + args.deliveries / 20).max(goal + 1);
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let done = load.finish().await;
    setup::nothing_is_refused(&done)?;
    setup::nothing_is_lost(&done, &sink, |_| true)?;
    let settings = json!({
        "deliveries": args.deliveries, "first": args.first, "endpoints": args.endpoints,
        "window": args.window, "connections": args.connections, "payload": args.payload,
    });
    let mut report = Report::new("churn", settings);
    report.number("delivered_per_s", sink.distinct() as f64 / seconds);
    for (name, look) in [("first", looks.first()), ("last", looks.last())] {
        let look = look.context("the queue was looked at")?;
        report.number(&format!("delivered_at_{name}_look"), look.delivered as f64);
        report.number(&format!("queue_mib_at_{name}_look"), look.queue_mib);
        report.number(&format!("claim_ms_at_{name}_look"), look.claim_ms);
        report.number(&format!("claim_us_per_delivery_at_{name}_look"), look.claim_us_per_delivery);
        report.number(&format!("claims_at_{name}_look"), look.claims);
    }
    let curve = looks.iter().map(|look| {
        json!({
            "delivered": look.delivered, "queue_mib": look.queue_mib, "rows_keys_due_mib": look.parts_mib,
            "claims": look.claims, "claim_ms": look.claim_ms, "claim_us_per_delivery": look.claim_us_per_delivery,
        })
    });
    report.detail("looks", json!(curve.collect::<Vec<_>>()));
    report.finish(place)
}

impl Look {
    async fn take(postgres: &hookwire_testkit::Postgres, delivered: u64) -> Self {
        let sql = "SELECT pg_total_relation_size('queue') / 1048576.0, pg_relation_size('queue') / 1048576.0, \
            pg_relation_size('queue_pkey') / 1048576.0, pg_relation_size('queue_due') / 1048576.0, \
            coalesce(sum(calls), 0), \
            coalesce(sum(total_exec_time) / nullif(sum(calls), 0), 0), \
            coalesce(1000 * sum(total_exec_time) / nullif(sum(rows), 0), 0) \
            FROM pg_stat_statements WHERE query ILIKE '%FOR UPDATE SKIP LOCKED%'";
        let line = postgres.query(sql).await;
        let mut numbers = line.split('|').map(|number| number.parse::<f64>().unwrap_or_default());
        let mut next = || numbers.next().unwrap_or_default();
        Self {
            delivered,
            queue_mib: next(),
            parts_mib: [next(), next(), next()],
            claims: next(),
            claim_ms: next(),
            claim_us_per_delivery: next(),
        }
    }
}
