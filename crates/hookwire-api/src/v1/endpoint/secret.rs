//! `GET …/secret` and `POST …/secret/rotate`: an endpoint's signing secret.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use hookwire_core::limits::{SECRET_OVERLAP_DEFAULT, SECRET_OVERLAP_MAX};
use hookwire_core::{Reference, Secret};
use hookwire_store::catalog::{Rotated, Rotation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Owner;
use crate::api::Api;
use crate::caller::Caller;
use crate::json::Body;
use crate::path::Path;
use crate::problem::{Issues, Problem};
use crate::token::Capability;

/// What a receiver verifies signatures with.
#[derive(Serialize, ToSchema)]
pub(in crate::v1) struct EndpointSecretOut {
    /// `whsec_…`, the shared secret, or `whpk_…`, the public key of an Ed25519 pair.
    key: String,
}

/// A new secret.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::v1) struct EndpointSecretRotateIn {
    /// The secret (`whsec_…` or `whsk_…`); made when absent.
    key: Option<String>,
    /// Seconds that the old secret goes on signing: 0 to 604800 (7 days), 86400 unless given.
    grace_period_seconds: Option<u64>,
}

pub(super) async fn get(
    State(api): State<Api>,
    caller: Caller,
    Path((app, endpoint)): Path<(String, String)>,
) -> Result<Json<EndpointSecretOut>, Problem> {
    let owner = Owner::of(&api, &caller, &app, Capability::ViewEndpointSecret).await?;
    shown(&api, &owner, &endpoint).await
}

pub(in crate::v1) async fn shown(
    api: &Api,
    owner: &Owner,
    endpoint: &str,
) -> Result<Json<EndpointSecretOut>, Problem> {
    let endpoint = super::find(api, owner, endpoint).await?;
    if endpoint.managed_by.is_some() {
        let detail = "The endpoint belongs to an OAuth install: its signing secret is the client's, whose owner has it.";
        return Err(Problem::Conflict("conflict", detail.to_owned()));
    }
    Ok(Json(EndpointSecretOut { key: endpoint.secrets.current.verification_key() }))
}

pub(super) async fn rotate(
    State(api): State<Api>,
    caller: Caller,
    Path((app, endpoint)): Path<(String, String)>,
    Body(body): Body<EndpointSecretRotateIn>,
) -> Result<Json<EndpointSecretOut>, Problem> {
    let owner = Owner::of(&api, &caller, &app, Capability::ManageEndpointSecret).await?;
    rotated(&api, &owner, &endpoint, body).await
}

pub(in crate::v1) async fn rotated(
    api: &Api,
    owner: &Owner,
    endpoint: &str,
    body: EndpointSecretRotateIn,
) -> Result<Json<EndpointSecretOut>, Problem> {
    let mut issues = Issues::default();
    let secret = body.key.and_then(|text| issues.take(&["body", "key", "__all__"], Secret::parse(&text)));
    let longest = SECRET_OVERLAP_MAX.as_secs();
    let overlap = body.grace_period_seconds.unwrap_or(SECRET_OVERLAP_DEFAULT.as_secs());
    if overlap > longest {
        issues.add(&["body", "grace_period_seconds"], format!("must lie between 0 and {longest}"));
    }
    issues.done()?;
    let now = api.now();
    let secret = secret.unwrap_or_else(|| api.fresh_secret());
    let rotation = Rotation { secret, old_until: now.plus(Duration::from_secs(overlap)), now };
    match api.store.rotate_secret(owner.app.key, &Reference::parse(endpoint), rotation).await? {
        Rotated::Done(endpoint) => {
            Ok(Json(EndpointSecretOut { key: endpoint.secrets.current.verification_key() }))
        }
        Rotated::TooMany => {
            let detail = "Too many older secrets of this endpoint still sign; wait until one expires.";
            Err(Problem::Bad("limit_reached", detail.to_owned()))
        }
        Rotated::Absent => Err(Problem::absent()),
    }
}
