//! Makes a connection: resolve, vet every address, dial exactly those, TLS. Each step has its own limit.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hookwire_core::address::AddressPolicy;
use hookwire_core::outcome::ErrorClass;
use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use crate::dial::{self, Unconnected};
use crate::exchange::{Failure, Fault};
use crate::phases::{Phase, Phases, TooLate};
use crate::proxy::Proxy;
use crate::resolve::Resolver;
use crate::settings::{Settings, SettingsError};
use crate::tls;
use crate::wire::Wire;

/// Every connection of the client is made here, so every address passes the policy here, also the
/// literal ones that a resolver would never see.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Dialer>);

struct Dialer {
    ways: Arc<Ways>,
    tls: TlsConnector,
}

/// How connections are made, whoever is trusted.
struct Ways {
    policy: AddressPolicy,
    resolver: Resolver,
    proxy: Option<Proxy>,
    connect_timeout: Duration,
    tls_timeout: Duration,
}

impl Connector {
    pub(crate) fn new(
        settings: &Settings,
        policy: AddressPolicy,
        resolver: Resolver,
        tls: TlsConnector,
    ) -> Result<Self, SettingsError> {
        let ways = Ways {
            policy,
            resolver,
            proxy: Proxy::from_settings(settings)?,
            connect_timeout: settings.connect_timeout,
            tls_timeout: settings.tls_timeout,
        };
        Ok(Self(Arc::new(Dialer { ways: Arc::new(ways), tls })))
    }

    /// The same with other TLS settings.
    pub(crate) fn with_tls(&self, tls: TlsConnector) -> Self {
        Self(Arc::new(Dialer { ways: Arc::clone(&self.0.ways), tls }))
    }

    /// A connection to the URI's site.
    pub(crate) async fn connect(&self, uri: &Uri, phases: &Phases) -> Result<Wire, Failure> {
        self.0.dial(uri, phases).await
    }
}

impl Dialer {
    async fn dial(&self, uri: &Uri, phases: &Phases) -> Result<Wire, Failure> {
        let host = uri.host().unwrap_or_default();
        let literal = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });

        let addresses = match literal {
            Some(address) => {
                self.vet_literal(address)?;
                vec![SocketAddr::new(address, port)]
            }
            None => self.resolve(host, port, phases).await?,
        };
        let stream = self.connect(host, literal, &addresses, phases).await?;
        if secure { self.encrypt(host, stream, phases).await } else { Ok(Wire::Plain(TokioIo::new(stream))) }
    }

    fn vet_literal(&self, address: IpAddr) -> Result<(), Failure> {
        self.ways.policy.check(address).map_err(|refused| {
            Failure::new(ErrorClass::Blocked, format!("The address {refused}, which may not be called."))
        })
    }

    async fn resolve(&self, host: &str, port: u16, phases: &Phases) -> Result<Vec<SocketAddr>, Failure> {
        let found = self.ways.resolver.lookup(host, phases).await?;
        vet_all(&self.ways.policy, host, &found)?;
        Ok(found.iter().map(|address| SocketAddr::new(*address, port)).collect())
    }

    async fn connect(
        &self,
        host: &str,
        literal: Option<IpAddr>,
        addresses: &[SocketAddr],
        phases: &Phases,
    ) -> Result<TcpStream, Failure> {
        let (phase, limit) = (Phase::Connect, self.ways.connect_timeout);
        match self.ways.proxy.as_ref().filter(|proxy| !proxy.bypasses(host, literal)) {
            None => timed(phases, phase, limit, dial::connect(addresses))
                .await?
                .map_err(|failed| connect_failure(&failed)),
            Some(proxy) => timed(phases, phase, limit, proxy.connect_any(host, addresses, phases))
                .await
                .unwrap_or_else(|late| Err(proxy.too_late(host, late))),
        }
    }

    async fn encrypt(&self, host: &str, stream: TcpStream, phases: &Phases) -> Result<Wire, Failure> {
        let host = host.trim_matches(['[', ']']);
        timed(phases, Phase::Tls, self.ways.tls_timeout, tls::handshake(&self.tls, host, stream))
            .await?
            .map(|stream| Wire::Tls(Box::new(TokioIo::new(stream))))
            .map_err(|error| tls_failure(&error))
    }
}

/// Passes a name's addresses if every one of them may be called: a name that mixes public and special addresses is an
/// attempt to get past this check. The refused address stays untold, as it may describe a private network.
fn vet_all(policy: &AddressPolicy, host: &str, found: &[IpAddr]) -> Result<(), Failure> {
    if found.is_empty() {
        return Err(Failure::new(ErrorClass::Dns, format!("The name {host} has no address.")));
    }
    found.iter().try_for_each(|address| policy.check(*address)).map_err(|refused| {
        let what = refused.what();
        Failure::new(
            ErrorClass::Blocked,
            format!("The name {host} stands for {what}, which may not be called."),
        )
    })
}

/// Runs one phase under its limit and records how long it took.
async fn timed<T>(
    phases: &Phases,
    phase: Phase,
    limit: Duration,
    work: impl Future<Output = T>,
) -> Result<T, TooLate> {
    let started = Instant::now();
    phases.begin(phase);
    let done = tokio::time::timeout(limit, work).await;
    let phase = phases.under_way().unwrap_or(phase);
    phases.end(phase, started.elapsed());
    done.map_err(|_| TooLate { phase, limit })
}

fn connect_failure(failed: &Unconnected) -> Failure {
    let reason = match failed.error.kind() {
        _ if failed.fault == Fault::Ours => {
            format!("This machine can't make another connection: {}.", failed.error)
        }
        io::ErrorKind::ConnectionRefused => "The receiver refused the connection.".to_owned(),
        io::ErrorKind::TimedOut => "The receiver did not answer the connection attempt.".to_owned(),
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable => "The receiver's network can't be reached.".to_owned(),
        kind => format!("The connection could not be made: {kind}."),
    };
    Failure::new(ErrorClass::Connect, reason).blamed_on(failed.fault)
}

fn tls_failure(error: &io::Error) -> Failure {
    let reason = tls::reason(error).unwrap_or_else(|| match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
            "The receiver closed the connection during the TLS handshake.".to_owned()
        }
        _ => format!("The TLS handshake failed: {error}."),
    });
    Failure::new(ErrorClass::Tls, reason)
}

#[test]
fn one_refused_address_refuses_the_name_wherever_it_stands() {
    let policy = AddressPolicy::default();
    let class = |texts: &[&str]| {
        let found: Vec<IpAddr> = texts.iter().map(|text| text.parse().unwrap()).collect();
        vet_all(&policy, "name.example", &found).err().map(|failure| failure.class)
    };
    assert_eq!(class(&["8.8.8.8", "2606:4700:4700::1111"]), None);
    assert_eq!(class(&["10.0.0.1", "8.8.8.8"]), Some(ErrorClass::Blocked));
    assert_eq!(class(&["8.8.8.8", "10.0.0.1"]), Some(ErrorClass::Blocked));
    assert_eq!(class(&["8.8.8.8", "1.1.1.1", "::ffff:127.0.0.1"]), Some(ErrorClass::Blocked));
    assert_eq!(class(&[]), Some(ErrorClass::Dns));
}
