//! The URL of a receiver: parsed once, checked once, and kept in the parts that a request needs.

mod error;
mod ports;
mod raw;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use url::{Host, Url};

pub use error::{TargetError, TargetErrorKind};
pub use raw::percent_decoded;

use crate::address::AddressPolicy;

/// The longest URL that is accepted, in bytes, as given and as normalised.
pub const URL_BYTES_MAX: usize = 2_048;

/// How the receiver is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// A URL that may be called, as far as its text can tell: a name's addresses are vetted when they are known.
///
/// Parsed as browsers do (the WHATWG URL standard), so that `0x7f.1` or `①②⑦.0.0.1` is seen as the address it
/// means. `Debug` and `Display` never show credentials.
#[derive(Clone)]
pub struct TargetUrl {
    scheme: Scheme,
    host: String,
    address: Option<IpAddr>,
    port: u16,
    uri: Uri,
    basic: Option<HeaderValue>,
}

impl TargetUrl {
    /// Parses and checks a URL. Credentials in it are taken out, a fragment is dropped.
    pub fn parse(text: &str, policy: &AddressPolicy, https_only: bool) -> Result<Self, TargetError> {
        raw::check(text)?;
        let url = Url::parse(text).map_err(error::of_parse)?;
        let scheme = scheme_of(&url, https_only)?;
        let port = url.port_or_known_default().filter(|port| *port != 0).ok_or_else(error::port)?;
        let (host, address) = host_of(&url, policy)?;
        if !policy.allows_subnets() && ports::is_refused(port) {
            return Err(error::port_refused(port));
        }
        Ok(Self { scheme, host, address, port, uri: uri_of(&url)?, basic: basic_of(&url)? })
    }

    /// `http` or `https`.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host as the Host header has it: a lower-case ASCII name, an IPv4 address, or an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The address, when the URL names one instead of a host name.
    pub const fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The port, given or implied by the scheme.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The value of the Host header: the host, and the port unless it is the scheme's own.
    pub fn authority(&self) -> &str {
        self.uri.authority().map_or("", http::uri::Authority::as_str)
    }

    /// What stands in the request line, at least `/`.
    pub fn path_and_query(&self) -> &str {
        self.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str)
    }

    /// The whole URL without credentials and fragment. Cheap to clone.
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The value of the Authorization header that the URL's credentials stand for, marked as sensitive.
    pub const fn basic_authorization(&self) -> Option<&HeaderValue> {
        self.basic.as_ref()
    }
}

impl std::fmt::Display for TargetUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.uri.fmt(f)
    }
}

impl std::fmt::Debug for TargetUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TargetUrl")
            .field("uri", &self.uri)
            .field("basic", &self.basic.as_ref().map(|_| "[redacted]"))
            .finish_non_exhaustive()
    }
}

/// Any text as a URL without user name and password: what is logged, or rendered into a body, is shown to more people than
/// credentials are.
pub fn without_credentials(url: &str) -> String {
    let after_scheme = url.find(':').map_or(0, |colon| colon + 1);
    let slashes = url[after_scheme..].bytes().take_while(|byte| matches!(byte, b'/' | b'\\')).count();
    let (scheme, rest) = url.split_at(after_scheme + slashes);
    let authority_end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let host = rest[..authority_end].rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}{}", &rest[host..])
}

fn scheme_of(url: &Url, https_only: bool) -> Result<Scheme, TargetError> {
    match url.scheme() {
        "https" => Ok(Scheme::Https),
        "http" if https_only => Err(error::https_only()),
        "http" => Ok(Scheme::Http),
        _ => Err(error::scheme()),
    }
}

fn host_of(url: &Url, policy: &AddressPolicy) -> Result<(String, Option<IpAddr>), TargetError> {
    let vetted = |address: IpAddr| policy.check(address).map(|()| Some(address)).map_err(error::refused);
    match url.host().ok_or_else(error::no_host)? {
        Host::Ipv4(v4) => Ok((v4.to_string(), vetted(v4.into())?)),
        // As the parser writes it (RFC 5952), so that host and authority agree.
        Host::Ipv6(v6) => Ok((url.host_str().unwrap_or_default().to_owned(), vetted(v6.into())?)),
        Host::Domain(name) => {
            check_name(name)?;
            if is_localhost(name) {
                policy
                    .check(Ipv4Addr::LOCALHOST.into())
                    .or_else(|refused| policy.check(Ipv6Addr::LOCALHOST.into()).map_err(|_| refused))
                    .map_err(error::localhost)?;
            }
            Ok((name.to_owned(), None))
        }
    }
}

/// The limits of RFC 1035, 2.3.4: 253 bytes without the final dot, labels of 1 to 63 bytes.
fn check_name(name: &str) -> Result<(), TargetError> {
    let bare = name.strip_suffix('.').unwrap_or(name);
    if bare.len() > 253 {
        return Err(error::host_too_long());
    }
    if bare.split('.').any(|label| label.is_empty() || label.len() > 63) {
        return Err(error::host_label());
    }
    Ok(())
}

/// RFC 6761, 6.3: `localhost` and every name below it mean the loopback address.
fn is_localhost(name: &str) -> bool {
    let bare = name.strip_suffix('.').unwrap_or(name);
    bare == "localhost" || bare.ends_with(".localhost")
}

fn uri_of(url: &Url) -> Result<Uri, TargetError> {
    let mut bare = url.clone();
    bare.set_fragment(None);
    // Both can only fail for URLs without a host.
    bare.set_username("").and_then(|()| bare.set_password(None)).map_err(|()| error::no_host())?;
    if bare.as_str().len() > URL_BYTES_MAX {
        return Err(error::too_long());
    }
    bare.as_str().parse().map_err(|_| error::syntax("it holds a character that has no place in a URL"))
}

/// The credentials as RFC 7617 writes them, percent-decoded.
fn basic_of(url: &Url) -> Result<Option<HeaderValue>, TargetError> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let user = raw::percent_decoded(url.username());
    if user.contains(&b':') {
        return Err(error::syntax("a user name can't hold a colon"));
    }
    let password = raw::percent_decoded(url.password().unwrap_or_default());
    let text = format!("Basic {}", STANDARD.encode([&user[..], b":", &password[..]].concat()));
    let mut value = HeaderValue::try_from(text).expect("base64 is visible ASCII");
    value.set_sensitive(true);
    Ok(Some(value))
}
