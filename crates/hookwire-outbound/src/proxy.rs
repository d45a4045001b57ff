//! The operator's proxy: which hosts go through it, and a tunnel to a vetted address.

use std::net::{IpAddr, SocketAddr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookwire_core::outcome::ErrorClass;
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use tokio::net::TcpStream;
use tower::Service;
use url::Url;

use crate::dial;
use crate::exchange::Failure;
use crate::settings::parse::subnet;
use crate::settings::{Settings, SettingsError};

/// A proxy and the hosts that are called without it.
pub(crate) struct Proxy {
    kind: Kind,
    host: String,
    port: u16,
    bypass: Vec<Bypass>,
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
        Ok(Some(Self { kind, host, port: url.port().unwrap_or(default_port), bypass }))
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

    /// A connection through the proxy to the first of the addresses that it can reach.
    pub(crate) async fn connect_any(&self, addresses: &[SocketAddr]) -> Result<TcpStream, Failure> {
        let mut last = refused("no address");
        for address in addresses.iter().take(dial::ADDRESSES_MAX) {
            match self.connect(*address).await {
                Ok(stream) => return Ok(stream),
                Err(failure) => last = failure,
            }
        }
        Err(last)
    }

    async fn connect(&self, address: SocketAddr) -> Result<TcpStream, Failure> {
        let unreachable = |_| Failure::new(ErrorClass::Connect, "The proxy could not be reached.");
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await.map_err(unreachable)?;
        let stream = dial::connect(&found.collect::<Vec<_>>()).await.map_err(unreachable)?;
        let destination: Uri =
            format!("http://{address}/").parse().expect("an address and a port are an authority");
        let once = Once(Some(stream));
        let io = match &self.kind {
            Kind::Connect(authorization) => {
                let mut tunnel = Tunnel::new(destination.clone(), once);
                if let Some(value) = authorization {
                    tunnel = tunnel.with_auth(value.clone());
                }
                tunnel.call(destination).await.map_err(|error| refused(&error.to_string()))
            }
            Kind::Socks(credentials) => {
                let mut socks = SocksV5::new(destination.clone(), once);
                if let Some((user, password)) = credentials {
                    socks = socks.with_auth(user.clone(), password.clone());
                }
                socks.call(destination).await.map_err(|error| refused(&error.to_string()))
            }
        };
        io.map(TokioIo::into_inner)
    }
}

fn refused(reason: &str) -> Failure {
    let reason = reason.trim_start_matches("tunnel error: ");
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

/// The connection to the proxy, made before, in the form that hyper's tunnels ask for.
struct Once(Option<TcpStream>);

impl Service<Uri> for Once {
    type Response = TokioIo<TcpStream>;
    type Error = std::io::Error;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let stream = self.0.take().map(TokioIo::new);
        std::future::ready(stream.ok_or_else(|| std::io::Error::other("asked twice")))
    }
}
