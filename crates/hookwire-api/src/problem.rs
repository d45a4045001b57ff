//! Everything that a request can be refused with: one table of error → status → body.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use hookwire_core::MessageKey;
use hookwire_core::id::Key;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

/// One fault of the request's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Issue {
    /// Where: `body`, `query` or `path`, then names; `[0]` stands for a place in a list.
    loc: Vec<String>,
    /// What is wrong, and what is allowed.
    msg: String,
    /// Its kind: `value_error`, or `value_error.jsondecode` when the JSON itself does not fit.
    #[serde(rename = "type")]
    kind: String,
}

impl Issue {
    /// A value that is not allowed.
    pub(crate) fn value(loc: &[&str], msg: impl std::fmt::Display) -> Self {
        Self::new(loc, msg, "value_error")
    }

    /// A fault of another kind.
    pub(crate) fn new(loc: &[&str], msg: impl std::fmt::Display, kind: &str) -> Self {
        let loc = loc.iter().map(|&part| part.to_owned()).collect();
        Self { loc, msg: msg.to_string(), kind: kind.to_owned() }
    }
}

/// Collects faults, so that a client learns of all of them at once.
#[derive(Debug, Default)]
pub(crate) struct Issues(Vec<Issue>);

impl Issues {
    /// Notes a value that is not allowed.
    pub(crate) fn add(&mut self, loc: &[&str], msg: impl std::fmt::Display) {
        self.0.push(Issue::value(loc, msg));
    }

    /// The value, or `None` with its fault noted.
    pub(crate) fn take<T, E: std::fmt::Display>(&mut self, loc: &[&str], checked: Result<T, E>) -> Option<T> {
        checked.map_err(|error| self.add(loc, error)).ok()
    }

    /// Refuses the request if there were any faults.
    pub(crate) fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::Invalid(self.0)) }
    }
}

/// Why a request was not carried out.
#[derive(Debug)]
pub(crate) enum Problem {
    /// Its content is not allowed: 422.
    Invalid(Vec<Issue>),
    /// It makes no sense here and now: 400 with a code.
    Bad(&'static str, String),
    /// No valid token: 401.
    Unauthorized,
    /// The secret that tokens are signed with, in place of a token: 401.
    SecretAsToken,
    /// A valid token that may not do this: 403.
    Forbidden,
    /// An OAuth access token without this scope: 403.
    InsufficientScope(&'static str),
    /// Somebody who may not do this: 403, and why.
    Denied(&'static str, String),
    /// No such noun, or not the caller's: 404.
    NotFound(&'static str),
    /// The path exists, but not with this method: 405.
    MethodNotAllowed,
    /// Another noun is in the way: 409.
    Conflict(&'static str, String),
    /// The event id is another message's: 409, and says whose.
    EventIdTaken(MessageKey),
    /// A request with the same `Idempotency-Key` is under way: 409.
    InProgress,
    /// The `Idempotency-Key` was used with another body: 422.
    IdempotencyMismatch,
    /// The body took longer than this to arrive: 408, and the connection is closed.
    BodyTimeout(Duration),
    /// The body is too long: 413.
    TooLarge(usize),
    /// Too much of this is under way: 429.
    TooMany(&'static str),
    /// Not offered: 501.
    NotImplemented,
    /// The store can't be used just now: 503.
    Unavailable,
    /// A fault of ours, already logged under this number: 500.
    Internal(u64),
}

impl Problem {
    /// One value that is not allowed.
    pub(crate) fn invalid(loc: &[&str], msg: impl std::fmt::Display) -> Self {
        Self::Invalid(vec![Issue::value(loc, msg)])
    }

    /// The noun is absent.
    pub(crate) const fn absent() -> Self {
        Self::NotFound("Entity not found")
    }

    /// The app is absent.
    pub(crate) const fn no_app() -> Self {
        Self::NotFound("Application not found")
    }

    /// Nothing is sent to this endpoint.
    pub(crate) fn endpoint_disabled() -> Self {
        Self::Bad("endpoint_disabled", "The endpoint is disabled.".to_owned())
    }

    /// Logs a fault of ours, and answers with its number only.
    pub(crate) fn internal(fault: &dyn std::fmt::Display) -> Self {
        static FAULTS: AtomicU64 = AtomicU64::new(1);
        let number = FAULTS.fetch_add(1, Ordering::Relaxed);
        tracing::error!(fault = number, "internal error: {fault}");
        Self::Internal(number)
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) | Self::IdempotencyMismatch => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Bad(..) => StatusCode::BAD_REQUEST,
            Self::Unauthorized | Self::SecretAsToken => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::InsufficientScope(_) | Self::Denied(..) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(..) | Self::EventIdTaken(_) | Self::InProgress => StatusCode::CONFLICT,
            Self::BodyTimeout(_) => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NotImplemented => StatusCode::NOT_IMPLEMENTED,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code_and_detail(&self) -> (&'static str, String) {
        match self {
            Self::Invalid(_) => ("validation", "The request's content is not valid.".to_owned()),
            Self::Bad(code, detail) | Self::Conflict(code, detail) | Self::Denied(code, detail) => {
                (code, detail.clone())
            }
            Self::InsufficientScope(scope) => {
                ("insufficient_scope", format!("The access token needs the scope {scope}."))
            }
            Self::Unauthorized => ("authentication_failed", "Invalid token".to_owned()),
            Self::SecretAsToken => (
                "authentication_failed",
                "Invalid token: this is the secret that tokens are signed with. Make a token with `hookwire jwt generate`."
                    .to_owned(),
            ),
            Self::Forbidden => {
                ("insufficient access", "Insufficient access for the given operation.".to_owned())
            }
            Self::NotFound(detail) => ("not_found", (*detail).to_owned()),
            Self::MethodNotAllowed => {
                ("method_not_allowed", "This path does not support the request's method.".to_owned())
            }
            Self::EventIdTaken(existing) => {
                ("conflict", format!("A message with this eventId already exists as {existing}."))
            }
            Self::InProgress => (
                "request_in_progress",
                "A request with this Idempotency-Key is still being handled; repeat it later.".to_owned(),
            ),
            Self::IdempotencyMismatch => (
                "idempotency_mismatch",
                "This Idempotency-Key was used before with another request body.".to_owned(),
            ),
            Self::BodyTimeout(limit) => {
                ("request_timeout", format!("The request's body did not arrive within {limit:?}."))
            }
            Self::TooLarge(max) => {
                ("payload_too_large", format!("The request's body may have at most {max} bytes."))
            }
            Self::TooMany(detail) => ("too_many_requests", (*detail).to_owned()),
            Self::NotImplemented => {
                ("not_implemented", "This operation is not offered by this server.".to_owned())
            }
            Self::Unavailable => {
                ("unavailable", "The server can't reach its storage just now; try again.".to_owned())
            }
            Self::Internal(number) => (
                "internal_error",
                format!("The server failed to handle the request; its log says why under fault {number}."),
            ),
        }
    }
}

impl From<hookwire_store::Error> for Problem {
    fn from(error: hookwire_store::Error) -> Self {
        use hookwire_store::Error as E;
        match error {
            E::Conflict(what) => Self::Conflict("conflict", format!("A conflict has occurred: {what}")),
            E::Limit(what) => Self::Bad("limit_reached", format!("A limit was reached: {what}")),
            E::Unavailable(reason) => {
                tracing::warn!("store unavailable: {reason}");
                Self::Unavailable
            }
            E::Corrupt(_) | E::Internal(_) => Self::internal(&error),
        }
    }
}

/// The body of every error but 422.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorBody {
    /// A stable word for programs.
    code: String,
    /// A sentence for people.
    detail: String,
    /// Only when an `eventId` is taken: the id of the message that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    existing_message_id: Option<String>,
}

/// The body of a 422.
#[derive(Serialize, ToSchema)]
pub(crate) struct ValidationBody {
    /// Every fault that was found.
    detail: Vec<Issue>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = if let Self::Invalid(issues) = &self {
            serde_json::to_vec(&ValidationBody { detail: issues.clone() })
        } else {
            let (code, detail) = self.code_and_detail();
            let existing = if let Self::EventIdTaken(key) = &self { Some(key.public()) } else { None };
            serde_json::to_vec(&ErrorBody { code: code.to_owned(), detail, existing_message_id: existing })
        };
        let json = HeaderValue::from_static("application/json");
        let mut response = (self.status(), body.unwrap_or_default()).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        let retry = matches!(self, Self::Unavailable | Self::InProgress | Self::TooMany(_));
        if retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if matches!(self, Self::Unauthorized | Self::SecretAsToken) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Self::InsufficientScope(scope) = self {
            let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
            if let Ok(value) = HeaderValue::from_str(&challenge) {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
            }
        }
        if matches!(self, Self::BodyTimeout(_)) {
            // The rest of the body would be taken for the next request. HTTP/2 ends the stream alone.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
