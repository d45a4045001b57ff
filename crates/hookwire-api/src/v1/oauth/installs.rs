//! `GET /oauth/installs`, and `GET`, `DELETE /oauth/installs/{id}`.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use hookwire_core::id::Key;
use hookwire_core::oauth::{Client, Install};
use hookwire_core::{ClientKey, InstallKey};
use hookwire_store::oauth::InstallsOf;
use http::StatusCode;

use super::member::Member;
use super::wire::InstallOut;
use crate::api::Api;
use crate::page::ListOf;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Params;

pub(super) async fn list(
    State(api): State<Api>,
    member: Member,
    params: Params,
) -> Result<Json<ListOf<InstallOut>>, Problem> {
    let page = params.page_newest_first::<InstallKey>()?;
    let of = match params.get("client_id") {
        Some(id) => InstallsOf::Client(member.client(&api, id).await?.key),
        None => InstallsOf::App(member.app()?.key),
    };
    let mut installs = api.store.installs(&member.org, of, page).await?;
    let mut clients: HashMap<ClientKey, Client> = HashMap::new();
    for install in &installs.items {
        if !clients.contains_key(&install.client)
            && let Some(client) = api.store.client(install.client).await?
        {
            clients.insert(install.client, client);
        }
    }
    // A client that was deleted just now takes its installs along.
    installs.items.retain(|install| clients.contains_key(&install.client));
    let show = |install: Install| {
        let client = &clients[&install.client];
        InstallOut::of(install, client)
    };
    Ok(Json(ListOf::of_keys(page, installs, |install| install.key, show)))
}

/// The install that a path names, if it is the app's, or of a client that the app owns.
async fn find(api: &Api, member: &Member, id: &str) -> Result<(Install, Client), Problem> {
    let key = InstallKey::parse(id).ok_or_else(Problem::absent)?;
    let install = api.store.install(&member.org, key).await?.ok_or_else(Problem::absent)?;
    let client = api.store.client(install.client).await?.ok_or_else(Problem::absent)?;
    let is_its = match member.app() {
        Ok(app) => app.key == install.app || app.key == client.owner,
        Err(_) => member.is_host(),
    };
    if is_its { Ok((install, client)) } else { Err(Problem::absent()) }
}

pub(super) async fn get(
    State(api): State<Api>,
    member: Member,
    Path(id): Path<String>,
) -> Result<Json<InstallOut>, Problem> {
    let (install, client) = find(&api, &member, &id).await?;
    Ok(Json(InstallOut::of(install, &client)))
}

pub(super) async fn revoke(
    State(api): State<Api>,
    member: Member,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let (install, _) = find(&api, &member, &id).await?;
    let was_there = api.store.revoke_install(&member.org, install.key, api.now()).await?;
    if was_there { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}
