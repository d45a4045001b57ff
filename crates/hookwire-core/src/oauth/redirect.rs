//! Redirect URIs: what may be registered, and which URI of a request is the registered one. Compared letter by letter.

use url::{Host, Url};

use crate::target::URL_BYTES_MAX;

/// A registered redirect URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectUri(String);

/// Why a URI can't be registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// Too many bytes.
    #[error("must have at most {URL_BYTES_MAX} characters")]
    TooLong,
    /// Not a URL with a host.
    #[error("must be an absolute URL with a host")]
    NotAbsolute,
    /// Another scheme.
    #[error(
        "must begin with 'https://', or with 'http://' for a loopback address (127.0.0.1, [::1], localhost)"
    )]
    Scheme,
    /// RFC 6749, 3.1.2.
    #[error("must not have a fragment")]
    Fragment,
    /// A user name or a password.
    #[error("must not hold a user name or password")]
    Userinfo,
    /// It would be written another way by a browser.
    #[error("must be written as browsers write it: {0}")]
    Spelling(String),
}

impl RedirectUri {
    /// Checks a URI that is to be registered. It must be spelled as a browser would spell it, so that what is compared is
    /// what is called: no `..`, no capital letters in the host, no port that goes without saying.
    pub fn parse(text: &str) -> Result<Self, RedirectError> {
        if text.len() > URL_BYTES_MAX {
            return Err(RedirectError::TooLong);
        }
        let url = Url::parse(text).map_err(|_| RedirectError::NotAbsolute)?;
        if url.host().is_none() {
            return Err(RedirectError::NotAbsolute);
        }
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
            return Err(RedirectError::Scheme);
        }
        if url.fragment().is_some() {
            return Err(RedirectError::Fragment);
        }
        if !url.username().is_empty() || url.password().is_some() || text.contains('@') && has_userinfo(text)
        {
            return Err(RedirectError::Userinfo);
        }
        let usual = url.as_str();
        // A URL without a path means the same with a slash, and people write it so.
        if usual != text && usual.strip_suffix('/') != Some(text) {
            return Err(RedirectError::Spelling(usual.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// From a store's own rows, which were checked when they were written.
    pub fn stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request's `redirect_uri` is this one: letter by letter (RFC 9700, 2.1). Of a loopback IP address alone the
    /// port may be another (RFC 8252, 7.3), because a program on somebody's machine takes the port that it gets.
    pub fn is(&self, given: &str) -> bool {
        if self.0 == given {
            return true;
        }
        let (Some(own), Some(given)) = (loopback_parts(&self.0), loopback_parts(given)) else { return false };
        own == given
    }
}

/// The URI that a browser is sent to: a redirect URI with these parameters behind those that it has. One that is no URL is
/// left as it is.
pub fn with_parameters(uri: &str, pairs: &[(&str, &str)]) -> String {
    let Ok(mut url) = Url::parse(uri) else { return uri.to_owned() };
    url.query_pairs_mut().extend_pairs(pairs);
    url.into()
}

/// Scheme, host and port of a redirect URI, as a content security policy names them.
pub fn origin(uri: &str) -> String {
    Url::parse(uri).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

fn has_userinfo(text: &str) -> bool {
    let after = text.split_once("://").map_or("", |(_, rest)| rest);
    after.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Host, and path with query, of a URI at a loopback IP address that could be registered; `None` for any other.
fn loopback_parts(text: &str) -> Option<(String, String)> {
    let uri = RedirectUri::parse(text).ok()?;
    let url = Url::parse(&uri.0).ok()?;
    if url.scheme() != "http" || matches!(url.host(), Some(Host::Domain(_))) {
        return None;
    }
    let rest = text.strip_prefix("http://")?;
    let path = rest.find(['/', '?']).map_or("", |at| &rest[at..]);
    Some((url.host_str()?.to_owned(), path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTERED: &str = "https://myapp.com/callback";

    #[test]
    fn only_the_registered_uri_is_the_registered_one() {
        let uri = RedirectUri::parse(REGISTERED).unwrap();
        assert!(uri.is(REGISTERED));
        for other in [
            "https://myapp.com/callback/",
            "https://myapp.com/callback/evil",
            "https://myapp.com/callbackevil",
            "https://myapp.com.evil.com/callback",
            "https://myapp.com@evil.com/callback",
            "https://evil.com\\@myapp.com/callback",
            "https://user@myapp.com/callback",
            "https://myapp.com/callback#",
            "https://myapp.com/callback#x",
            "https://myapp.com/callback?x=1",
            "https://myapp.com/CALLBACK",
            "https://MYAPP.com/callback",
            "HTTPS://myapp.com/callback",
            "https://myapp.com:443/callback",
            "https://myapp.com:8443/callback",
            "https://myapp.com./callback",
            "https://myapp.com/x/../callback",
            "https://myapp.com/%63allback",
            "http://myapp.com/callback",
            " https://myapp.com/callback",
            "https://myapp.com/callback\n",
            "",
        ] {
            assert!(!uri.is(other), "{other}");
        }
    }

    #[test]
    fn of_a_loopback_address_the_port_may_be_another_and_nothing_else() {
        let uri = RedirectUri::parse("http://127.0.0.1/cb?x=1").unwrap();
        assert!(uri.is("http://127.0.0.1:51004/cb?x=1"));
        for other in [
            "http://127.0.0.2:51004/cb?x=1",
            "http://[::1]:51004/cb?x=1",
            "http://localhost:51004/cb?x=1",
            "https://127.0.0.1:51004/cb?x=1",
            "http://127.0.0.1:51004/cb?x=2",
            "http://127.0.0.1:51004/other?x=1",
            "http://u@127.0.0.1:51004/cb?x=1",
            "http://127.0.0.1:51004@evil.com/cb?x=1",
            "http://127.0.0.1:51004/cb?x=1#f",
        ] {
            assert!(!uri.is(other), "{other}");
        }
        // A name may lead elsewhere: its port is part of it.
        assert!(!RedirectUri::parse("http://localhost:1/cb").unwrap().is("http://localhost:2/cb"));
        assert!(RedirectUri::parse("http://[::1]:1/cb").unwrap().is("http://[::1]:2/cb"));
    }

    #[test]
    fn parameters_come_behind_those_that_are_there() {
        let sent = with_parameters("https://myapp.com/cb?x=1", &[("code", "a"), ("state", "s &=#\u{e9}")]);
        assert_eq!(sent, "https://myapp.com/cb?x=1&code=a&state=s+%26%3D%23%C3%A9");
        assert_eq!(with_parameters("https://myapp.com", &[("code", "a")]), "https://myapp.com/?code=a");
        assert_eq!(origin("https://myapp.com/cb?x=1"), "https://myapp.com");
        assert_eq!(origin("http://[::1]:99/cb"), "http://[::1]:99");
    }

    #[test]
    fn what_may_not_be_registered_says_why() {
        let error = |text: &str| RedirectUri::parse(text).unwrap_err();
        assert_eq!(error("http://myapp.com/cb"), RedirectError::Scheme);
        assert_eq!(error("http://127.0.0.1.evil.com/cb"), RedirectError::Scheme);
        assert_eq!(error("javascript:alert(1)"), RedirectError::NotAbsolute);
        assert_eq!(error("com.example.app://x/cb"), RedirectError::Scheme);
        assert_eq!(error("/callback"), RedirectError::NotAbsolute);
        assert_eq!(error("https://myapp.com/cb#f"), RedirectError::Fragment);
        assert_eq!(error("https://myapp.com/cb#"), RedirectError::Fragment);
        assert_eq!(error("https://u:p@myapp.com/cb"), RedirectError::Userinfo);
        assert_eq!(error("https://@myapp.com/cb"), RedirectError::Userinfo);
        let usual = RedirectError::Spelling("https://myapp.com/cb".to_owned());
        assert_eq!(error("https://MyApp.com:443/x/../cb"), usual);
        assert_eq!(error("https:\\\\myapp.com\\cb"), usual);
        assert_eq!(error(&format!("https://myapp.com/{}", "x".repeat(2_048))), RedirectError::TooLong);
        assert!(RedirectUri::parse("https://myapp.com").is_ok());
        assert!(RedirectUri::parse("https://myapp.com/@me?a=@b").is_ok());
        assert!(RedirectUri::parse("http://localhost:3000/cb").is_ok());
    }
}
