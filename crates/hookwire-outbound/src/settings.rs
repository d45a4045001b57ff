//! What an operator can set about outbound calls.

pub(crate) mod parse;

use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

/// The `outbound` section of the configuration.
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Subnets that may be called although they are private, loopback or otherwise special, for example
    /// `10.1.0.0/16`. An address alone means itself. Also lifts the refusal of ports of other protocols.
    #[serde(deserialize_with = "parse::subnets")]
    pub allow_subnets: Vec<IpNet>,
    /// The proxy for all calls: `http://[user:password@]host:port` (CONNECT) or `socks5://[user:password@]host:port`.
    /// Names are still resolved and vetted here; the proxy is told the address. The proxy itself is not vetted.
    pub proxy: Option<String>,
    /// Hosts that are called without the proxy: a name, `.suffix` for a domain with all below it, an address or a
    /// subnet for URLs that name an address, or `*`.
    pub no_proxy: Vec<String>,
    /// A PEM file of certificate authorities that are trusted besides the public ones.
    pub extra_ca_file: Option<PathBuf>,
    /// How long an unused connection is kept. Below the 60 s after which common load balancers close theirs.
    #[serde(deserialize_with = "parse::duration")]
    pub pool_idle_timeout: Duration,
    /// How many unused connections are kept per scheme, host and port.
    pub pool_idle_per_host_max: usize,
    /// The limit for resolving a name, and that for the wait for a free lookup before.
    #[serde(deserialize_with = "parse::duration")]
    pub resolve_timeout: Duration,
    /// The limit for connecting, through the proxy if there is one.
    #[serde(deserialize_with = "parse::duration")]
    pub connect_timeout: Duration,
    /// The limit for the TLS handshake.
    #[serde(deserialize_with = "parse::duration")]
    pub tls_timeout: Duration,
    /// How many names are resolved at the same time.
    pub lookups_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow_subnets: Vec::new(),
            proxy: None,
            no_proxy: Vec::new(),
            extra_ca_file: None,
            pool_idle_timeout: Duration::from_secs(25),
            pool_idle_per_host_max: 2_048,
            resolve_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            tls_timeout: Duration::from_secs(5),
            lookups_max: 64,
        }
    }
}

/// Everything but the proxy's credentials.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("allow_subnets", &self.allow_subnets)
            .field("proxy", &self.proxy.as_deref().map(|proxy| proxy.rsplit('@').next()))
            .field("no_proxy", &self.no_proxy)
            .field("extra_ca_file", &self.extra_ca_file)
            .field("pool_idle_timeout", &self.pool_idle_timeout)
            .field("pool_idle_per_host_max", &self.pool_idle_per_host_max)
            .field("resolve_timeout", &self.resolve_timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("tls_timeout", &self.tls_timeout)
            .field("lookups_max", &self.lookups_max)
            .finish()
    }
}

/// Why a client can't be made from these settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The proxy can't be used. The text says why and holds no credentials.
    #[error("outbound.proxy: {0}")]
    Proxy(String),
    /// An entry is neither a host, a suffix, an address nor a subnet.
    #[error("outbound.no_proxy: \"{0}\" is not a host name, a .suffix, an address or a subnet")]
    NoProxy(String),
    /// The file of certificate authorities can't be used.
    #[error("outbound.extra_ca_file: {}: {reason}", path.display())]
    ExtraCa {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The TLS library refused its own defaults.
    #[error("TLS can't be set up: {0}")]
    Tls(#[from] rustls::Error),
}
