//! How a client's data becomes the body of a call.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::value::RawValue;

use crate::rules::words;

words!(
    /// What the data of an invocation is.
    PayloadEncoding {
        /// Any JSON value, sent as its text. A string must itself be JSON text.
        #[default]
        Json = "json",
        /// A string, sent as it is.
        Text = "text",
        /// A string in base64, decoded before it is sent.
        Base64 = "base64",
    }
);

/// Why data does not fit its encoding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Text or base64 was expected.
    #[error("must be a string, as the payload encoding is {0}")]
    NotText(&'static str),
    /// A string that is not JSON.
    #[error("must be a JSON value, or a string that holds JSON text ({0})")]
    NotJson(String),
    /// A string that is not base64.
    #[error("is not valid base64 (RFC 4648, standard alphabet): {0}")]
    NotBase64(String),
}

impl PayloadEncoding {
    /// The `Content-Type` of such a body, unless the registration names one.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Text => "text/plain; charset=utf-8",
            Self::Base64 => "application/octet-stream",
        }
    }

    /// The body that `data`, a JSON value, makes. Absent data and null make an empty one.
    pub fn body(self, data: Option<&RawValue>) -> Result<Bytes, BodyError> {
        let Some(data) = data.map(RawValue::get).filter(|text| *text != "null") else {
            return Ok(Bytes::new());
        };
        if !data.starts_with('"') {
            return match self {
                Self::Json => Ok(Bytes::copy_from_slice(data.as_bytes())),
                Self::Text | Self::Base64 => Err(BodyError::NotText(self.name())),
            };
        }
        let text: String =
            serde_json::from_str(data).map_err(|error| BodyError::NotJson(error.to_string()))?;
        match self {
            Self::Text => Ok(text.into()),
            Self::Base64 => {
                let decoded =
                    STANDARD.decode(&text).map_err(|error| BodyError::NotBase64(error.to_string()))?;
                Ok(decoded.into())
            }
            Self::Json => {
                let checked: Result<&RawValue, _> = serde_json::from_str(&text);
                checked.map_err(|error| BodyError::NotJson(error.to_string()))?;
                Ok(text.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(encoding: PayloadEncoding, data: &str) -> Result<Vec<u8>, BodyError> {
        let data: Box<RawValue> = serde_json::from_str(data).unwrap();
        encoding.body(Some(&data)).map(|bytes| bytes.to_vec())
    }

    #[test]
    fn json_is_sent_as_it_was_written() {
        let sent = |data| body(PayloadEncoding::Json, data);
        assert_eq!(sent(r#"{"a": 1.0}"#), Ok(br#"{"a": 1.0}"#.to_vec()));
        assert_eq!(sent(r#""{\"a\":1}""#), Ok(br#"{"a":1}"#.to_vec()));
        assert!(matches!(sent(r#""plain words""#), Err(BodyError::NotJson(_))));
    }

    #[test]
    fn text_and_base64_are_strings() {
        assert_eq!(body(PayloadEncoding::Text, r#""a\nb""#), Ok(b"a\nb".to_vec()));
        assert_eq!(body(PayloadEncoding::Base64, r#""/9j/4A==""#), Ok(vec![0xff, 0xd8, 0xff, 0xe0]));
        assert!(matches!(body(PayloadEncoding::Base64, r#""a b""#), Err(BodyError::NotBase64(_))));
        assert_eq!(body(PayloadEncoding::Text, "{}"), Err(BodyError::NotText("text")));
        assert_eq!(body(PayloadEncoding::Base64, "1"), Err(BodyError::NotText("base64")));
    }

    #[test]
    fn no_data_is_an_empty_body() {
        for encoding in PayloadEncoding::ALL {
            assert_eq!(body(*encoding, "null"), Ok(Vec::new()));
            assert_eq!(encoding.body(None), Ok(Bytes::new()));
        }
    }
}
