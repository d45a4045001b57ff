//! What most scenarios begin and end with: a server on a fresh folder, the raw speed of this machine, the count.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use hookwire_core::Timestamp;
use hookwire_testkit::Postgres;
use http::StatusCode;
use tempfile::TempDir;

use crate::client::Peer;
use crate::epoch::Epoch;
use crate::generator::{Body, Done, Load, Pace, Plan};
use crate::payload::Payload;
use crate::server::{self, Server};
use crate::sink::{self, Sink};
use crate::{Database, Place, database, days, report};

/// The event type of every message, unless a scenario says otherwise.
pub(crate) const EVENT_TYPE: &str = "bench.event";

/// How long a run of [`raw_per_s`] takes.
const RAW_FOR: Duration = Duration::from_secs(5);

/// A server on a folder of its own. Dropping it kills the server, then removes the folder.
pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) settings: server::Settings,
    /// The database's server, unless the store is a file.
    pub(crate) postgres: Option<Postgres>,
    _folder: TempDir,
}

impl Stage {
    /// Starts a server with nothing in its store.
    pub(crate) async fn start(place: &Place, environment: &[(&'static str, String)]) -> anyhow::Result<Self> {
        let parent = std::path::absolute(report::data_parent(place))?;
        let folder = tempfile::Builder::new()
            .prefix("hookwire-bench-")
            .tempdir_in(&parent)
            .with_context(|| format!("can't make a folder in {}", parent.display()))?;
        let binary = place
            .server
            .canonicalize()
            .with_context(|| format!("no server at {}", place.server.display()))?;
        let mut environment = environment.to_vec();
        let postgres = match place.database {
            Database::Sqlite if place.days > 0 => bail!("--days is for --database postgres"),
            Database::Sqlite => None,
            Database::Postgres => Some(database::start().await),
        };
        if let Some(postgres) = &postgres {
            environment.push(("HOOKWIRE_STORE_URL", postgres.url()));
        }
        let settings = server::Settings { binary, folder: folder.path().to_path_buf(), environment };
        let server = Server::start(&settings).await?;
        if let Some(postgres) = &postgres {
            let today = days::day_of(Timestamp::from_micros(jiff::Timestamp::now().as_microsecond()));
            days::make(postgres, today - i64::from(place.days)..today).await;
        }
        Ok(Self { server, settings, postgres, _folder: folder })
    }

    /// SIGKILL and a new process on the same folder, which is not waited for.
    pub(crate) fn crash_and_spawn(self) -> anyhow::Result<Self> {
        self.server.kill()?;
        let server = Server::spawn(&self.settings)?;
        Ok(Self { server, ..self })
    }
}

/// Messages for the application, as fast as they are answered, without end.
pub(crate) fn messages(
    epoch: Epoch,
    server: &Server,
    app: &str,
    connections: usize,
    payload: &Payload,
) -> Plan {
    let payload = payload.clone();
    Plan {
        epoch,
        peer: server.peer.clone(),
        path: server::message_path(app),
        expects: StatusCode::ACCEPTED,
        connections,
        pace: Pace::Closed,
        messages_max: sink::Settings::default().numbers_max,
        body: Arc::new(move |stamp| payload.message(EVENT_TYPE, stamp)),
    }
}

/// Posts per second of this generator straight at this sink: what the machine could do without a server between.
pub(crate) async fn raw_per_s(epoch: Epoch, connections: usize, payload: &Payload) -> anyhow::Result<f64> {
    let sink = Sink::start(epoch, sink::Settings::default()).await?;
    let payload = payload.clone();
    let body: Body = Arc::new(move |stamp| payload.bare(stamp));
    let load = Load::start(Plan {
        epoch,
        peer: Peer::open(sink.address),
        path: Sink::counted_path(0),
        expects: StatusCode::OK,
        connections,
        pace: Pace::Closed,
        messages_max: sink::Settings::default().numbers_max,
        body,
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (start, before) = (Instant::now(), sink.distinct());
    tokio::time::sleep(RAW_FOR).await;
    let per_s = (sink.distinct() - before) as f64 / start.elapsed().as_secs_f64();
    let done = load.stop().await;
    if done.errors > 0 || !done.refused.is_empty() {
        bail!("the sink failed {} raw posts", done.errors);
    }
    Ok(per_s)
}

/// Waits until that many different deliveries have arrived, and returns how long it took; none when it took too long.
pub(crate) async fn wait_for_arrivals(sink: &Sink, deliveries: u64, at_most: Duration) -> Option<Duration> {
    let start = Instant::now();
    while sink.distinct() < deliveries {
        if start.elapsed() > at_most {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Some(start.elapsed())
}

/// Fails when something that was accepted, and that `counts`, is in one of the sink's ledgers not there.
pub(crate) fn nothing_is_lost(done: &Done, sink: &Sink, counts: impl Fn(u64) -> bool) -> anyhow::Result<()> {
    let missing: u64 = sink.ledgers().iter().map(|ledger| done.accepted.missing_in(ledger, &counts)).sum();
    if missing > 0 {
        bail!("{missing} accepted deliveries did not arrive in time");
    }
    Ok(())
}

/// Fails when posts were not accepted; a benchmark asks for nothing that may be refused.
pub(crate) fn nothing_is_refused(done: &Done) -> anyhow::Result<()> {
    if done.errors > 0 || !done.refused.is_empty() {
        bail!("{} posts got no answer, and by status were refused: {:?}", done.errors, done.refused);
    }
    if done.accepted.count() == 0 {
        bail!("no message was accepted");
    }
    Ok(())
}
