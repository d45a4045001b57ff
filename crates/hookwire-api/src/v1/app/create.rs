//! `POST /app`: make an application, or get the one that has the uid.

use axum::Json;
use axum::extract::State;
use hookwire_store::catalog::Created;
use http::StatusCode;

use super::{ApplicationIn, ApplicationOut};
use crate::api::Api;
use crate::caller::OrgCaller;
use crate::json::Body;
use crate::problem::Problem;
use crate::query::Params;

pub(super) async fn create(
    State(api): State<Api>,
    caller: OrgCaller,
    params: Params,
    Body(body): Body<ApplicationIn>,
) -> Result<(StatusCode, Json<ApplicationOut>), Problem> {
    let get_if_exists = params.flag("get_if_exists", false)?;
    let new = body.into_new(&["body"])?;
    match api.store.create_app(caller.org(), new, api.now()).await? {
        Created::Fresh(app) => Ok((StatusCode::CREATED, Json(app.into()))),
        Created::Existing(app) if get_if_exists => Ok((StatusCode::OK, Json(app.into()))),
        Created::Existing(_) => {
            let detail = "An application with this uid already exists.";
            Err(Problem::Conflict("conflict", detail.to_owned()))
        }
    }
}
