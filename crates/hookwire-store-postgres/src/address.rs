//! Reading a database's URL, with words for what is wrong in it. None of them comes from where a password may stand.

use std::error::Error as _;
use std::str::FromStr as _;

use tokio_postgres::Config;

use crate::connection::Place;
use crate::open::OpenError;

/// What libpq has for client certificates.
const OF_CLIENT_CERTIFICATES: [&str; 4] = ["sslcert", "sslkey", "sslpassword", "sslcertmode"];
/// What must be done to a password with signs that mean something in a URL.
const ENCODE: &str = "the user or the password holds a sign that means something in a URL: write / as %2F, @ as %40, \
                      : as %3A, ? as %3F, # as %23 and % as %25";

/// Whether the store's URL can be understood. Nothing is connected to.
pub fn check_url(url: &str) -> Result<(), OpenError> {
    parse(url, false).map(drop)
}

/// Reads a URL as [`Place::parse`] does.
pub(crate) fn parse(url: &str, keeps_statements: bool) -> Result<Place, OpenError> {
    if is_ambiguous(url) {
        return Err(OpenError::Url(ENCODE.to_owned()));
    }
    Place::parse(url, keeps_statements).map_err(|error| match error {
        OpenError::Url(why) => OpenError::Url(explained(url).unwrap_or(why)),
        other => other,
    })
}

/// Whether it can't be told where the password ends.
fn is_ambiguous(url: &str) -> bool {
    let place = url.split_once("://").map_or(url, |(_, place)| place);
    let authority = place.split('/').next().unwrap_or_default();
    match authority.matches('@').count() {
        0 => place.contains('@'),
        signs => signs > 1,
    }
}

/// What is wrong with the URL's parts, or with a parameter that is known to libpq only.
fn explained(url: &str) -> Option<String> {
    let (head, query) = url.split_once('?').unwrap_or((url, ""));
    let pairs = || query.split('&').map(|pair| (pair, pair.split('=').next().unwrap_or_default()));
    if pairs().any(|(_, name)| OF_CLIENT_CERTIFICATES.contains(&name)) {
        return Some("client certificates (sslcert, sslkey) are not supported: use a password".to_owned());
    }
    let ours = |name: &str| ["", "sslmode", "sslrootcert"].contains(&name);
    let rest: Vec<_> = pairs().filter(|(_, name)| !ours(name)).map(|(pair, _)| pair).collect();
    let plain = if rest.is_empty() { head.to_owned() } else { format!("{head}?{}", rest.join("&")) };
    let error = Config::from_str(&plain).err()?;
    if query.contains('@') {
        return Some(ENCODE.to_owned());
    }
    Some(error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(url: &str) -> String {
        check_url(url).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn what_is_wrong_with_a_url_is_told_by_name() {
        for (url, word) in [
            ("postgres://u:canary@h/d?nosuch=3", "`nosuch`"),
            ("postgres://u:canary@h:99999/d", "`port`"),
            ("postgres://u:canary@h/d?sslmode=x", "sslmode is one of"),
            ("postgres://u:canary@h/d?sslmode=require&connect_timeout=soon", "`connect_timeout`"),
            ("postgres://u:canary@h/d?sslcert=a.pem&sslkey=b.pem", "client certificates"),
            ("postgres://u:can/ary@h/d", "%2F"),
            ("postgres://u:12/canary@h/d", "%2F"),
            ("postgres://u:p@canary@h/d", "%40"),
            ("postgres://u:p?sslmode=canary@h/d", "%3F"),
            ("postgres:///d?host=h&user=u@h&password=canary", "%40"),
        ] {
            let told = told(url);
            assert!(told.contains(word) && told.starts_with("store.url"), "{url}: {told}");
            assert!(!told.contains("canary"), "{told}");
        }
    }

    #[test]
    fn what_libpq_understands_is_understood() {
        for url in [
            "postgres://u:p%40%2F%3A@h:5433/d?sslmode=disable",
            "postgresql://h/d",
            "postgres://u:p@a,b/d?target_session_attrs=read-write",
            "postgres:///d?host=h&user=u%40h&password=p",
            "postgres://u:p@h/d?application_name=a@b",
            "postgres://u:p@h/d?options=-csearch_path%3Dhw",
        ] {
            assert_eq!(told(url), "", "{url}");
        }
    }
}
