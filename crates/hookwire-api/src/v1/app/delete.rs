//! `DELETE /app/{app_id}`: delete an application.

use axum::extract::State;
use hookwire_core::Reference;
use http::StatusCode;

use crate::api::Api;
use crate::caller::OrgCaller;
use crate::path::Path;
use crate::problem::Problem;

pub(super) async fn delete(
    State(api): State<Api>,
    caller: OrgCaller,
    Path(app): Path<String>,
) -> Result<StatusCode, Problem> {
    let deleted = api.store.delete_app(caller.org(), &Reference::parse(&app), api.now()).await?;
    if deleted { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::no_app()) }
}
