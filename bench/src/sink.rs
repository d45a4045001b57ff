//! The receiver of the deliveries: an HTTP server that counts, times, and can refuse to answer.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::epoch::Epoch;
use crate::histogram::Latencies;
use crate::ledger::Ledger;
use crate::payload;

/// Paths under which arrivals are counted and timed: `/measured/<slot>`.
const MEASURED: &str = "/measured/";
/// Paths under which arrivals are counted only: `/counted/<slot>`.
const COUNTED: &str = "/counted/";

/// How a sink behaves.
pub(crate) struct Settings {
    /// Ledgers: an arrival at slot `s` goes to ledger `s % ledgers`.
    pub(crate) ledgers: usize,
    /// Message numbers below this are told apart.
    pub(crate) numbers_max: u64,
    /// How long it takes before it answers.
    pub(crate) answer_after: Duration,
    /// Whether it answers at all, from the start.
    pub(crate) is_answering: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { ledgers: 1, numbers_max: 1 << 24, answer_after: Duration::ZERO, is_answering: true }
    }
}

/// A running receiver; it stops when dropped.
pub(crate) struct Sink {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    accepting: AbortHandle,
}

/// A number that goes up and down, and the most it was.
#[derive(Default)]
struct Gauge {
    now: AtomicU64,
    peak: AtomicU64,
}

/// Counts one up until dropped.
struct Held<'a>(&'a Gauge);

struct State {
    epoch: Epoch,
    settings: Settings,
    ledgers: Vec<Ledger>,
    arrivals: AtomicU64,
    is_recording: AtomicBool,
    latencies: Mutex<Latencies>,
    answering: watch::Sender<bool>,
    connections: Gauge,
    requests: Gauge,
}

impl Sink {
    /// Listens on a free port of the loopback.
    pub(crate) async fn start(epoch: Epoch, settings: Settings) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("the sink can't listen")?;
        let address = listener.local_addr()?;
        let ledgers = (0..settings.ledgers).map(|_| Ledger::new(settings.numbers_max)).collect();
        let state = Arc::new(State {
            epoch,
            ledgers,
            arrivals: AtomicU64::new(0),
            is_recording: AtomicBool::new(false),
            latencies: Mutex::new(Latencies::new()),
            answering: watch::Sender::new(settings.is_answering),
            connections: Gauge::default(),
            requests: Gauge::default(),
            settings,
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&state))).abort_handle();
        Ok(Self { address, state, accepting })
    }

    /// The URL of a slot whose arrivals are timed.
    pub(crate) fn measured_url(&self, slot: usize) -> String {
        format!("http://{}{MEASURED}{slot}", self.address)
    }

    /// The path of a slot whose arrivals are only counted.
    pub(crate) fn counted_path(slot: usize) -> String {
        format!("{COUNTED}{slot}")
    }

    /// The URL of a slot whose arrivals are only counted.
    pub(crate) fn counted_url(&self, slot: usize) -> String {
        format!("http://{}{COUNTED}{slot}", self.address)
    }

    /// Different deliveries that arrived, over all ledgers.
    pub(crate) fn distinct(&self) -> u64 {
        self.state.ledgers.iter().map(Ledger::count).sum()
    }

    /// Requests that arrived, duplicates included.
    pub(crate) fn arrivals(&self) -> u64 {
        self.state.arrivals.load(Ordering::Relaxed)
    }

    /// The ledgers, to compare with what was accepted.
    pub(crate) fn ledgers(&self) -> &[Ledger] {
        &self.state.ledgers
    }

    /// From now on arrivals are timed, or no longer.
    pub(crate) fn record(&self, is_recording: bool) {
        self.state.is_recording.store(is_recording, Ordering::Relaxed);
    }

    /// The time from sending to arrival of everything recorded; starts over.
    pub(crate) fn take_latencies(&self) -> Latencies {
        let mut latencies = self.state.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut latencies, Latencies::new())
    }

    /// Begins to answer, also those that wait.
    pub(crate) fn answer(&self) {
        self.state.answering.send_replace(true);
    }

    /// The most connections open, and the most requests in work, since the last call.
    pub(crate) fn take_peaks(&self) -> (u64, u64) {
        (self.state.connections.take_peak(), self.state.requests.take_peak())
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Gauge {
    fn hold(&self) -> Held<'_> {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(now, Ordering::Relaxed);
        Held(self)
    }

    fn take_peak(&self) -> u64 {
        self.peak.swap(self.now.load(Ordering::Relaxed), Ordering::Relaxed)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, Arc::clone(&state)));
            }
            // Out of file descriptors: some will come back.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    let _held = state.connections.hold();
    // Without it small answers may wait; when it fails the connection is already gone.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| handle(request, &state));
    // A client that goes away is no event here: what it didn't deliver is missing in the ledger.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn handle(request: Request<Incoming>, state: &State) -> Result<Response<Empty<Bytes>>, Infallible> {
    let _held = state.requests.hold();
    let (head, body) = request.into_parts();
    // The body is read first: only then does a client that hangs up end a request that waits.
    let body = body.collect().await;
    if !*state.answering.borrow() {
        // The sender lives in the state, so the wait can end only with a change.
        let _ = state.answering.subscribe().wait_for(|is_answering| *is_answering).await;
    }
    if let Ok(body) = body {
        arrived(state, head.uri.path(), &body.to_bytes());
    }
    if !state.settings.answer_after.is_zero() {
        tokio::time::sleep(state.settings.answer_after).await;
    }
    Ok(Response::new(Empty::new()))
}

fn arrived(state: &State, path: &str, body: &[u8]) {
    let now_ns = state.epoch.now_ns();
    let Some(stamp) = payload::read(body) else { return };
    let measured = path.strip_prefix(MEASURED);
    let Some(slot) =
        measured.or_else(|| path.strip_prefix(COUNTED)).and_then(|slot| slot.parse::<usize>().ok())
    else {
        return;
    };
    state.arrivals.fetch_add(1, Ordering::Relaxed);
    let is_new = state.ledgers[slot % state.ledgers.len()].insert(stamp.number);
    if is_new && measured.is_some() && state.is_recording.load(Ordering::Relaxed) {
        let mut latencies = state.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        latencies.record_ns(now_ns.saturating_sub(stamp.sent_ns));
    }
}
