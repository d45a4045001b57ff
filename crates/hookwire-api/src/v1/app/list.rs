//! `GET /app`: an org's applications.

use axum::Json;
use axum::extract::State;
use hookwire_core::AppKey;
use hookwire_store::Order;
use hookwire_store::catalog::AppExclusion;

use super::ApplicationOut;
use crate::api::Api;
use crate::caller::OrgCaller;
use crate::page::ListOf;
use crate::problem::Problem;
use crate::query::Params;

/// Where the receivers for trying things out live that Svix offers.
const SVIX_PLAY_HOSTS: [&str; 2] = ["play.svix.com", "api.play.svix.com"];

pub(super) async fn list(
    State(api): State<Api>,
    caller: OrgCaller,
    params: Params,
) -> Result<Json<ListOf<ApplicationOut>>, Problem> {
    let page = params.page::<AppKey>(Order::Ascending)?;
    let asked = [
        ("exclude_apps_with_no_endpoints", AppExclusion::WithoutEndpoints),
        ("exclude_apps_with_disabled_endpoints", AppExclusion::OnlyDisabled),
        ("exclude_apps_with_svix_play_endpoints", AppExclusion::OnlyAt(&SVIX_PLAY_HOSTS)),
    ];
    let mut without = Vec::new();
    for (name, exclusion) in asked {
        if params.flag(name, false)? {
            without.push(exclusion);
        }
    }
    let apps = api.store.apps(caller.org(), page, without).await?;
    Ok(Json(ListOf::of_keys(page, apps, |app| app.key, ApplicationOut::from)))
}
