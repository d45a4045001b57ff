//! `DELETE /app/{app_id}/msg/{msg_id}/content`: remove a message's payload.

use axum::extract::State;
use hookwire_core::Reference;
use hookwire_store::history::Erased;
use http::StatusCode;

use crate::api::Api;
use crate::caller::OrgCaller;
use crate::path::Path;
use crate::problem::Problem;
use crate::token::Capability;

pub(super) async fn expunge(
    State(api): State<Api>,
    caller: OrgCaller,
    Path((app, message)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let app = caller.app(&api, &app, Capability::ManageEndpoint).await?;
    match api.store.expunge_payload(app.key, &Reference::parse(&message)).await? {
        Erased::Done => Ok(StatusCode::NO_CONTENT),
        Erased::Absent => Err(Problem::absent()),
    }
}
