//! `Idempotency-Key`: a request that comes again is not carried out again.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest as _, FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hookwire_store::ingest::{Begun, RequestId, SavedAnswer};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::api::Api;
use crate::caller::{Caller, ORGANIZATION_HEADER};
use crate::json::BodyBytes;
use crate::problem::Problem;

/// The request's header.
pub(crate) const HEADER: &str = "idempotency-key";
const KEY_BYTES_MAX: usize = 256;
/// How often, and how long between, a repeat looks whether the first one has been answered.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
/// Answers longer than this are not kept; no operation gives one.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The request's key, if it has one.
pub(crate) struct IdempotencyKey(pub(crate) Option<HeaderValue>);

impl IdempotencyKey {
    /// Reads the request's header.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        key_of(headers).map(|key| Self(key.cloned()))
    }
}

impl FromRequestParts<Api> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        Self::of(&parts.headers)
    }
}

fn key_of(headers: &HeaderMap) -> Result<Option<&HeaderValue>, Problem> {
    match headers.get(HEADER) {
        Some(key) if key.len() > KEY_BYTES_MAX => {
            let detail = format!("Idempotency-Key may have at most {KEY_BYTES_MAX} bytes.");
            Err(Problem::Bad("generic_error", detail))
        }
        Some(key) if key.is_empty() => Ok(None),
        key => Ok(key),
    }
}

/// Who asks for what under which key, and with which body.
pub(crate) fn request_id(caller: &Caller, path_and_query: &str, key: &HeaderValue, body: &[u8]) -> RequestId {
    let mut who_and_what = Sha256::new();
    for part in [caller.name().as_bytes(), b"POST", path_and_query.as_bytes(), key.as_bytes()] {
        // With its length before it, no two different lists of parts read the same.
        who_and_what.update((part.len() as u64).to_be_bytes());
        who_and_what.update(part);
    }
    RequestId { key: half(&who_and_what.finalize()), body: half(&Sha256::digest(body)) }
}

fn half(digest: &[u8]) -> [u8; 16] {
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    first
}

/// Runs the handler, unless the same request was answered before.
pub(crate) async fn once(api: &Api, request: Request, next: Next) -> Response {
    match key_of(request.headers()) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => {
            let key = key.clone();
            keyed(api, request, key, next).await.unwrap_or_else(IntoResponse::into_response)
        }
        Err(problem) => problem.into_response(),
    }
}

async fn keyed(api: &Api, request: Request, key: HeaderValue, next: Next) -> Result<Response, Problem> {
    let caller = Caller::of(request.headers(), api).await?;
    let (parts, body) = request.into_parts();
    let BodyBytes(bytes) = BodyBytes::from_request(Request::new(body), api).await?;
    let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    // A user may stand for several applications.
    let organization = parts.headers.get(ORGANIZATION_HEADER).map_or(&b""[..], HeaderValue::as_bytes);
    let path = format!("{path} {}", String::from_utf8_lossy(organization));
    let id = request_id(&caller, path.trim_end(), &key, &bytes);
    if let Some(saved) = begin(api, id).await? {
        return Ok(answer_again(saved));
    }
    let request = Request::from_parts(parts, Body::from(bytes));
    // A task of its own: a client that hangs up can't leave the request half remembered.
    let (api, run) = (api.clone(), next.run(request));
    let task = tokio::spawn(async move {
        let handled = tokio::spawn(run).await;
        let Ok(response) = handled else {
            forget(&api, id).await;
            return Problem::internal(&"a handler panicked").into_response();
        };
        keep(&api, id, response).await
    });
    task.await.map_err(|error| Problem::internal(&error))
}

/// Notes that the request begins; answers with what was answered before.
async fn begin(api: &Api, id: RequestId) -> Result<Option<SavedAnswer>, Problem> {
    for look in 0..LOOKS {
        match api.store.begin_request(id, api.now()).await? {
            Begun::Fresh => return Ok(None),
            Begun::Answered(saved) => return Ok(Some(saved)),
            Begun::OtherBody => return Err(Problem::IdempotencyMismatch),
            Begun::Running if look + 1 < LOOKS => tokio::time::sleep(BETWEEN_LOOKS).await,
            Begun::Running => {}
        }
    }
    Err(Problem::InProgress)
}

async fn keep(api: &Api, id: RequestId, response: Response) -> Response {
    if !response.status().is_success() {
        forget(api, id).await;
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, ANSWER_BYTES_MAX).await else {
        forget(api, id).await;
        return Problem::internal(&"an answer could not be read").into_response();
    };
    let saved = SavedAnswer { status: parts.status.as_u16(), body: bytes.to_vec() };
    if let Err(error) = api.store.finish_request(id, Some(saved), api.now()).await {
        // The work is done and the client learns of it; a repeat finds the request unfinished.
        tracing::warn!("the answer to a request could not be kept: {error}");
    }
    Response::from_parts(parts, Body::from(bytes))
}

async fn forget(api: &Api, id: RequestId) {
    if let Err(error) = api.store.finish_request(id, None, api.now()).await {
        tracing::warn!("a failed request could not be forgotten: {error}");
    }
}

fn answer_again(saved: SavedAnswer) -> Response {
    let status = StatusCode::from_u16(saved.status).unwrap_or(StatusCode::OK);
    let has_body = !saved.body.is_empty();
    let mut response = (status, Bytes::from(saved.body)).into_response();
    if has_body {
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
    } else {
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    response
}
