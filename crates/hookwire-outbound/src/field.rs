//! A header name in the case it is sent in.

use bytes::Bytes;
use http::HeaderName;

/// A header name, checked once. HTTP/1.1 sends it in the case it was given; HTTP/2 knows lower case only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldName {
    name: HeaderName,
    spelling: Bytes,
}

/// Why a header can't be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// The name is empty or has a character that RFC 9110, 5.1 does not allow.
    #[error("a header name may hold letters, digits and !#$%&'*+-.^_`|~ only")]
    Name,
    /// The header frames the message or belongs to the connection, which is the client's own matter.
    #[error("this header is set by the client itself")]
    Reserved,
    /// The value has a line break or another control character.
    #[error("a header value may not hold control characters")]
    Value,
}

/// Headers that decide where a message ends or how long a connection lives.
const RESERVED: [&str; 12] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl FieldName {
    /// A name as it shall be sent.
    pub fn new(spelling: &str) -> Result<Self, FieldError> {
        let name = HeaderName::from_bytes(spelling.as_bytes()).map_err(|_| FieldError::Name)?;
        if RESERVED.contains(&name.as_str()) {
            return Err(FieldError::Reserved);
        }
        Ok(Self { name, spelling: Bytes::copy_from_slice(spelling.as_bytes()) })
    }

    /// The name as it is sent.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.spelling).unwrap_or(self.name.as_str())
    }

    /// The name in lower case.
    pub const fn name(&self) -> &HeaderName {
        &self.name
    }

    pub(crate) const fn spelling(&self) -> &Bytes {
        &self.spelling
    }
}

#[test]
fn names_that_frame_the_message_are_reserved() {
    for name in ["Host", "content-length", "Transfer-Encoding", "CONNECTION", "TE", "Upgrade", "Expect"] {
        assert_eq!(FieldName::new(name), Err(FieldError::Reserved), "{name}");
    }
    for name in ["", " ", "a b", "a:", "a\r\n", "ä", "a\0"] {
        assert_eq!(FieldName::new(name), Err(FieldError::Name), "{name:?}");
    }
    assert_eq!(FieldName::new("X-MyCo-Signature").unwrap().as_str(), "X-MyCo-Signature");
}
