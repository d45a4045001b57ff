//! What receivers that never answer do to the latency of those that do, in the same run.

use std::sync::Arc;

use serde_json::json;

use super::latency::{self, Steady, Times};
use crate::Place;
use crate::epoch::Epoch;
use crate::generator::Body;
use crate::histogram::median;
use crate::payload::{Payload, Stamp};
use crate::report::Report;
use crate::setup::{EVENT_TYPE, Stage};
use crate::sink::{self, Sink};

/// Endpoints of `--many`: the even ones are healthy, the odd ones not.
const MANY: usize = 2_000;

/// Arguments of the scenario.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Args {
    /// 1,000 endpoints that never answer among 1,000 healthy ones, each message for one of them.
    #[arg(long)]
    many: bool,
    /// Messages per second.
    #[arg(long, default_value_t = 300)]
    rate: u32,
    /// Length of each measured window; 15, or 30 with --many.
    #[arg(long)]
    seconds: Option<u64>,
    /// Connections; more than needed, so that no post waits for one.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Bytes of a message's payload.
    #[arg(long, default_value_t = 512)]
    payload: usize,
    /// Pairs of windows, each pair on a fresh server; the median of each number is reported, but the worst maximum.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
}

/// Whether the endpoints that are not measured answer.
#[derive(Clone, Copy, PartialEq)]
enum Neighbours {
    /// None with one endpoint; healthy ones with many, so that both windows have the same load.
    Healthy,
    Silent,
}

/// A window without silent receivers, and the one after it with them.
struct Pair {
    without: Times,
    with: Times,
}

/// Runs the scenario and reports it.
pub(crate) async fn run(place: &Place, args: &Args) -> anyhow::Result<()> {
    let epoch = Epoch::start();
    let mut pairs = Vec::new();
    for _ in 0..args.repeat {
        let stage = Stage::start(place, &[]).await?;
        let without = window(epoch, &stage, args, Neighbours::Healthy).await?;
        let with = window(epoch, &stage, args, Neighbours::Silent).await?;
        pairs.push(Pair { without, with });
    }
    let settings = json!({
        "many": args.many, "rate": args.rate, "seconds": args.window_seconds(), "payload": args.payload,
        "connections": args.connections, "endpoints": if args.many { MANY } else { 2 }, "repeat": args.repeat,
    });
    let mut report = Report::new(if args.many { "isolation-many" } else { "isolation" }, settings);
    summarize(&mut report, &pairs);
    report.finish(place)
}

fn summarize(report: &mut Report, pairs: &[Pair]) {
    let middle = |of: &dyn Fn(&Pair) -> f64| median(&pairs.iter().map(of).collect::<Vec<_>>());
    let worst =
        |side: fn(&Pair) -> &Times| pairs.iter().map(|pair| side(pair).arrivals.max_ms()).fold(0.0, f64::max);
    let mut side = |name: &str, side: fn(&Pair) -> &Times| {
        report.number(&format!("{name}_black_hole_p50_ms"), middle(&|pair| side(pair).arrivals.p50_ms()));
        report.number(&format!("{name}_black_hole_p99_ms"), middle(&|pair| side(pair).arrivals.p99_ms()));
        report.number(&format!("{name}_black_hole_max_ms"), worst(side));
        let answers = middle(&|pair| side(pair).answers.p99_ms());
        report.number(&format!("{name}_black_hole_answer_p99_ms"), answers);
        let each: Vec<_> = pairs.iter().map(|pair| side(pair).arrivals.to_json()).collect();
        report.detail(name, json!(each));
    };
    side("without", |pair| &pair.without);
    side("with", |pair| &pair.with);
    let p50_ratio = |pair: &Pair| pair.with.arrivals.p50_ms() / pair.without.arrivals.p50_ms();
    let p99_ratio = |pair: &Pair| pair.with.arrivals.p99_ms() / pair.without.arrivals.p99_ms();
    report.number("p50_ratio", middle(&p50_ratio));
    report.number("p99_ratio", middle(&p99_ratio));
    report.detail("p99_ratio_by_pair", json!(pairs.iter().map(p99_ratio).collect::<Vec<_>>()));
}

impl Args {
    /// The same with `--many`.
    pub(crate) fn with_many(self) -> Self {
        Self { many: true, ..self }
    }

    fn window_seconds(&self) -> u64 {
        self.seconds.unwrap_or(if self.many { 30 } else { 15 })
    }
}

/// One window on an application and a sink of its own.
async fn window(epoch: Epoch, stage: &Stage, args: &Args, neighbours: Neighbours) -> anyhow::Result<Times> {
    let sink = Sink::start(epoch, sink::Settings::default()).await?;
    let black_hole = Sink::start(epoch, sink::Settings { is_answering: false, ..Default::default() }).await?;
    let app = stage.server.create_app("bench").await?;
    let steady = Steady {
        epoch,
        server: &stage.server,
        app: &app,
        rate: args.rate,
        seconds: args.window_seconds(),
        connections: args.connections,
        body: body(args),
    };
    if !args.many {
        stage.server.create_endpoint(&app, &sink.measured_url(0), &[]).await?;
        if neighbours == Neighbours::Silent {
            stage.server.create_endpoint(&app, &black_hole.counted_url(0), &[]).await?;
        }
        return latency::measure(steady, &sink, |_| true).await;
    }
    for slot in 0..MANY {
        let url = match neighbours {
            _ if slot % 2 == 0 => sink.measured_url(slot),
            Neighbours::Healthy => sink.counted_url(slot),
            Neighbours::Silent => black_hole.counted_url(slot),
        };
        stage.server.create_endpoint(&app, &url, &[event_type(slot as u64)]).await?;
    }
    latency::measure(steady, &sink, |number| neighbours == Neighbours::Healthy || number % 2 == 0).await
}

fn body(args: &Args) -> Body {
    let payload = Payload::new(args.payload);
    if args.many {
        return Arc::new(move |stamp: Stamp| payload.message(&event_type(stamp.number % MANY as u64), stamp));
    }
    Arc::new(move |stamp| payload.message(EVENT_TYPE, stamp))
}

fn event_type(slot: u64) -> String {
    format!("bench.{slot}")
}
