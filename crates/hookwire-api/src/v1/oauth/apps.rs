//! `GET /oauth/apps`, and `GET`, `PATCH`, `DELETE /oauth/apps/{client_id}`: an app's clients.

use axum::Json;
use axum::extract::State;
use hookwire_core::ClientKey;
use hookwire_core::oauth::{Client, ClientChange};
use hookwire_store::oauth::ClientChanged;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::member::Member;
use super::wire::{self, ClientOut};
use crate::api::Api;
use crate::json::Body;
use crate::page::ListOf;
use crate::path::Path;
use crate::problem::{Issues, Problem};
use crate::query::Params;
use crate::v1::check::{Given, given, not_null};

/// What shall be different. What is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ClientPatch {
    /// Display name.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false)]
    name: Option<String>,
    /// Where codes may be sent, all of them.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Vec<String>, required = false)]
    redirect_uris: Option<Vec<String>>,
    /// How its tokens may act.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Vec<String>, required = false)]
    allowed_actor_modes: Option<Vec<String>>,
    /// Everything that it may ask for. Tokens lose what is gone.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Vec<String>, required = false)]
    declared_scopes: Option<Vec<String>>,
    /// Where events are delivered, for every install at once; null = nowhere.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    webhook_url: Given<String>,
    /// Which events it can handle. Installs lose what is gone, for good.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Vec<String>, required = false)]
    subscribed_webhook_events: Option<Vec<String>>,
}

pub(super) async fn list(
    State(api): State<Api>,
    member: Member,
    params: Params,
) -> Result<Json<ListOf<ClientOut>>, Problem> {
    let page = params.page_newest_first::<ClientKey>()?;
    let clients = api.store.clients(&member.org, member.app()?.key, page).await?;
    Ok(Json(ListOf::of_keys(page, clients, |client| client.key, ClientOut::from)))
}

pub(super) async fn get(
    State(api): State<Api>,
    member: Member,
    Path(id): Path<String>,
) -> Result<Json<ClientOut>, Problem> {
    Ok(Json(member.client(&api, &id).await?.into()))
}

pub(super) async fn patch(
    State(api): State<Api>,
    member: Member,
    Path(id): Path<String>,
    Body(body): Body<ClientPatch>,
) -> Result<Json<ClientOut>, Problem> {
    let client = member.client(&api, &id).await?;
    let change = body.vet(&api, &client).await?;
    let held: Vec<_> = client.subscribed.iter().map(|one| &one.event).collect();
    let fresh: Vec<_> =
        change.subscribed.iter().flatten().filter(|event| !held.contains(event)).cloned().collect();
    wire::check_events(&api, &member, &fresh).await?;
    apply(&api, &client, change).await.map(Json)
}

/// Changes a client.
pub(super) async fn apply(api: &Api, client: &Client, change: ClientChange) -> Result<ClientOut, Problem> {
    match api.store.change_client(client.owner, client.key, change, api.now()).await? {
        ClientChanged::Done(client) => Ok(client.into()),
        ClientChanged::Refused(error) => Err(wire::senseless(error)),
        ClientChanged::Absent => Err(Problem::absent()),
    }
}

pub(super) async fn delete(
    State(api): State<Api>,
    member: Member,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let client = member.client(&api, &id).await?;
    let was_there = api.store.delete_client(client.owner, client.key, api.now()).await?;
    if was_there { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}

impl ClientPatch {
    async fn vet(self, api: &Api, client: &Client) -> Result<ClientChange, Problem> {
        let owner = hookwire_core::Reference::Key(client.owner);
        let owner = api.store.app(&client.org, &owner).await?.ok_or_else(Problem::absent)?;
        let mut issues = Issues::default();
        if let Some(name) = &self.name {
            wire::vet_name(&mut issues, name);
        }
        let stored = client.webhook_url.as_deref();
        let mut vet_url = |url: String| wire::vet_webhook_url(&mut issues, api, &owner, &url, stored);
        let webhook_url = self.webhook_url.map(|url| url.map(&mut vet_url));
        let events = |texts: Vec<String>, issues: &mut Issues| {
            wire::vet_events(issues, "subscribed_webhook_events", &texts)
        };
        let change = ClientChange {
            name: self.name,
            redirect_uris: self.redirect_uris.map(|uris| wire::vet_redirect_uris(&mut issues, &uris)),
            actor_modes: self.allowed_actor_modes.map(|modes| wire::vet_actor_modes(&mut issues, &modes)),
            scopes: self.declared_scopes.map(|scopes| wire::vet_scopes(&mut issues, &scopes)),
            webhook_url,
            subscribed: self.subscribed_webhook_events.map(|texts| events(texts, &mut issues)),
            ..ClientChange::default()
        };
        issues.done()?;
        Ok(change)
    }
}
