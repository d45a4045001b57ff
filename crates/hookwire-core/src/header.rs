//! Rules for the custom headers of an endpoint: which may be set, and whose values are never shown.

use crate::limits::{HEADER_VALUE_BYTES_MAX, HEADERS_MAX};

/// Why a custom header was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not a token of RFC 9110 §5.6.2.
    #[error("'{0}' is not a valid header name")]
    Name(String),
    /// One that we set ourselves or that would change how the request is read.
    #[error("header '{0}' may not be set: it is reserved")]
    Reserved(String),
    /// Control characters, line ends or non-ASCII in the value.
    #[error("the value of header '{0}' may only hold printable ASCII characters, spaces and tabs")]
    Value(String),
    /// Too long.
    #[error("the value of header '{0}' must be at most 4096 bytes long")]
    ValueTooLong(String),
    /// The same name twice, in another case.
    #[error("header '{0}' is given twice")]
    Twice(String),
    /// Too many.
    #[error("at most 100 custom headers are allowed")]
    TooMany,
}

const RESERVED: [&str; 30] = [
    "age",
    "cache-control",
    "clear-site-data",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "expect",
    "expires",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "pragma",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "warning",
    "webhook-delivery",
    "x-forwarded-for",
];
const RESERVED_PREFIXES: [&str; 12] = [
    "x-amz-",
    "x-amzn-",
    "x-google",
    "x-goog-",
    "x-gfe",
    "x-azure-",
    "x-fd-",
    "x-svix-",
    "svix-",
    "webhook-",
    "x-hookwire-",
    "x-forwarded-",
];
const SENSITIVE: [&str; 8] = [
    "authorization",
    "cookie",
    "proxy-authenticate",
    "proxy-authorization",
    "www-authenticate",
    "x-api-key",
    "x-auth-token",
    "x-access-token",
];
const SENSITIVE_PARTS: [&str; 4] = ["secret", "password", "api-key", "token"];

/// Whether the header's value is a credential: written, sent, never shown.
pub fn is_sensitive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SENSITIVE.contains(&name.as_str()) || SENSITIVE_PARTS.iter().any(|part| name.contains(part))
}

/// Checks one custom header.
pub fn check(name: &str, value: &str) -> Result<(), HeaderError> {
    let lower = name.to_ascii_lowercase();
    if http::HeaderName::from_bytes(lower.as_bytes()).is_err() || name.len() > 256 {
        return Err(HeaderError::Name(name.chars().take(80).collect()));
    }
    if RESERVED.contains(&lower.as_str()) || RESERVED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix))
    {
        return Err(HeaderError::Reserved(name.to_owned()));
    }
    if value.len() > HEADER_VALUE_BYTES_MAX {
        return Err(HeaderError::ValueTooLong(name.to_owned()));
    }
    if !value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)) {
        return Err(HeaderError::Value(name.to_owned()));
    }
    Ok(())
}

/// Checks one header of a registered call: like a custom header, but `Content-Type` is allowed too.
pub fn check_registered(name: &str, value: &str) -> Result<(), HeaderError> {
    if !name.eq_ignore_ascii_case("content-type") {
        return check(name, value);
    }
    check_content_type(value).map_err(|_| HeaderError::Value(name.to_owned()))
}

/// Why a `Content-Type` was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a media type such as application/json, of at most 256 printable ASCII characters")]
pub struct ContentTypeError;

/// Checks a `Content-Type`: type, `/`, subtype, and whatever parameters (RFC 9110 §8.3.1).
pub fn check_content_type(text: &str) -> Result<(), ContentTypeError> {
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    let is_token = |part: &str| http::HeaderName::from_bytes(part.as_bytes()).is_ok();
    let is_media_type =
        essence.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
    let is_plain = text.len() <= 256 && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if is_media_type && is_plain { Ok(()) } else { Err(ContentTypeError) }
}

/// Checks a whole set of custom headers: each one, their number, and that no name comes twice.
pub fn check_all<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<(), HeaderError> {
    let mut seen = std::collections::HashSet::new();
    for (name, value) in headers {
        check(name, value)?;
        if !seen.insert(name.to_ascii_lowercase()) {
            return Err(HeaderError::Twice(name.to_owned()));
        }
    }
    if seen.len() > HEADERS_MAX { Err(HeaderError::TooMany) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_headers_are_allowed() {
        for name in ["X-MyCo-Source", "authorization", "AUTH", "x-api-key"] {
            assert_eq!(check(name, "secret token"), Ok(()), "{name}");
        }
    }

    #[test]
    fn headers_that_steer_the_request_are_refused() {
        for name in
            ["Host", "content-length", "Transfer-Encoding", "Connection", "webhook-id", "Svix-Signature"]
        {
            assert_eq!(check(name, "x"), Err(HeaderError::Reserved(name.to_owned())), "{name}");
        }
    }

    #[test]
    fn nothing_can_be_injected_through_names_or_values() {
        for name in ["", "a b", "a:b", "a\r\nb", "é", "a\0"] {
            assert!(matches!(check(name, "x"), Err(HeaderError::Name(_))), "{name:?}");
        }
        for value in ["a\r\nb: c", "a\nb", "\0", "\u{85}", "é"] {
            assert!(matches!(check("x-a", value), Err(HeaderError::Value(_))), "{value:?}");
        }
    }

    #[test]
    fn names_that_differ_in_case_only_are_the_same_name() {
        assert_eq!(check_all([("X-A", "1"), ("x-a", "2")]), Err(HeaderError::Twice("x-a".to_owned())));
    }

    #[test]
    fn a_content_type_is_a_media_type() {
        for text in ["application/json", "text/plain; charset=utf-8", "application/vnd.api+json"] {
            assert_eq!(check_content_type(text), Ok(()), "{text}");
        }
        for text in ["", "json", "a/b/c", "text/", "/json", "text/plain\r\nx: y", "text/pläin", " text/plain"]
        {
            assert_eq!(check_content_type(text), Err(ContentTypeError), "{text:?}");
        }
    }

    #[test]
    fn credentials_are_recognised() {
        assert!(is_sensitive("Authorization") && is_sensitive("X-Api-Key") && is_sensitive("my-token"));
        assert!(!is_sensitive("X-Source"));
    }
}
