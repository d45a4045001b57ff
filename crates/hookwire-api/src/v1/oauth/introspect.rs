//! `POST /oauth/introspect` (RFC 7662) and `POST /oauth/revoke` (RFC 7009).

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hookwire_core::id::Key;
use hookwire_core::oauth::{ActorMode, Digest, OauthScope, Token, TokenKind};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::authenticate::Origin;
use super::error::{OauthError, not_stored};
use super::form::Form;
use crate::api::Api;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::token::Scope;

/// The parameters.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "the shape is for the API's description; parameters are read by name")]
pub(super) struct IntrospectIn {
    /// An access or refresh token.
    token: String,
    /// Accepted, and not needed.
    token_type_hint: Option<String>,
    /// The client, unless Basic authentication or an organization's token is used.
    client_id: Option<String>,
    /// Its secret.
    client_secret: Option<String>,
}

/// The parameters.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "the shape is for the API's description; parameters are read by name")]
pub(super) struct RevokeIn {
    /// An access or refresh token.
    token: String,
    /// Accepted, and not needed.
    token_type_hint: Option<String>,
    /// The client, unless Basic authentication names it.
    client_id: Option<String>,
    /// Its secret.
    client_secret: Option<String>,
}

/// What a token stands for. Of one that does not count, `active` is false and nothing else is said.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct IntrospectOut {
    /// Whether it counts.
    active: bool,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// The client.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    /// `access_token` or `refresh_token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    /// When it ends, in seconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    /// When it was issued, in seconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    /// On whose behalf it acts: the user with the actor `user`, the client with `app`.
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    /// `app` or `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'static str>,
    /// Who consented.
    #[serde(skip_serializing_if = "Option::is_none")]
    authorized_by: Option<String>,
    /// The id of the application that granted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<String>,
    /// The uid of that application.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_uid: Option<String>,
    /// The install that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    install_id: Option<String>,
}

impl IntrospectOut {
    fn of(token: Token, uid: Option<String>) -> Self {
        let client = token.client.public();
        Self {
            active: true,
            scope: Some(OauthScope::join(&token.scopes)),
            token_type: Some(match token.kind {
                TokenKind::Access => "Bearer",
                TokenKind::Refresh => "refresh_token",
            }),
            exp: Some(token.expires.seconds()),
            iat: Some(token.issued.seconds()),
            sub: Some(match token.actor {
                ActorMode::App => client.clone(),
                ActorMode::User => token.user.clone(),
            }),
            client_id: Some(client),
            actor: Some(token.actor.name()),
            authorized_by: Some(token.user),
            organization_id: Some(token.app.public()),
            organization_uid: uid,
            install_id: Some(token.install.public()),
        }
    }
}

pub(super) async fn introspect(
    State(api): State<Api>,
    origin: Origin,
    form: Form,
) -> Result<Response, OauthError> {
    form.each_once()?;
    let found = api.store.token(Digest::of(form.need("token")?), api.now()).await;
    let is_bearer = origin.headers.get(header::AUTHORIZATION).is_some_and(|value| {
        value.as_bytes().get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "))
    });
    let found = if is_bearer {
        let caller = Caller::of(&origin.headers, &api).await?;
        if !matches!(caller.identity().scope, Scope::Org) {
            return Err(Problem::Forbidden.into());
        }
        found?.filter(|token| token.org == *caller.org())
    } else {
        let client = origin.client(&api, &form).await?;
        found?.filter(|token| token.client == client.key)
    };
    let Some(token) = found else {
        return Ok(not_stored(Json(IntrospectOut::default()).into_response()));
    };
    let app = api.store.app(&token.org, &hookwire_core::Reference::Key(token.app)).await?;
    let uid = app.and_then(|app| app.uid).map(|uid| uid.to_string());
    Ok(not_stored(Json(IntrospectOut::of(token, uid)).into_response()))
}

/// A token that is unknown, or another client's, is answered like one that was revoked (RFC 7009, 2.2).
pub(super) async fn revoke(
    State(api): State<Api>,
    origin: Origin,
    form: Form,
) -> Result<Response, OauthError> {
    form.each_once()?;
    let client = origin.client(&api, &form).await?;
    let token = form.need("token")?;
    if client.is_suspended() {
        // Its tokens don't count now, but will when it is resumed: it must not believe that they are gone.
        return Err(OauthError::suspended());
    }
    let found = api.store.token(Digest::of(token), api.now()).await?;
    if let Some(token) = found.filter(|token| token.client == client.key) {
        api.store.revoke_install(&token.org, token.install, api.now()).await?;
    }
    Ok(not_stored(StatusCode::OK.into_response()))
}
