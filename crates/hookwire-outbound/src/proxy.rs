//! The operator's proxy: which hosts go through it, and a tunnel to a vetted address.

mod tunnel;

use std::net::{IpAddr, SocketAddr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookwire_core::outcome::ErrorClass;
use http::HeaderValue;
use ipnet::IpNet;
use tokio::net::TcpStream;
use tokio::time::Instant;
use url::Url;

use crate::dial;
use crate::exchange::{Failure, Fault};
use crate::outage::Outage;
use crate::phases::{Phase, Phases, TooLate};
use crate::resolve::Resolver;
use crate::settings::parse::subnet;
use crate::settings::{Settings, SettingsError};
use tunnel::Refused;

/// A proxy and the hosts that are called without it.
pub(crate) struct Proxy {
    kind: Kind,
    host: String,
    port: u16,
    bypass: Vec<Bypass>,
    /// For its own name, so that no receiver's name is in the way.
    resolver: Resolver,
    outage: Outage,
}

enum Kind {
    /// HTTP CONNECT, with the value of Proxy-Authorization.
    Connect(Option<HeaderValue>),
    /// SOCKS 5, with user name and password.
    Socks(Option<(String, String)>),
}

enum Bypass {
    All,
    Host(String),
    /// The suffix with its leading dot.
    Domain(String),
    Net(IpNet),
}

impl Proxy {
    /// The proxy of the settings, if there is one.
    pub(crate) fn from_settings(settings: &Settings) -> Result<Option<Self>, SettingsError> {
        let bypass = settings.no_proxy.iter().map(|entry| bypass_of(entry)).collect::<Result<_, _>>()?;
        let Some(text) = settings.proxy.as_deref().filter(|text| !text.is_empty()) else { return Ok(None) };
        let refuse = |reason: &str| SettingsError::Proxy(reason.to_owned());
        let url = Url::parse(text).map_err(|error| refuse(&format!("not a URL: {error}")))?;
        let decoded = |text| String::from_utf8(hookwire_core::target::percent_decoded(text));
        let user = decoded(url.username()).map_err(|_| refuse("the user name is not UTF-8"))?;
        let password =
            decoded(url.password().unwrap_or_default()).map_err(|_| refuse("the password is not UTF-8"))?;
        let credentials = (!user.is_empty() || !password.is_empty()).then_some((user, password));
        let (kind, default_port) = match url.scheme() {
            "http" => (Kind::Connect(credentials.map(|(user, password)| basic(&user, &password))), 80),
            "socks5" | "socks5h" => (Kind::Socks(credentials), 1080),
            _ => return Err(refuse("it must start with http:// or socks5://")),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| refuse("it has no host"))?;
        let host = host.trim_matches(['[', ']']).to_owned();
        let port = url.port().unwrap_or(default_port);
        let resolver = Resolver::new(1, settings.resolve_timeout);
        Ok(Some(Self { kind, host, port, bypass, resolver, outage: Outage::default() }))
    }

    /// Whether this host, as it stands in the URL, is called without the proxy.
    pub(crate) fn bypasses(&self, host: &str, literal: Option<IpAddr>) -> bool {
        let bare = host.strip_suffix('.').unwrap_or(host);
        self.bypass.iter().any(|entry| match entry {
            Bypass::All => true,
            Bypass::Host(name) => name == bare,
            Bypass::Domain(suffix) => bare.ends_with(suffix.as_str()) || bare == &suffix[1..],
            Bypass::Net(net) => literal.is_some_and(|address| net.contains(&address)),
        })
    }

    /// A connection through the proxy to the first of a host's addresses that it can reach.
    pub(crate) async fn connect_any(
        &self,
        host: &str,
        addresses: &[SocketAddr],
        phases: &Phases,
    ) -> Result<TcpStream, Failure> {
        let mut last = Failure::new(ErrorClass::Connect, "There is no address to connect to.");
        for address in addresses.iter().take(dial::ADDRESSES_MAX) {
            phases.begin(Phase::Proxy);
            let stream = self.reach().await?;
            phases.begin(Phase::Connect);
            let tunnel = match &self.kind {
                Kind::Connect(authorization) => {
                    tunnel::connect(stream, *address, authorization.as_ref()).await
                }
                Kind::Socks(credentials) => tunnel::socks(stream, *address, credentials.as_ref()).await,
            };
            last = match tunnel {
                Ok(stream) => {
                    self.outage.served(host, Instant::now());
                    return Ok(stream);
                }
                Err(Refused::Always(reason)) => return Err(refused(&reason).blamed_on(Fault::Ours)),
                Err(Refused::Destination(reason)) => refused(&reason),
                Err(Refused::Unclear(reason)) => {
                    refused(&reason).blamed_on(self.outage.blame(host, Instant::now()))
                }
            };
        }
        Err(last)
    }

    /// What it means that connecting through the proxy took too long. It does not say why it is silent.
    pub(crate) fn too_late(&self, host: &str, late: TooLate) -> Failure {
        let failure = Failure::from(late);
        match failure.fault {
            Fault::Ours => failure,
            Fault::Receiver => failure.blamed_on(self.outage.blame(host, Instant::now())),
        }
    }

    async fn reach(&self) -> Result<TcpStream, Failure> {
        let unreachable = |reason: &dyn std::fmt::Display| {
            Failure::ours(ErrorClass::Connect, format!("The proxy could not be reached: {reason}."))
        };
        let found = match self.host.parse::<IpAddr>() {
            Ok(address) => [address].into(),
            Err(_) => self
                .resolver
                .lookup(&self.host, &Phases::default())
                .await
                .map_err(|_| unreachable(&"its name could not be resolved"))?,
        };
        let addresses: Vec<_> = found.iter().map(|address| SocketAddr::new(*address, self.port)).collect();
        dial::connect(&addresses).await.map_err(|failed| unreachable(&failed.error))
    }
}

fn refused(reason: &str) -> Failure {
    Failure::new(ErrorClass::Connect, format!("The proxy did not make the connection: {reason}."))
}

fn basic(user: &str, password: &str) -> HeaderValue {
    let text = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    let mut value = HeaderValue::try_from(text).expect("base64 is visible ASCII");
    value.set_sensitive(true);
    value
}

fn bypass_of(entry: &str) -> Result<Bypass, SettingsError> {
    let entry = entry.trim().to_ascii_lowercase();
    if entry == "*" {
        return Ok(Bypass::All);
    }
    if let Some(net) = subnet(entry.trim_matches(['[', ']'])) {
        return Ok(Bypass::Net(net));
    }
    let name = entry.strip_prefix('.').unwrap_or(&entry);
    let is_name = !name.is_empty()
        && name.split('.').all(|label| !label.is_empty())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    match (is_name, name.len() < entry.len()) {
        (false, _) => Err(SettingsError::NoProxy(entry)),
        (true, true) => Ok(Bypass::Domain(entry)),
        (true, false) => Ok(Bypass::Host(entry)),
    }
}
