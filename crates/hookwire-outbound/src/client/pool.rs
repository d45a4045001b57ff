//! Connections that are kept for the next request, by scheme, host and port.

mod idle;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hookwire_core::target::{Scheme, TargetUrl};
use http::header::HOST;
use http::{HeaderValue, Uri};
use http_body_util::Full;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;

use self::idle::Idle;
use super::line::{Answer, Line, Outgoing, Unsent};
use super::{BODY_BYTES_MAX, HEADER_BYTES_MAX, failure};
use crate::connector::Connector;
use crate::exchange::Failure;
use crate::phases::Phases;
use crate::wire::Wire;

/// An HTTP/2 connection that does not answer a ping for that long is given up.
const PING_TIMEOUT: Duration = Duration::from_secs(5);
const PING_INTERVAL: Duration = Duration::from_secs(10);
/// How often it is looked whether idle connections were closed by the other side, at least.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

type Shared = http2::SendRequest<Full<Bytes>>;

/// A connection to send a request on.
enum Way {
    /// HTTP/1.1, for this request alone.
    Line(Box<Line>),
    /// HTTP/2, with others.
    Shared(Shared),
}

/// The head of an answer, and the connection that its body is still to come on.
pub(super) struct Answered {
    pub(super) answer: Answer,
    /// `None`: the connection is shared, and drives itself.
    pub(super) line: Option<Box<Line>>,
}

/// Makes connections and keeps those that are idle.
pub(super) struct Pool {
    connector: Connector,
    idle_timeout: Duration,
    idle_max: usize,
    sites: Mutex<Sites>,
}

#[derive(Default)]
struct Sites {
    /// By authority, for each scheme.
    idle: [HashMap<String, Idle>; 2],
    /// Whether somebody looks after them.
    attended: bool,
}

impl Sites {
    fn of(&mut self, scheme: Scheme) -> &mut HashMap<String, Idle> {
        &mut self.idle[usize::from(scheme == Scheme::Https)]
    }
}

impl Pool {
    /// No connections yet, to be made by this connector.
    pub(super) fn new(connector: Connector, idle_timeout: Duration, idle_max: usize) -> Arc<Self> {
        Arc::new(Self { connector, idle_timeout, idle_max, sites: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Sites> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the request, on a connection that is idle or on a new one. One found closed before anything was written is
    /// replaced silently: the only thing that is ever tried twice.
    pub(super) async fn send(
        self: &Arc<Self>,
        target: &TargetUrl,
        mut request: Outgoing,
        phases: &Phases,
    ) -> Result<Answered, Failure> {
        loop {
            let known = self.take(target);
            let is_new = known.is_none();
            let way = match known {
                Some(way) => way,
                None => Box::pin(self.connect(target, phases)).await?,
            };
            match way.send(target, request).await {
                Ok(answered) => return Ok(answered),
                Err(mut unsent) => match unsent.take_message() {
                    Some(again) if !is_new => request = again,
                    _ => return Err(failure::of_exchange(unsent.error())),
                },
            }
        }
    }

    /// Keeps the connection, if another request may be sent on it.
    pub(super) fn give_back(self: &Arc<Self>, target: &TargetUrl, mut line: Box<Line>) {
        if self.idle_max == 0 || !line.is_free() {
            return;
        }
        let surplus = self.keep(target, |idle| idle.add(line, self.idle_max));
        // Closing takes its time, so it is not done under the lock.
        drop(surplus);
    }

    /// Changes what is kept for the target's site, and sees to it that somebody looks after it.
    fn keep<T>(self: &Arc<Self>, target: &TargetUrl, change: impl FnOnce(&mut Idle) -> T) -> T {
        let mut sites = self.lock();
        let known = sites.of(target.scheme());
        let changed = match known.get_mut(target.authority()) {
            Some(idle) => change(idle),
            None => change(known.entry(target.authority().to_owned()).or_default()),
        };
        let attended = std::mem::replace(&mut sites.attended, true);
        drop(sites);
        if !attended {
            self.attend();
        }
        changed
    }

    fn take(&self, target: &TargetUrl) -> Option<Way> {
        let mut sites = self.lock();
        let idle = sites.of(target.scheme()).get_mut(target.authority())?;
        let (way, expired) = idle.take(Instant::now(), self.idle_timeout);
        drop(sites);
        drop(expired);
        way
    }

    async fn connect(self: &Arc<Self>, target: &TargetUrl, phases: &Phases) -> Result<Way, Failure> {
        let wire = self.connector.connect(target.uri(), phases).await?;
        let failed = |error| failure::of_exchange(&error);
        if !wire.speaks_http2() {
            return Ok(Way::Line(Box::new(Line::open(wire).await.map_err(failed)?)));
        }
        let shared = share(wire).await.map_err(failed)?;
        if self.idle_max == 0 {
            return Ok(Way::Shared(shared));
        }
        Ok(Way::Shared(self.keep(target, |idle| idle.share(shared))))
    }

    /// Closes what is idle for too long, or was closed by the other side, for as long as anything is kept.
    fn attend(self: &Arc<Self>) {
        let interval = (self.idle_timeout / 2).clamp(Duration::from_millis(50), LOOK_INTERVAL);
        let pool = Arc::downgrade(self);
        // Each connection is looked at once, so it may be more than a task should ask for at a time.
        tokio::spawn(tokio::task::unconstrained(async move {
            loop {
                tokio::time::sleep(interval).await;
                let Some(pool) = pool.upgrade() else { return };
                if !pool.look() {
                    return;
                }
            }
        }));
    }

    /// Looks once; `false` when nothing is left.
    fn look(&self) -> bool {
        let now = Instant::now();
        let mut gone = Vec::new();
        let mut sites = self.lock();
        for idle in sites.idle.iter_mut().flat_map(HashMap::values_mut) {
            idle.look(now, self.idle_timeout, &mut gone);
        }
        sites.idle.iter_mut().for_each(|known| known.retain(|_, idle| !idle.is_empty()));
        let is_left = sites.idle.iter().any(|known| !known.is_empty());
        sites.attended = is_left;
        drop(sites);
        drop(gone);
        is_left
    }
}

impl Way {
    async fn send(self, target: &TargetUrl, mut request: Outgoing) -> Result<Answered, Unsent> {
        match self {
            Self::Line(mut line) => {
                address_line(target, &mut request);
                let answer = line.send(request).await?;
                Ok(Answered { answer, line: Some(line) })
            }
            Self::Shared(mut shared) => {
                *request.uri_mut() = target.uri().clone();
                request.headers_mut().remove(HOST);
                // One that is closed gives the request back.
                drop(shared.ready().await);
                let answer = shared.try_send_request(request).await?;
                Ok(Answered { answer, line: None })
            }
        }
    }
}

/// HTTP/1.1 has the path in the request line, and the rest in the Host header.
fn address_line(target: &TargetUrl, request: &mut Outgoing) {
    *request.uri_mut() = target.uri().path_and_query().cloned().map_or_else(Uri::default, Uri::from);
    if let Ok(host) = HeaderValue::from_str(target.authority()) {
        request.headers_mut().entry(HOST).or_insert(host);
    }
}

/// Begins to speak HTTP/2. The connection drives itself from now on.
async fn share(wire: Wire) -> hyper::Result<Shared> {
    let (shared, connection) = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_header_list_size(HEADER_BYTES_MAX)
        .initial_stream_window_size(BODY_BYTES_MAX as u32)
        .initial_connection_window_size(1024 * 1024)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT)
        .handshake(wire)
        .await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "an HTTP/2 connection to a receiver ended");
        }
    });
    Ok(shared)
}
