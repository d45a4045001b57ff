//! `PATCH /app/{app_id}`: change an application.

use axum::Json;
use axum::extract::State;
use hookwire_core::Reference;

use super::ApplicationOut;
use super::wire::ApplicationPatch;
use crate::api::Api;
use crate::caller::OrgCaller;
use crate::json::Body;
use crate::path::Path;
use crate::problem::Problem;

pub(super) async fn patch(
    State(api): State<Api>,
    caller: OrgCaller,
    Path(app): Path<String>,
    Body(body): Body<ApplicationPatch>,
) -> Result<Json<ApplicationOut>, Problem> {
    let change = body.into_change()?;
    let changed = api.store.change_app(caller.org(), &Reference::parse(&app), change, api.now()).await?;
    changed.map(|app| Json(app.into())).ok_or_else(Problem::no_app)
}
