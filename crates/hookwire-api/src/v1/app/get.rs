//! `GET /app/{app_id}`: one application.

use axum::Json;
use axum::extract::State;

use super::ApplicationOut;
use crate::api::Api;
use crate::caller::EndpointCaller;
use crate::path::Path;
use crate::problem::Problem;
use crate::token::Capability;

pub(super) async fn get(
    State(api): State<Api>,
    caller: EndpointCaller,
    Path(app): Path<String>,
) -> Result<Json<ApplicationOut>, Problem> {
    let (app, _) = caller.app(&api, &app, Capability::ViewBase).await?;
    Ok(Json(app.into()))
}
