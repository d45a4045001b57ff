//! Around every handler: counting, the header of ignored fields, and the memory of repeated requests.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::api::Api;
use crate::idempotency;
use crate::ignored::{self, Ignored};
use crate::operation::Repeats;

/// What the layer needs to know of its operation.
#[derive(Clone)]
pub(crate) struct Observed {
    pub(crate) api: Api,
    pub(crate) operation: &'static str,
    pub(crate) repeats: Repeats,
    pub(crate) takes_body: bool,
}

/// Handles a request.
pub(crate) async fn observe(State(observed): State<Observed>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let ignored = (observed.takes_body && observed.repeats != Repeats::ByHandler).then(Ignored::default);
    if let Some(ignored) = &ignored {
        request.extensions_mut().insert(ignored.clone());
    }
    let mut response = match observed.repeats {
        Repeats::Answered => idempotency::once(&observed.api, request, next).await,
        Repeats::ByHandler | Repeats::Harmless => next.run(request).await,
    };
    if let Some(value) = ignored.and_then(|ignored| ignored.header()) {
        response.headers_mut().insert(ignored::HEADER, value);
    }
    observed.api.metrics.answered(observed.operation, response.status().as_u16(), began.elapsed());
    response
}
