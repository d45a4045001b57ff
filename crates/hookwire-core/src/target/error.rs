//! Why a URL can't be a target: a kind for programs and a sentence for people, which never repeats credentials.

use crate::address::Refused;

use super::URL_BYTES_MAX;

/// What part of the URL was at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetErrorKind {
    /// Not http or https, or http where only https is allowed.
    Scheme,
    /// The host is missing or not a name.
    Host,
    /// The port is not one that a receiver listens on.
    Port,
    /// The host is an address that may not be called.
    Address,
    /// The text is not a URL.
    Syntax,
    /// The text is longer than the limit.
    TooLong,
}

impl TargetErrorKind {
    /// The kind's stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheme => "scheme",
            Self::Host => "host",
            Self::Port => "port",
            Self::Address => "address",
            Self::Syntax => "syntax",
            Self::TooLong => "too_long",
        }
    }
}

/// A URL that may not be called. `Display` says what was wrong and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TargetError {
    kind: TargetErrorKind,
    message: String,
}

impl TargetError {
    /// What part of the URL was at fault.
    pub const fn kind(&self) -> TargetErrorKind {
        self.kind
    }

    fn new(kind: TargetErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

pub(super) fn of_parse(error: url::ParseError) -> TargetError {
    use url::ParseError as E;
    match error {
        E::EmptyHost => no_host(),
        E::InvalidPort => port(),
        E::IdnaError | E::InvalidIpv4Address | E::InvalidIpv6Address | E::InvalidDomainCharacter => {
            TargetError::new(
                TargetErrorKind::Host,
                format!(
                    "The host of the URL is not valid ({error}); it must be a host name or an IP address."
                ),
            )
        }
        E::RelativeUrlWithoutBase => scheme(),
        _ => syntax(&error.to_string()),
    }
}

pub(super) fn scheme() -> TargetError {
    TargetError::new(TargetErrorKind::Scheme, "The URL must start with https:// or http://.")
}

pub(super) fn https_only() -> TargetError {
    TargetError::new(
        TargetErrorKind::Scheme,
        "The URL must start with https://; http:// is not allowed here.",
    )
}

pub(super) fn no_host() -> TargetError {
    TargetError::new(TargetErrorKind::Host, "The URL has no host; write it as https://host/path.")
}

pub(super) fn host_too_long() -> TargetError {
    TargetError::new(TargetErrorKind::Host, "The host name of the URL may have at most 253 characters.")
}

pub(super) fn host_label() -> TargetError {
    TargetError::new(
        TargetErrorKind::Host,
        "Each part of the host name between two dots must have 1 to 63 characters.",
    )
}

pub(super) fn port() -> TargetError {
    TargetError::new(TargetErrorKind::Port, "The port of the URL must be a number from 1 to 65535.")
}

pub(super) fn port_refused(port: u16) -> TargetError {
    TargetError::new(
        TargetErrorKind::Port,
        format!(
            "Port {port} belongs to another protocol than HTTP and can't be called; use 443, 80 or a port above 1023."
        ),
    )
}

pub(super) fn refused(refused: Refused) -> TargetError {
    TargetError::new(
        TargetErrorKind::Address,
        format!("The host of the URL can't be called: {refused}. Only public addresses are allowed."),
    )
}

pub(super) fn localhost(refused: Refused) -> TargetError {
    let what = refused.what();
    TargetError::new(
        TargetErrorKind::Address,
        format!(
            "The host of the URL can't be called: localhost is {what}. Only public addresses are allowed."
        ),
    )
}

pub(super) fn syntax(reason: &str) -> TargetError {
    TargetError::new(
        TargetErrorKind::Syntax,
        format!("The URL is not valid: {reason}. Write it as https://host/path."),
    )
}

pub(super) fn too_long() -> TargetError {
    TargetError::new(TargetErrorKind::TooLong, format!("The URL may have at most {URL_BYTES_MAX} bytes."))
}
