//! How many messages per second are accepted and delivered when clients post as fast as they are answered.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::epoch::Epoch;
use crate::generator::Load;
use crate::histogram::median;
use crate::payload::Payload;
use crate::process::{self, Memory};
use crate::report::Report;
use crate::setup::{self, Stage};
use crate::sink::{self, Sink};
use crate::{Place, server};

/// Arguments of the scenario.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Args {
    /// Length of the measured window.
    #[arg(long, default_value_t = 10)]
    pub(crate) seconds: u64,
    /// Load before the window, in seconds.
    #[arg(long, default_value_t = 2)]
    pub(crate) warm_up: u64,
    /// Clients, each with a connection of its own.
    #[arg(long, default_value_t = 64)]
    pub(crate) connections: usize,
    /// Bytes of a message's payload.
    #[arg(long, default_value_t = 512)]
    pub(crate) payload: usize,
    /// Runs on fresh servers; the median of each number is reported.
    #[arg(long, default_value_t = 1)]
    pub(crate) repeat: usize,
    /// The endpoints have a body template; each run is compared with one without, before it.
    #[arg(long)]
    pub(crate) template: bool,
    /// The endpoints have a payload filter, which matches; compared like `--template`.
    #[arg(long)]
    pub(crate) filter: bool,
}

/// Makes a body of the same members and about the same length as the payload.
const TEMPLATE: &str =
    r#"{"type":"{{event.type}}","n":"{{event.n}}","t":"{{event.t}}","pad":"{{event.pad}}"}"#;

impl Args {
    /// What the endpoints have beside a URL; null = nothing.
    fn rules(&self) -> Value {
        let mut rules = Value::Null;
        if self.template {
            rules["bodyTemplate"] = json!(TEMPLATE);
        }
        if self.filter {
            rules["filter"] =
                json!({ "n": { "$gte": "0" }, "pad": { "$startsWith": "xxxx" }, "t": { "$exists": true } });
        }
        rules
    }
}

/// What one run gave.
pub(crate) struct Run {
    raw_per_s: f64,
    accepted_per_s: f64,
    delivered_per_s: f64,
    drain_s: f64,
    duplicates: u64,
    cpu_s_per_1000: f64,
    memory: Memory,
}

/// Runs the scenario and reports it.
pub(crate) async fn run(place: &Place, args: &Args) -> anyhow::Result<()> {
    let scenario = match (args.template, args.filter) {
        (false, false) => "throughput",
        (true, false) => "throughput-template",
        (false, true) => "throughput-filter",
        (true, true) => "throughput-template-filter",
    };
    repeat(place, args, 1, scenario).await
}

/// Runs with that many endpoints, each of which gets every message.
pub(crate) async fn repeat(
    place: &Place,
    args: &Args,
    endpoints: usize,
    scenario: &'static str,
) -> anyhow::Result<()> {
    let rules = args.rules();
    let (mut runs, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..args.repeat.max(1) {
        if !rules.is_null() {
            plain.push(measure(place, args, endpoints, &Value::Null).await?);
        }
        runs.push(measure(place, args, endpoints, &rules).await?);
    }
    let settings = json!({
        "seconds": args.seconds, "warm_up": args.warm_up, "connections": args.connections,
        "payload": args.payload, "repeat": args.repeat, "endpoints": endpoints, "rules": rules,
    });
    let mut report = Report::new(scenario, settings);
    let mut number = |name: &str, of: &dyn Fn(&Run) -> f64| {
        report.number(name, median(&runs.iter().map(of).collect::<Vec<_>>()));
    };
    number("raw_posts_per_s", &|run| run.raw_per_s);
    number("accepted_per_s", &|run| run.accepted_per_s);
    number("delivered_per_s", &|run| run.delivered_per_s);
    number("delivered_per_raw", &|run| run.delivered_per_s / run.raw_per_s);
    number("drain_s", &|run| run.drain_s);
    number("duplicates", &|run| run.duplicates as f64);
    number("server_cpu_s_per_1000_messages", &|run| run.cpu_s_per_1000);
    number("server_rss_mib", &|run| run.memory.resident_mib);
    number("server_rss_peak_mib", &|run| run.memory.peak_mib);
    if !plain.is_empty() {
        compare(&mut report, &runs, &plain);
    }
    report.detail(
        "delivered_per_s_by_run",
        json!(runs.iter().map(|run| run.delivered_per_s).collect::<Vec<_>>()),
    );
    report.finish(place)
}

/// Adds what the rules cost. Each run is compared with the one before it: the machine's speed changes over minutes.
fn compare(report: &mut Report, runs: &[Run], plain: &[Run]) {
    let per_s = |runs: &[Run]| runs.iter().map(|run| run.delivered_per_s).collect::<Vec<_>>();
    let cpu = |runs: &[Run]| median(&runs.iter().map(|run| run.cpu_s_per_1000).collect::<Vec<_>>());
    let losses: Vec<f64> = runs
        .iter()
        .zip(plain)
        .map(|(run, plain)| 100.0 * (1.0 - run.delivered_per_s / plain.delivered_per_s))
        .collect();
    report.number("plain_delivered_per_s", median(&per_s(plain)));
    report.number("loss_percent", median(&losses));
    report.number("plain_server_cpu_s_per_1000_messages", cpu(plain));
    report.detail("plain_delivered_per_s_by_run", json!(per_s(plain)));
    report.detail("loss_percent_by_run", json!(losses));
}

async fn measure(place: &Place, args: &Args, endpoints: usize, rules: &Value) -> anyhow::Result<Run> {
    let epoch = Epoch::start();
    let payload = Payload::new(args.payload);
    let raw_before = setup::raw_per_s(epoch, args.connections, &payload).await?;

    let stage = Stage::start(place, &[]).await?;
    let sink = Sink::start(epoch, sink::Settings { ledgers: endpoints, ..Default::default() }).await?;
    let app = stage.server.create_app("bench").await?;
    for slot in 0..endpoints {
        stage.server.create_endpoint_with(&app, &sink.counted_url(slot), rules).await?;
    }
    let cpu_before = process::cpu_seconds(stage.server.pid());
    let load = Load::start(setup::messages(epoch, &stage.server, &app, args.connections, &payload));
    tokio::time::sleep(Duration::from_secs(args.warm_up)).await;
    let (start, accepted, delivered) = (Instant::now(), load.accepted(), sink.distinct());
    tokio::time::sleep(Duration::from_secs(args.seconds)).await;
    let seconds = start.elapsed().as_secs_f64();
    let accepted_per_s = (load.accepted() - accepted) as f64 / seconds;
    let delivered_per_s = (sink.distinct() - delivered) as f64 / seconds;

    let done = load.stop().await;
    setup::nothing_is_refused(&done)?;
    let messages = done.accepted.count();
    let drain = setup::wait_for_arrivals(&sink, messages * endpoints as u64, server::START_MAX * 2).await;
    setup::nothing_is_lost(&done, &sink, |_| true)?;
    let cpu_s = process::cpu_seconds(stage.server.pid()) - cpu_before;
    let memory = process::memory(stage.server.pid());
    drop(stage);
    let raw_after = setup::raw_per_s(epoch, args.connections, &payload).await?;
    Ok(Run {
        raw_per_s: f64::midpoint(raw_before, raw_after),
        accepted_per_s,
        delivered_per_s,
        drain_s: drain.unwrap_or_default().as_secs_f64(),
        duplicates: sink.arrivals() - sink.distinct(),
        cpu_s_per_1000: cpu_s * 1_000.0 / messages as f64,
        memory,
    })
}
