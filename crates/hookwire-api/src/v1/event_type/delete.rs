//! `DELETE /event-type/{event_type_name}`: archive an event type, or remove it altogether.

use axum::extract::State;
use http::StatusCode;

use crate::api::Api;
use crate::caller::OrgCaller;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Params;

pub(super) async fn delete(
    State(api): State<Api>,
    caller: OrgCaller,
    Path(name): Path<String>,
    params: Params,
) -> Result<StatusCode, Problem> {
    let expunge = params.flag("expunge", false)?;
    let deleted = api.store.delete_event_type(caller.org(), &name, expunge, api.now()).await?;
    if deleted { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}
