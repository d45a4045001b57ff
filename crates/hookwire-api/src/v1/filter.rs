//! `POST /filter/test`: try a payload filter.

use axum::Json;
use axum::extract::State;
use hookwire_core::json::Document;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::check;
use crate::api::Api;
use crate::caller::Caller;
use crate::json::Body;
use crate::operation::{Access, Operation, Repeats, post};
use crate::problem::{Issues, Problem};

/// A filter and what it is tried on.
#[derive(Deserialize, ToSchema)]
pub(super) struct FilterTestIn {
    /// The filter.
    #[schema(value_type = Object)]
    filter: Box<RawValue>,
    /// A payload.
    #[schema(value_type = Object)]
    payload: Box<RawValue>,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
pub(super) struct FilterTestOut {
    /// Whether an endpoint with this filter gets messages with this payload.
    matches: bool,
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        post("filter.test", "/filter/test", test)
            .says("Try a filter on a payload")
            .access(Access::Any)
            .repeats(Repeats::Harmless)
            .body::<FilterTestIn>()
            .answers::<FilterTestOut>(200),
    ]
}

async fn test(
    State(api): State<Api>,
    _: Caller,
    Body(body): Body<FilterTestIn>,
) -> Result<Json<FilterTestOut>, Problem> {
    let matches = api.trial(move || matches(&body)).await?;
    Ok(Json(FilterTestOut { matches }))
}

fn matches(body: &FilterTestIn) -> Result<bool, Problem> {
    let mut issues = Issues::default();
    let filter = check::filter(&mut issues, body.filter.get());
    let payload = issues.take(&["body", "payload"], Document::index(body.payload.get()));
    issues.done()?;
    Ok(filter.zip(payload).is_some_and(|(filter, payload)| filter.matches(&payload)))
}
