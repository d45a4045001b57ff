//! How long it takes from a post to its arrival at the receiver, at a rate the server can easily keep.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use serde_json::json;

use crate::Place;
use crate::epoch::Epoch;
use crate::generator::{Body, Load, Pace, Plan};
use crate::histogram::Latencies;
use crate::payload::Payload;
use crate::report::Report;
use crate::server::Server;
use crate::setup::{self, EVENT_TYPE, Stage};
use crate::sink::{self, Sink};

/// How long the last messages may be on their way after the load ends.
const ARRIVE_WITHIN: Duration = Duration::from_secs(30);

/// Arguments of the scenario.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Args {
    /// Messages per second.
    #[arg(long, default_value_t = 500)]
    rate: u32,
    /// Length of the measured window.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// Connections; more than needed, so that no post waits for one.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Bytes of a message's payload.
    #[arg(long, default_value_t = 512)]
    payload: usize,
}

/// Load at a fixed rate on one application.
pub(crate) struct Steady<'a> {
    pub(crate) epoch: Epoch,
    pub(crate) server: &'a Server,
    pub(crate) app: &'a str,
    pub(crate) rate: u32,
    pub(crate) seconds: u64,
    pub(crate) connections: usize,
    pub(crate) body: Body,
}

/// What steady load gave.
pub(crate) struct Times {
    /// From the post to the arrival at a measured slot.
    pub(crate) arrivals: Latencies,
    /// From the post to its 202.
    pub(crate) answers: Latencies,
}

/// Runs the scenario and reports it.
pub(crate) async fn run(place: &Place, args: &Args) -> anyhow::Result<()> {
    let epoch = Epoch::start();
    let stage = Stage::start(place, &[]).await?;
    let sink = Sink::start(epoch, sink::Settings::default()).await?;
    let app = stage.server.create_app("bench").await?;
    stage.server.create_endpoint(&app, &sink.measured_url(0), &[]).await?;
    let payload = Payload::new(args.payload);
    let steady = Steady {
        epoch,
        server: &stage.server,
        app: &app,
        rate: args.rate,
        seconds: args.seconds,
        connections: args.connections,
        body: Arc::new(move |stamp| payload.message(EVENT_TYPE, stamp)),
    };
    let times = measure(steady, &sink, |_| true).await?;
    let settings = json!({
        "rate": args.rate, "seconds": args.seconds, "connections": args.connections, "payload": args.payload,
    });
    let mut report = Report::new("latency", settings);
    for (name, latencies) in [("arrival", &times.arrivals), ("answer", &times.answers)] {
        report.number(&format!("{name}_p50_ms"), latencies.p50_ms());
        report.number(&format!("{name}_p90_ms"), latencies.quantile_ms(0.90));
        report.number(&format!("{name}_p99_ms"), latencies.p99_ms());
        report.number(&format!("{name}_max_ms"), latencies.max_ms());
        report.detail(name, latencies.to_json());
    }
    report.finish(place)
}

/// Posts at the rate for two seconds and then for the window, and times what arrives of the window.
///
/// Fails when a message that `arrives` (by its number) does not.
pub(crate) async fn measure(
    steady: Steady<'_>,
    sink: &Sink,
    arrives: impl Fn(u64) -> bool,
) -> anyhow::Result<Times> {
    let warm_up = Duration::from_secs(2);
    let plan = setup::messages(steady.epoch, steady.server, steady.app, steady.connections, &Payload::new(0));
    let load = Load::start(Plan { pace: Pace::PerSecond(steady.rate), body: steady.body, ..plan });
    tokio::time::sleep(warm_up).await;
    load.record(true);
    sink.record(true);
    tokio::time::sleep(Duration::from_secs(steady.seconds)).await;
    let done = load.stop().await;
    setup::nothing_is_refused(&done)?;
    let expected = (0..done.posted).filter(|number| arrives(*number)).count() as u64;
    setup::wait_for_arrivals(sink, expected, ARRIVE_WITHIN).await;
    setup::nothing_is_lost(&done, sink, arrives)?;
    sink.record(false);
    let kept = done.posted as f64 / f64::from(steady.rate) / (steady.seconds + warm_up.as_secs()) as f64;
    if kept < 0.95 {
        bail!("only {:.0} % of the rate was posted: use more connections or a lower rate", kept * 100.0);
    }
    Ok(Times { arrivals: sink.take_latencies(), answers: done.answers })
}
