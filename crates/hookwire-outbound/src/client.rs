//! Sends a request and tells what came of it, within its deadline.

mod failure;
mod line;
mod own_tls;
mod pool;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookwire_core::address::AddressPolicy;
use hookwire_core::rules::Tls;
use hookwire_core::target::TargetUrl;
use http::header::AUTHORIZATION;
use http_body_util::Full;
use tokio::time::{Instant, timeout_at};

use self::own_tls::OwnTls;
use self::pool::{Answered, Pool};
use crate::body::Capture;
use crate::connector::Connector;
use crate::exchange::{Exchange, Failure, Request, Response};
use crate::phases::Phases;
use crate::resolve::Resolver;
use crate::settings::{Settings, SettingsError};
use crate::tls::{Foundation, TlsProblem};

/// How much of an answer's body is read and kept.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// How many bytes of headers an answer may have.
const HEADER_BYTES_MAX: u32 = 64 * 1024;

/// Far enough for a deadline that no clock can hold.
const FOREVER: Duration = Duration::from_hours(24);

/// Connections to receivers.
type Connections = Arc<Pool>;

/// Calls receivers. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    http: Connections,
    base: Arc<Base>,
}

/// What a client shares with those that have TLS settings of their own.
struct Base {
    policy: AddressPolicy,
    connector: Connector,
    foundation: Foundation,
    pool_idle_timeout: Duration,
    pool_idle_per_host_max: usize,
    own_tls: OwnTls,
}

impl Client {
    /// A client by these settings. Reads the file of certificate authorities.
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        Self::resolving(settings, Resolver::new(settings.lookups_max, settings.resolve_timeout))
    }

    fn resolving(settings: &Settings, resolver: Resolver) -> Result<Self, SettingsError> {
        let policy = AddressPolicy::new(settings.allow_subnets.clone());
        let foundation = Foundation::new(settings.extra_ca_file.as_deref())?;
        let connector = Connector::new(settings, policy.clone(), resolver, foundation.connector()?)?;
        let base = Base {
            policy,
            connector: connector.clone(),
            foundation,
            pool_idle_timeout: settings.pool_idle_timeout,
            pool_idle_per_host_max: settings.pool_idle_per_host_max,
            own_tls: OwnTls::default(),
        };
        Ok(Self { http: base.connections(connector), base: Arc::new(base) })
    }

    /// The client for an endpoint with these TLS settings. Equal settings share their connections; with others, or with
    /// a client without any, they share none.
    pub fn with_tls(&self, tls: &Tls) -> Result<Self, TlsProblem> {
        let http = self.base.own_tls.get_or_make(tls, || {
            let tls = self.base.foundation.connector_with(tls)?;
            Ok(self.base.connections(self.base.connector.with_tls(tls)))
        })?;
        Ok(Self { http, base: Arc::clone(&self.base) })
    }

    /// Which addresses this client may call; parse targets with it.
    pub fn policy(&self) -> &AddressPolicy {
        &self.base.policy
    }

    /// Sends the request once and waits for the answer until the deadline. When the headers came in time but the body
    /// did not end, the answer counts and is marked as truncated.
    pub async fn send(&self, request: Request) -> Exchange {
        let started = Instant::now();
        let (phases, mut first_byte) = (Phases::default(), None);
        let result = self.exchange(request, started, &phases, &mut first_byte).await;
        Exchange { result, timings: phases.timings(first_byte, started.elapsed()) }
    }

    async fn exchange(
        &self,
        request: Request,
        started: Instant,
        phases: &Phases,
        first_byte: &mut Option<Duration>,
    ) -> Result<Response, Failure> {
        let (limit, target) = (request.deadline, Arc::clone(&request.target));
        let deadline = started + limit.min(FOREVER);
        let answered = timeout_at(deadline, self.http.send(&target, outgoing(request), phases))
            .await
            .map_err(|_| failure::of_deadline(limit, phases))??;
        *first_byte = Some(started.elapsed());
        self.received(&target, answered, deadline).await
    }

    async fn received(
        &self,
        target: &TargetUrl,
        answered: Answered,
        deadline: Instant,
    ) -> Result<Response, Failure> {
        let Answered { answer, mut line } = answered;
        let (head, body) = answer.into_parts();
        // hyper's read buffer may grow past its limit by one read, so the limit is checked once more.
        if header_bytes(&head.headers) > HEADER_BYTES_MAX as usize {
            return Err(failure::of_large_headers());
        }
        let mut capture = Capture::new();
        let reading = capture.read(body, BODY_BYTES_MAX);
        let read = match &mut line {
            Some(line) => timeout_at(deadline, line.driven(reading)).await,
            None => timeout_at(deadline, reading).await,
        };
        // A body that is not there in time leaves the capture marked as truncated.
        if let Ok(read) = read {
            read.map_err(|error| failure::of_exchange(&error))?;
        }
        let (body, truncated) = capture.finish();
        // One whose body was not read to its end is closed.
        if let Some(line) = line.filter(|_| !truncated) {
            self.http.give_back(target, line);
        }
        Ok(Response { status: head.status.as_u16(), headers: head.headers, body, truncated })
    }
}

impl Base {
    /// No connections yet, to be made by this connector.
    fn connections(&self, connector: Connector) -> Connections {
        Pool::new(connector, self.pool_idle_timeout, self.pool_idle_per_host_max)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("policy", &self.base.policy).finish_non_exhaustive()
    }
}

fn outgoing(request: Request) -> http::Request<Full<Bytes>> {
    let Request { target, method, headers, body, .. } = request;
    let (mut headers, extensions) = headers.into_parts();
    if let Some(basic) = TargetUrl::basic_authorization(&target)
        && !headers.contains_key(AUTHORIZATION)
    {
        headers.insert(AUTHORIZATION, basic.clone());
    }
    let mut outgoing = http::Request::new(Full::new(body));
    *outgoing.method_mut() = method;
    *outgoing.headers_mut() = headers;
    *outgoing.extensions_mut() = extensions;
    outgoing
}

fn header_bytes(headers: &http::HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum()
}

#[cfg(test)]
mod tests;
