//! What a client learns of an invocation.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookwire_core::id::Key;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use crate::Invoked;

/// What came of an invocation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvokeOut {
    /// The id of the invocation's record.
    reference_id: String,
    /// The answer's status; 0 = there was none.
    status: u16,
    /// The answer's body: as JSON when it is JSON, else as text, or in base64; null when it is empty.
    #[schema(value_type = Option<Object>)]
    data: Option<Box<RawValue>>,
    /// `base64` when `data` is that.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_encoding: Option<&'static str>,
    /// Present, and true, when the body was longer than what is in `data`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
    /// Whether the call failed: the status is not 2xx, or there was no answer.
    error: bool,
}

impl From<Invoked> for InvokeOut {
    fn from(invoked: Invoked) -> Self {
        let (data, data_encoding) = data(&invoked);
        Self {
            reference_id: invoked.reference.public(),
            status: invoked.status,
            data,
            data_encoding,
            truncated: invoked.truncated,
            error: !invoked.succeeded,
        }
    }
}

fn data(invoked: &Invoked) -> (Option<Box<RawValue>>, Option<&'static str>) {
    let body: &[u8] = &invoked.body;
    if body.is_empty() {
        return (None, None);
    }
    if let Some(text) = text(body, invoked.truncated) {
        let is_json = invoked.content_type.as_deref().is_some_and(is_json);
        let json = if is_json { serde_json::from_str::<&RawValue>(text).ok() } else { None };
        return (json.map(ToOwned::to_owned).or_else(|| to_raw_value(text).ok()), None);
    }
    (to_raw_value(&STANDARD.encode(body)).ok(), Some("base64"))
}

/// The body as text; where it was cut within a character, that one is left out.
fn text(body: &[u8], truncated: bool) -> Option<&str> {
    match std::str::from_utf8(body) {
        Ok(text) => Some(text),
        Err(error) if truncated && error.error_len().is_none() => {
            std::str::from_utf8(&body[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

/// `application/json`, and types whose structure is JSON (RFC 6839, 3.1).
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.ends_with("/json") || essence.ends_with("+json")
}
