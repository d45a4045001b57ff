//! `PUT /app/{app_id}`: give an application these values, or make one.

use axum::Json;
use axum::extract::State;
use hookwire_core::Reference;
use hookwire_store::catalog::Created;
use http::StatusCode;

use super::{ApplicationIn, ApplicationOut};
use crate::api::Api;
use crate::caller::OrgCaller;
use crate::json::Body;
use crate::path::Path;
use crate::problem::Problem;

pub(super) async fn upsert(
    State(api): State<Api>,
    caller: OrgCaller,
    Path(app): Path<String>,
    Body(body): Body<ApplicationIn>,
) -> Result<(StatusCode, Json<ApplicationOut>), Problem> {
    let new = body.into_new(&["body"])?;
    match api.store.upsert_app(caller.org(), &Reference::parse(&app), new, api.now()).await? {
        Created::Fresh(app) => Ok((StatusCode::CREATED, Json(app.into()))),
        Created::Existing(app) => Ok((StatusCode::OK, Json(app.into()))),
    }
}
