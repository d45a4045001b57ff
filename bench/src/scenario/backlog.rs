//! A million deliveries that can't be made: ingest, memory, a crash and the start after it, and the receiver's return.

use std::time::{Duration, Instant};

use anyhow::bail;
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::json;

use crate::client::Connection;
use crate::epoch::Epoch;
use crate::generator::{Done, Load, Plan};
use crate::payload::{Payload, Stamp};
use crate::report::Report;
use crate::server::{self, Server};
use crate::setup::{self, EVENT_TYPE, Stage};
use crate::sink::{self, Sink};
use crate::{Place, process};

/// How many messages make the first and the last stretch whose rates are compared.
const STRETCH: u64 = 50_000;

/// Arguments of the scenario.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Args {
    /// Messages, each owed to one endpoint.
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// Clients, each with a connection of its own.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Bytes of a message's payload.
    #[arg(long, default_value_t = 512)]
    payload: usize,
    /// The receiver accepts connections but does not answer, and comes back after the crash.
    #[arg(long)]
    drain: bool,
    /// How long the receiver takes to answer after its return, in milliseconds.
    #[arg(long, default_value_t = 10)]
    answer_after_ms: u64,
    /// Give up posting, and later draining, after that many seconds each.
    #[arg(long, default_value_t = 600)]
    seconds_max: u64,
}

/// One look at a running fill.
struct Sample {
    at: Instant,
    accepted: u64,
}

/// Runs the scenario and reports it.
pub(crate) async fn run(place: &Place, args: &Args) -> anyhow::Result<()> {
    let epoch = Epoch::start();
    let stage = Stage::start(place, &environment(args)).await?;
    let settings = sink::Settings {
        numbers_max: args.messages + 1,
        is_answering: false,
        answer_after: Duration::from_millis(args.answer_after_ms),
        ..Default::default()
    };
    let sink = Sink::start(epoch, settings).await?;
    let dead = format!("http://{}/dead", server::free_address()?);
    let app = stage.server.create_app("bench").await?;
    let url = if args.drain { sink.counted_url(0) } else { dead };
    stage.server.create_endpoint(&app, &url, &[]).await?;

    let settings = json!({
        "messages": args.messages, "connections": args.connections, "payload": args.payload,
        "drain": args.drain, "answer_after_ms": args.answer_after_ms,
    });
    let mut report = Report::new(if args.drain { "backlog-drain" } else { "backlog" }, settings);
    let done = fill(epoch, &stage.server, &app, args, &mut report).await?;
    let memory = process::memory(stage.server.pid());
    report.number("server_rss_peak_mib", memory.peak_mib);
    report.number("server_rss_end_mib", memory.resident_mib);

    let stage = stage.crash_and_spawn()?;
    let payload = Payload::new(args.payload);
    let probe = payload.message(EVENT_TYPE, Stamp { number: args.messages, sent_ns: epoch.now_ns() });
    report.number("spawn_to_first_202_s", first_accepted(&stage.server, &app, probe).await?.as_secs_f64());
    if args.drain {
        drain(&sink, &done, args, &mut report).await?;
    } else {
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    let memory = process::memory(stage.server.pid());
    report.number("server_rss_peak_after_restart_mib", memory.peak_mib);
    report.number("server_rss_after_restart_mib", memory.resident_mib);
    report.finish(place)
}

/// Failed deliveries wait for an hour, or with `--drain` come again all the time; the endpoint stays enabled.
fn environment(args: &Args) -> Vec<(&'static str, String)> {
    let schedule = if args.drain { vec!["5s"; 200].join(",") } else { "1h,1h".to_owned() };
    vec![
        ("HOOKWIRE_DELIVERY_RETRY_SCHEDULE", schedule),
        ("HOOKWIRE_DELIVERY_DISABLE_AFTER", "240h".to_owned()),
    ]
}

/// Posts all messages and reports how fast they were accepted.
async fn fill(
    epoch: Epoch,
    server: &Server,
    app: &str,
    args: &Args,
    report: &mut Report,
) -> anyhow::Result<Done> {
    let payload = Payload::new(args.payload);
    let plan = setup::messages(epoch, server, app, args.connections, &payload);
    let start = Instant::now();
    let mut samples = vec![Sample { at: start, accepted: 0 }];
    let load = Load::start(Plan { messages_max: args.messages, ..plan });
    while load.is_running() {
        tokio::time::sleep(Duration::from_millis(50)).await;
        samples.push(Sample { at: Instant::now(), accepted: load.accepted() });
        if start.elapsed() > Duration::from_secs(args.seconds_max) {
            bail!("only {} messages were accepted in {} s", load.accepted(), args.seconds_max);
        }
    }
    let done = load.finish().await;
    setup::nothing_is_refused(&done)?;
    let total = done.accepted.count();
    let stretch = STRETCH.min(total);
    report.number("accepted", total as f64);
    report.number("accepted_per_s", rate(&samples, 0, total));
    report.number("accepted_per_s_first_50000", rate(&samples, 0, stretch));
    report.number("accepted_per_s_last_50000", rate(&samples, total - stretch, total));
    Ok(done)
}

/// Messages per second from one count to another, between the samples nearest after each.
fn rate(samples: &[Sample], from: u64, to: u64) -> f64 {
    let after = |count: u64| samples.iter().find(|sample| sample.accepted >= count).or(samples.last());
    let (Some(start), Some(end)) = (after(from), after(to)) else { return 0.0 };
    let seconds = end.at.duration_since(start.at).as_secs_f64();
    if seconds > 0.0 { (end.accepted - start.accepted) as f64 / seconds } else { 0.0 }
}

/// The time from the process's start to the first message it accepts.
async fn first_accepted(server: &Server, app: &str, body: Bytes) -> anyhow::Result<Duration> {
    let path = server::message_path(app);
    while server.spawned.elapsed() < server::START_MAX {
        if let Ok(mut connection) = Connection::open(server.peer.clone()).await {
            let answer = connection.send(Method::POST, &path, body.clone()).await;
            if answer.is_ok_and(|(status, _)| status == StatusCode::ACCEPTED) {
                return Ok(server.spawned.elapsed());
            }
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    bail!("no message was accepted within {:?} of the restart", server::START_MAX)
}

/// The receiver answers again: how many deliveries it gets per second, and how many at once.
async fn drain(sink: &Sink, done: &Done, args: &Args, report: &mut Report) -> anyhow::Result<()> {
    sink.take_peaks();
    sink.answer();
    let start = Instant::now();
    let (mut curve, mut before) = (Vec::new(), sink.arrivals());
    // The message that proved the restart is owed as well.
    let owed = done.accepted.count() + 1;
    while sink.distinct() < owed && start.elapsed() < Duration::from_secs(args.seconds_max) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = sink.arrivals();
        curve.push(now - before);
        before = now;
    }
    let (connections, requests) = sink.take_peaks();
    report.number("drain_s", start.elapsed().as_secs_f64());
    report.number("arrivals_per_s_peak", curve.iter().max().copied().unwrap_or_default() as f64);
    report.number("connections_peak", connections as f64);
    report.number("requests_at_once_peak", requests as f64);
    report.number("duplicates", (sink.arrivals() - sink.distinct()) as f64);
    report.detail("arrivals_per_s", json!(curve));
    setup::nothing_is_lost(done, sink, |_| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_between_the_samples_after_both_counts() {
        let start = Instant::now();
        let sample = |seconds, accepted| Sample { at: start + Duration::from_secs(seconds), accepted };
        let samples = [sample(0, 0), sample(1, 100), sample(2, 150), sample(4, 350)];
        assert!((rate(&samples, 0, 100) - 100.0).abs() < 1e-9);
        assert!((rate(&samples, 150, 350) - 100.0).abs() < 1e-9);
        assert!(rate(&samples, 350, 350).abs() < 1e-9);
    }
}
