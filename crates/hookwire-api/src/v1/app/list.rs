//! `GET /app`: an org's applications.

use axum::Json;
use axum::extract::State;
use hookwire_core::AppKey;
use hookwire_store::Order;

use super::ApplicationOut;
use crate::api::Api;
use crate::caller::OrgCaller;
use crate::page::ListOf;
use crate::problem::Problem;
use crate::query::Params;

pub(super) async fn list(
    State(api): State<Api>,
    caller: OrgCaller,
    params: Params,
) -> Result<Json<ListOf<ApplicationOut>>, Problem> {
    let page = params.page::<AppKey>(Order::Ascending)?;
    let apps = api.store.apps(caller.org(), page).await?;
    Ok(Json(ListOf::of_keys(page, apps, |app| app.key, ApplicationOut::from)))
}
