//! `POST /auth/app-portal-access/{app_id}`: a token, and a link that carries it, for one application.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use hookwire_core::{App, Reference};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::caller::OrgCaller;
use crate::json::Body;
use crate::path::Path;
use crate::problem::{Issues, Problem};
use crate::token::{APP_TOKEN_LIFE_MAX, AppGrant, Capability};
use crate::v1::app::ApplicationIn;

const FEATURE_FLAGS_MAX: usize = 100;
const FEATURE_FLAG_CHARS_MAX: usize = 256;

/// What the token shall grant.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AppPortalAccessIn {
    /// Make the application with these values when there is none.
    application: Option<ApplicationIn>,
    /// Only look. The same as `capabilities: ["ViewBase"]`.
    read_only: Option<bool>,
    /// What may be done; null = everything.
    capabilities: Option<Vec<Capability>>,
    /// Event types behind one of these flags are visible.
    feature_flags: Option<Vec<String>>,
    /// Seconds that the token counts: 1 to 2419200 (28 days), which is also the default.
    expiry: Option<u64>,
}

/// The token.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AppPortalAccessOut {
    /// Where the application's people can use it; empty when the server's public URL is not configured.
    url: String,
    /// The token.
    token: String,
}

impl AppPortalAccessIn {
    fn grant(&mut self) -> Result<AppGrant, Problem> {
        let mut issues = Issues::default();
        let feature_flags = self.feature_flags.take().unwrap_or_default();
        let too_long = feature_flags.iter().any(|flag| flag.chars().count() > FEATURE_FLAG_CHARS_MAX);
        if feature_flags.len() > FEATURE_FLAGS_MAX || too_long {
            let msg = format!(
                "may have at most {FEATURE_FLAGS_MAX} items of at most {FEATURE_FLAG_CHARS_MAX} characters"
            );
            issues.add(&["body", "featureFlags"], msg);
        }
        let life_max = APP_TOKEN_LIFE_MAX.as_secs();
        if self.expiry.is_some_and(|seconds| seconds == 0 || seconds > life_max) {
            issues.add(&["body", "expiry"], format!("must lie between 1 and {life_max} seconds"));
        }
        issues.done()?;
        let only_look = self.read_only == Some(true);
        let capabilities =
            if only_look { Some(vec![Capability::ViewBase]) } else { self.capabilities.take() };
        Ok(AppGrant { feature_flags, capabilities, life: self.expiry.map(Duration::from_secs) })
    }
}

pub(super) async fn access(
    State(api): State<Api>,
    caller: OrgCaller,
    Path(app): Path<String>,
    Body(mut body): Body<AppPortalAccessIn>,
) -> Result<Json<AppPortalAccessOut>, Problem> {
    let grant = body.grant()?;
    let app = find_or_make(&api, &caller, &app, body.application).await?;
    issue(&api, &caller, &app, grant).map(Json)
}

/// The older form, without a body.
pub(super) async fn dashboard_access(
    State(api): State<Api>,
    caller: OrgCaller,
    Path(app): Path<String>,
) -> Result<Json<AppPortalAccessOut>, Problem> {
    let app = find_or_make(&api, &caller, &app, None).await?;
    issue(&api, &caller, &app, AppGrant::default()).map(Json)
}

async fn find_or_make(
    api: &Api,
    caller: &OrgCaller,
    path: &str,
    new: Option<ApplicationIn>,
) -> Result<App, Problem> {
    let new = new.map(|new| crate::v1::message::app_to_make(path, new)).transpose()?.flatten();
    if let Some(app) = api.store.app(caller.org(), &Reference::parse(path)).await? {
        return Ok(app);
    }
    let new = new.ok_or_else(Problem::no_app)?;
    Ok(api.store.create_app(caller.org(), new, api.now()).await?.into_inner())
}

fn issue(api: &Api, caller: &OrgCaller, app: &App, grant: AppGrant) -> Result<AppPortalAccessOut, Problem> {
    let issuer = api.issuer.as_ref().ok_or(Problem::NotImplemented)?;
    let token = issuer
        .app_token(caller.org(), app.key, grant, api.now())
        .map_err(|error| Problem::internal(&error))?;
    let base = api.settings.public_url.trim_end_matches('/');
    // In the fragment: browsers send it to no server, and no log keeps it.
    let url = if base.is_empty() { String::new() } else { format!("{base}/#token={token}") };
    Ok(AppPortalAccessOut { url, token })
}
