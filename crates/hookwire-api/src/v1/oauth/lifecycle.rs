//! `POST /oauth/apps/{client_id}/suspend`, `/resume` and `/webhook_secret/rotate`.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use hookwire_core::limits::{SECRET_OVERLAP_DEFAULT, SECRET_OVERLAP_MAX};
use hookwire_core::oauth::ClientChange;
use http::{HeaderName, HeaderValue, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::apps::apply;
use super::member::Member;
use super::wire::{self, ClientOut};
use crate::api::Api;
use crate::json::Body;
use crate::path::Path;
use crate::problem::{Issues, Problem};

/// How the new secret takes over.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(super) struct RotateIn {
    /// Seconds that the old secret goes on signing: 0 to 604800 (7 days), 86400 unless given.
    grace_period_seconds: Option<u64>,
}

/// The new secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RotatedOut {
    /// `whsec_…`, shown this once.
    webhook_secret: String,
}

pub(super) async fn suspend(
    State(api): State<Api>,
    member: Member,
    Path(id): Path<String>,
) -> Result<Json<ClientOut>, Problem> {
    change(&api, &member, &id, true).await
}

pub(super) async fn resume(
    State(api): State<Api>,
    member: Member,
    Path(id): Path<String>,
) -> Result<Json<ClientOut>, Problem> {
    change(&api, &member, &id, false).await
}

async fn change(api: &Api, member: &Member, id: &str, off: bool) -> Result<Json<ClientOut>, Problem> {
    let client = member.client(api, id).await?;
    if !off && !member.is_host() && client.barred {
        let detail = "The client was suspended by the host product, which alone can resume it.";
        return Err(Problem::Denied("insufficient access", detail.to_owned()));
    }
    let change = if member.is_host() {
        // The host product's resuming is the end of it, whoever suspended.
        let suspended = (!off).then_some(false);
        ClientChange { barred: Some(off), suspended, ..ClientChange::default() }
    } else {
        ClientChange { suspended: Some(off), ..ClientChange::default() }
    };
    apply(api, &client, change).await.map(Json)
}

pub(super) async fn rotate(
    State(api): State<Api>,
    member: Member,
    Path(id): Path<String>,
    Body(body): Body<RotateIn>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<RotatedOut>), Problem> {
    let client = member.client(&api, &id).await?;
    let mut issues = Issues::default();
    let grace = body.grace_period_seconds.unwrap_or(SECRET_OVERLAP_DEFAULT.as_secs());
    wire::vet_grace(&mut issues, grace, SECRET_OVERLAP_MAX.as_secs());
    issues.done()?;
    let secret = api.fresh_secret();
    let webhook_secret = secret.verification_key();
    let until = api.now().plus(Duration::from_secs(grace));
    let change = ClientChange { signing: Some((secret, until)), ..ClientChange::default() };
    apply(&api, &client, change).await?;
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((no_store, Json(RotatedOut { webhook_secret })))
}
