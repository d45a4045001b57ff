//! A status or a group of them on the wire, as a number or a text.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `204`, `"204"`, `"2xx"`, and in lists of failures `"network"` and `"timeout"`.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = StatusCode)]
#[serde(untagged, expecting = "must be a status such as 204, or a text such as \"2xx\"")]
pub(super) enum Code {
    /// One status.
    Number(u16),
    /// One or several.
    Text(String),
}

/// The texts of all.
pub(super) fn texts(codes: &[Code]) -> Vec<String> {
    let text = |code: &Code| match code {
        Code::Number(number) => number.to_string(),
        Code::Text(text) => text.clone(),
    };
    codes.iter().map(text).collect()
}
