//! Credentials in an endpoint's URL and headers: never shown, and never sent to a host that they were not meant for.

use hookwire_core::address::AddressPolicy;
use hookwire_core::target::TargetUrl;
use hookwire_core::{Endpoint, header};
use http::{HeaderMap, HeaderValue};

use crate::ignored;

/// What stands in an answer where the password is.
pub(in crate::v1) const MASK: &str = "***";

/// The response header that names the custom headers which did not move to a new host.
const DROPPED_HEADERS: &str = "hookwire-dropped-headers";
/// The response header that names the fields which did not.
const DROPPED_FIELDS: &str = "hookwire-dropped-fields";

/// What does not follow an endpoint to another host.
#[derive(Debug, Default)]
pub(super) struct Dropped {
    /// Names of custom headers.
    pub(super) headers: Vec<String>,
    /// Whether it is the client certificate with its key.
    pub(super) identity: bool,
}

impl Dropped {
    /// Says so in an answer.
    pub(super) fn tell(&self, answer: &mut HeaderMap) {
        if let Some(names) = ignored::header(&self.headers) {
            answer.insert(DROPPED_HEADERS, names);
        }
        if self.identity {
            let fields = HeaderValue::from_static("tls.clientCertPem, tls.clientKeyPem");
            answer.insert(DROPPED_FIELDS, fields);
        }
    }
}

struct Split<'a> {
    /// The scheme with `://`.
    scheme: &'a str,
    user: &'a str,
    password: Option<&'a str>,
    /// From the host on.
    rest: &'a str,
}

fn split(url: &str) -> Option<Split<'_>> {
    let (scheme, after) = url.split_at(url.find("://")? + 3);
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    let at = after[..end].rfind('@')?;
    let (user, password) = match after[..at].split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (&after[..at], None),
    };
    Some(Split { scheme, user, password, rest: &after[at + 1..] })
}

fn joined(parts: &Split<'_>, password: &str) -> String {
    format!("{}{}:{password}@{}", parts.scheme, parts.user, parts.rest)
}

/// The URL with its password masked.
pub(in crate::v1) fn masked(url: &str) -> String {
    match split(url) {
        Some(parts) if parts.password.is_some() => joined(&parts, MASK),
        _ => url.to_owned(),
    }
}

/// The URL that a client means: where it sends the masked password back, the stored one, for the same user and host.
pub(in crate::v1) fn unmasked(given: &str, stored: Option<&str>) -> Result<String, &'static str> {
    let Some(parts) = split(given).filter(|parts| parts.password == Some(MASK)) else {
        return Ok(given.to_owned());
    };
    let refused = "the password is masked; give it again, because the URL's user or host is another one";
    let stored = stored.ok_or(refused)?;
    let password = split(stored).filter(|old| old.user == parts.user).and_then(|old| old.password);
    match password {
        Some(password) if same_origin(given, stored) => Ok(joined(&parts, password)),
        _ => Err(refused),
    }
}

/// Whether both URLs lead to the same server: scheme, host and port.
pub(in crate::v1) fn same_origin(one: &str, other: &str) -> bool {
    // Whether they may be called is not the question here.
    let every = ["0.0.0.0/0", "::/0"].map(|net| net.parse().expect("both are subnets"));
    let policy = AddressPolicy::new(every.to_vec());
    let origin = |url| {
        TargetUrl::parse(url, &policy, false)
            .map(|target| (target.scheme(), target.host().to_owned(), target.port()))
            .ok()
    };
    match (origin(one), origin(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// The names of the stored headers that must not follow the endpoint to this URL.
pub(super) fn left_behind(stored: &Endpoint, url: &str) -> Vec<String> {
    if same_origin(&stored.url, url) {
        return Vec::new();
    }
    let names = stored.headers.iter().map(|(name, _)| name);
    names.filter(|name| header::is_sensitive(name)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_is_masked() {
        assert_eq!(masked("https://u:p@h.test/x?y=a:b@c"), "https://u:***@h.test/x?y=a:b@c");
        assert_eq!(masked("https://u:a@b:c@h.test"), "https://u:***@h.test");
        assert_eq!(masked("https://h.test/a:b@c"), "https://h.test/a:b@c");
        assert_eq!(masked("https://u@h.test/"), "https://u@h.test/");
    }

    #[test]
    fn a_masked_url_that_comes_back_keeps_the_password_at_its_host_only() {
        let stored = "https://u:p@h.test/x";
        assert_eq!(unmasked("https://u:***@h.test/x", Some(stored)).as_deref(), Ok(stored));
        assert_eq!(unmasked("https://u:***@h.test/y", Some(stored)).as_deref(), Ok("https://u:p@h.test/y"));
        assert_eq!(unmasked("https://u:q@h.test/x", Some(stored)).as_deref(), Ok("https://u:q@h.test/x"));
        for other in ["https://u:***@evil.test/x", "http://u:***@h.test/x", "https://v:***@h.test/x"] {
            assert!(unmasked(other, Some(stored)).is_err(), "{other}");
        }
        assert!(unmasked("https://u:***@h.test/x", None).is_err());
    }

    #[test]
    fn the_origin_is_scheme_host_and_port() {
        assert!(same_origin("https://h.test/a", "https://H.test:443/b"));
        assert!(!same_origin("https://h.test/", "https://h.test:8443/"));
        assert!(!same_origin("https://h.test/", "http://h.test/"));
    }
}
