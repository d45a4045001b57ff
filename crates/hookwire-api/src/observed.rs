//! Around every handler: counting, the headers of what was ignored, and the memory of repeated requests.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::api::Api;
use crate::idempotency;
use crate::ignored::{self, Ignored};
use crate::operation::Repeats;
use crate::query::Params;

/// What the layer needs to know of its operation.
#[derive(Clone)]
pub(crate) struct Observed {
    pub(crate) api: Api,
    pub(crate) operation: &'static str,
    pub(crate) repeats: Repeats,
    pub(crate) takes_body: bool,
    /// Names of the query parameters.
    pub(crate) params: Arc<[&'static str]>,
}

/// Handles a request.
pub(crate) async fn observe(State(observed): State<Observed>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let ignored = (observed.takes_body && observed.repeats != Repeats::ByHandler).then(Ignored::default);
    if let Some(ignored) = &ignored {
        request.extensions_mut().insert(ignored.clone());
    }
    let unknown = Params::of(request.uri()).map_or(Vec::new(), |query| query.unknown(&observed.params));
    let mut response = match observed.repeats {
        Repeats::Answered => idempotency::once(&observed.api, request, next).await,
        Repeats::ByHandler | Repeats::Harmless => next.run(request).await,
    };
    if let Some(value) = ignored.and_then(|ignored| ignored.header()) {
        response.headers_mut().insert(ignored::HEADER, value);
    }
    if let Some(value) = ignored::header(&unknown) {
        response.headers_mut().insert(ignored::PARAMETERS_HEADER, value);
    }
    observed.api.metrics.answered(observed.operation, response.status().as_u16(), began.elapsed());
    response
}
