//! Checks on the text before it is parsed, because the URL parser mends what should be refused.

use super::{TargetError, URL_BYTES_MAX, error};

/// Refuses what browsers would silently strip or rewrite: blanks, control characters, backslashes, missing slashes.
pub(super) fn check(text: &str) -> Result<(), TargetError> {
    if text.len() > URL_BYTES_MAX {
        return Err(error::too_long());
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(error::syntax("it must not hold spaces, line breaks or control characters"));
    }
    if text.contains('\\') {
        return Err(error::syntax("it must not hold a backslash"));
    }
    let Some((scheme, rest)) = text.split_once(':') else {
        return Err(error::scheme());
    };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(error::scheme());
    }
    match rest.strip_prefix("//") {
        None => Err(error::syntax("two slashes must follow the scheme")),
        Some(rest) if rest.is_empty() || rest.starts_with(['/', '?', '#']) => Err(error::no_host()),
        Some(_) => Ok(()),
    }
}

/// The bytes that a percent-encoded text stands for; a `%` without two hex digits stands for itself.
pub fn percent_decoded(text: &str) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if let (b'%', Some(high), Some(low)) = (byte, digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            decoded.push((high * 16 + low) as u8);
            at += 3;
        } else {
            decoded.push(byte);
            at += 1;
        }
    }
    decoded
}
