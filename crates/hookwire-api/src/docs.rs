//! The documentation page: a small offline reader of the OpenAPI document.

use std::sync::OnceLock;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};

const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The OpenAPI document as JSON text, made once.
pub(crate) fn document() -> &'static str {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::to_string(&crate::openapi()).expect("the document is plain data"))
}

/// An answer that is JSON.
pub(crate) fn json(text: &'static str) -> Response {
    served("application/json", text)
}

pub(crate) async fn page() -> Response {
    served("text/html; charset=utf-8", include_str!("docs/page.html"))
}

pub(crate) async fn script() -> Response {
    served("text/javascript; charset=utf-8", include_str!("docs/docs.js"))
}

pub(crate) async fn style() -> Response {
    served("text/css; charset=utf-8", include_str!("docs/docs.css"))
}

fn served(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (headers, text).into_response()
}
