//! The sample receiver of `hookwire dev`: verifies each webhook's signature and prints what it got.

use std::sync::OnceLock;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hookwire_core::{Secret, Timestamp, signature};
use tokio::net::TcpListener;

static EXPECTED: OnceLock<Secret> = OnceLock::new();

/// Starts it on a free port; its URL.
pub(super) async fn start() -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/webhook", listener.local_addr()?);
    let router = Router::new().route("/webhook", post(receive));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

/// The secret that signatures are checked against from now on.
pub(super) fn expect(secret: &Secret) {
    let _ = EXPECTED.set(secret.clone());
}

async fn receive(headers: HeaderMap, body: Bytes) -> StatusCode {
    let verified = EXPECTED.get().is_some_and(|secret| verifies(secret, &headers, &body));
    let id = text(&headers, "webhook-id").or_else(|| text(&headers, "svix-id")).unwrap_or("?");
    let mark = if verified { "signature valid" } else { "SIGNATURE INVALID" };
    println!("received {id} ({mark}): {}", String::from_utf8_lossy(&body));
    if verified { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED }
}

fn verifies(secret: &Secret, headers: &HeaderMap, body: &[u8]) -> bool {
    ["webhook", "svix"].iter().any(|prefix| {
        let part = |name: &str| text(headers, &format!("{prefix}-{name}"));
        let (Some(id), Some(sent), Some(given)) = (part("id"), part("timestamp"), part("signature")) else {
            return false;
        };
        let Ok(seconds) = sent.parse() else { return false };
        let expected = signature::sign([secret], id, Timestamp::from_seconds(seconds), body);
        given.split(' ').any(|one| one == expected)
    })
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
