//! Where the database is, as its URL says, and how to get there.

use std::error::Error as _;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::tls::{self, Trust};
use crate::open::OpenError;

/// What libpq has for client certificates.
const OF_CLIENT_CERTIFICATES: [&str; 4] = ["sslcert", "sslkey", "sslpassword", "sslcertmode"];
/// What must be done to a password with signs that mean something in a URL.
const ENCODE: &str = "the user or the password holds a sign that means something in a URL: write / as %2F, @ as %40, \
                      : as %3A, ? as %3F, # as %23 and % as %25";

/// Where the database is.
pub(crate) struct Place {
    pub(super) config: Config,
    tls: MakeRustlsConnect,
    /// Whether a session lasts longer than a transaction.
    pub(crate) keeps_statements: bool,
}

impl Place {
    /// Reads a URL: `postgres://user:password@host:port/database`, with the parameters of libpq. Of `sslmode` all
    /// values but `allow` are known: `disable`, `prefer` (the default), `require`, `verify-ca`, `verify-full`. With
    /// `sslrootcert=<file>` certificates must be of an authority in that file, else of a public one. What is wrong with a URL is told without
    /// anything from where a password may stand.
    pub(crate) fn parse(url: &str, keeps_statements: bool) -> Result<Self, OpenError> {
        let wrong = |why: &str| OpenError::Url(why.to_owned());
        let (head, query) = url.split_once('?').unwrap_or((url, ""));
        if !["postgres://", "postgresql://"].iter().any(|scheme| head.starts_with(scheme)) {
            return Err(wrong("it begins with postgres://"));
        }
        if is_ambiguous(url) {
            return Err(wrong(ENCODE));
        }
        let (mut mode, mut authorities, mut rest) = (None, None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = url::form_urlencoded::parse(pair.as_bytes()).next().unwrap_or_default();
            match &*name {
                "sslmode" => mode = Some(value.into_owned()),
                "sslrootcert" => authorities = Some(value.into_owned()),
                name if OF_CLIENT_CERTIFICATES.contains(&name) => {
                    return Err(wrong(
                        "client certificates (sslcert, sslkey) are not supported: use a password",
                    ));
                }
                _ => rest.push(pair),
            }
        }
        let plain = if rest.is_empty() { head.to_owned() } else { format!("{head}?{}", rest.join("&")) };
        let mut config = Config::from_str(&plain).map_err(|error| match error.source() {
            _ if query.contains('@') => wrong(ENCODE),
            Some(cause) => wrong(&format!("{error}: {cause}")),
            None => wrong(&error.to_string()),
        })?;
        let (mode, trust) = match mode.as_deref() {
            None | Some("prefer") => (SslMode::Prefer, Trust::Anybody),
            Some("disable") => (SslMode::Disable, Trust::Anybody),
            // As libpq has it: with authorities at hand they are asked.
            Some("require") if authorities.is_none() => (SslMode::Require, Trust::Anybody),
            Some("require" | "verify-ca") => (SslMode::Require, Trust::Authority),
            Some("verify-full") => (SslMode::Require, Trust::AuthorityAndName),
            Some(_) => {
                return Err(wrong("sslmode is one of disable, prefer, require, verify-ca and verify-full"));
            }
        };
        config.ssl_mode(mode);
        if config.get_application_name().is_none() {
            config.application_name("hookwire");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        config.keepalives_idle(Duration::from_secs(10));
        config.keepalives_interval(Duration::from_secs(5));
        config.keepalives_retries(2);
        config.tcp_user_timeout(Duration::from_secs(15));
        let tls = MakeRustlsConnect::new(tls::config(trust, authorities.as_deref())?);
        Ok(Self { config, tls, keeps_statements })
    }

    pub(super) fn tls(&self) -> MakeRustlsConnect {
        self.tls.clone()
    }
}

/// Whether the store's URL can be understood. Nothing is connected to.
pub fn check_url(url: &str) -> Result<(), OpenError> {
    Place::parse(url, false).map(drop)
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

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (hosts, database) = (self.config.get_hosts(), self.config.get_dbname());
        f.debug_struct("Place").field("hosts", &hosts).field("database", &database).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_how_much_is_asked_of_the_server() {
        let mode = |url| Place::parse(url, true).map(|place| place.config.get_ssl_mode());
        assert_eq!(mode("postgres://a:b@db.example:5433/hooks").unwrap(), SslMode::Prefer);
        assert_eq!(mode("postgresql://db/hooks?sslmode=disable").unwrap(), SslMode::Disable);
        assert_eq!(
            mode("postgres://db/hooks?connect_timeout=3&sslmode=verify-full").unwrap(),
            SslMode::Require
        );
        for wrong in [
            "mysql://db/hooks",
            "postgres://db/hooks?sslmode=maybe",
            "postgres://db/hooks?sslmode=require&sslrootcert=/nowhere.pem",
            "postgres://db/hooks?no_such_parameter=1",
        ] {
            assert!(matches!(mode(wrong), Err(OpenError::Url(_))), "{wrong}");
        }
    }

    #[test]
    fn what_is_logged_of_a_place_holds_no_password() {
        let place = Place::parse("postgres://user:canary@db/hooks", true).unwrap();
        assert!(!format!("{place:?}").contains("canary"));
    }

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
