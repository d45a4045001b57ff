//! Errors as OAuth has them (RFC 6749, 5.2): a word, a sentence, and nothing that a cache may keep.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;

/// The body of an error.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OauthErrorBody {
    /// A word for programs.
    error: &'static str,
    /// A sentence for developers.
    error_description: String,
}

/// Why a request to the token, revocation or introspection endpoint was refused.
#[derive(Debug)]
pub(super) enum OauthError {
    /// 400 with this word.
    Bad(&'static str, String),
    /// The client did not show who it is: 401.
    Client,
    /// Too many wrong guesses: 429.
    TooMany,
    /// Anything that has no word in OAuth.
    Other(Problem),
}

impl OauthError {
    /// The request lacks something, or has it twice.
    pub(super) fn request(description: impl Into<String>) -> Self {
        Self::Bad("invalid_request", description.into())
    }

    /// The code or the refresh token is no good.
    pub(super) fn grant(description: impl Into<String>) -> Self {
        Self::Bad("invalid_grant", description.into())
    }

    /// The client is suspended.
    pub(super) fn suspended() -> Self {
        Self::Bad("unauthorized_client", "the client is suspended".to_owned())
    }
}

impl From<Problem> for OauthError {
    fn from(problem: Problem) -> Self {
        Self::Other(problem)
    }
}

impl From<hookwire_store::Error> for OauthError {
    fn from(error: hookwire_store::Error) -> Self {
        match error {
            hookwire_store::Error::Limit(what) => Self::grant(format!("a limit was reached: {what}")),
            error => Self::Other(error.into()),
        }
    }
}

/// Nothing that is issued or asked here may be kept by a cache (RFC 6749, 5.1).
pub(super) fn not_stored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        let (status, error, error_description) = match self {
            Self::Bad(error, description) => (StatusCode::BAD_REQUEST, error, description),
            Self::Client => {
                let description = "the client is unknown, or its secret is wrong or missing";
                (StatusCode::UNAUTHORIZED, "invalid_client", description.to_owned())
            }
            Self::TooMany => {
                let description = "too many wrong secrets or codes; wait a minute";
                (StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", description.to_owned())
            }
            Self::Other(problem) => return not_stored(problem.into_response()),
        };
        let mut response = (status, axum::Json(OauthErrorBody { error, error_description })).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"hookwire\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        not_stored(response)
    }
}
