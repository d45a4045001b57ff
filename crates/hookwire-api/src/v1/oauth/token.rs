//! `POST /oauth/token`: codes and refresh tokens for tokens.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hookwire_core::id::Key;
use hookwire_core::limits::{OAUTH_ACCESS_LIFETIME, OAUTH_REFRESH_LIFETIME};
use hookwire_core::oauth::{Client, Digest, OauthScope};
use hookwire_store::oauth::{NewTokens, RedeemCode, Redeemed, RefreshTokens, Refreshed};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::authenticate::Origin;
use super::error::{OauthError, not_stored};
use super::form::Form;
use crate::api::Api;
use crate::caller::ACCESS_TOKEN_PREFIX;

/// How every refresh token begins.
const REFRESH_TOKEN_PREFIX: &str = "hwrt_";

/// What stands between the part of a refresh token that it has in common with its successors and its own.
const FAMILY_END: char = '.';

fn family_of(refresh: &str) -> &str {
    refresh.split_once(FAMILY_END).map_or(refresh, |(family, _)| family)
}

/// The parameters.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "the shape is for the API's description; parameters are read by name")]
pub(super) struct TokenIn {
    /// `authorization_code` or `refresh_token`.
    grant_type: String,
    /// The client, unless Basic authentication names it.
    client_id: Option<String>,
    /// Its secret, unless Basic authentication has it. A public client has none.
    client_secret: Option<String>,
    /// With `authorization_code`: the code.
    code: Option<String>,
    /// With `authorization_code`: the redirect URI that the code was asked for with.
    redirect_uri: Option<String>,
    /// With `authorization_code`: what the code challenge was made from.
    code_verifier: Option<String>,
    /// With `refresh_token`: the token.
    refresh_token: Option<String>,
    /// With `refresh_token`: fewer scopes than were granted, with spaces between them.
    scope: Option<String>,
}

/// Fresh tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenOut {
    /// For calls.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds that the access token counts.
    expires_in: u64,
    /// For new tokens, once.
    refresh_token: String,
    /// What the access token is for.
    scope: String,
    /// The install that they belong to.
    install_id: String,
    /// The id of the application that granted them.
    organization_id: String,
}

/// Tokens that are to be issued.
struct Fresh {
    access: String,
    /// Its first part is its family's.
    refresh: String,
}

impl Fresh {
    /// Tokens of a family of their own.
    fn make(api: &Api) -> Self {
        Self::of_family(api, &api.fresh_token(REFRESH_TOKEN_PREFIX))
    }

    fn of_family(api: &Api, family: &str) -> Self {
        let access = api.fresh_token(ACCESS_TOKEN_PREFIX);
        Self { access, refresh: api.fresh_token(&format!("{family}{FAMILY_END}")) }
    }

    fn stored(&self, now: hookwire_core::Timestamp) -> NewTokens {
        NewTokens {
            access: Digest::of(&self.access),
            access_until: now.plus(OAUTH_ACCESS_LIFETIME),
            refresh: Digest::of(&self.refresh),
            family: Digest::of(family_of(&self.refresh)),
            refresh_until: now.plus(OAUTH_REFRESH_LIFETIME),
        }
    }

    fn shown(self, scopes: &[OauthScope], install: String, organization: String) -> TokenOut {
        TokenOut {
            access_token: self.access,
            token_type: "Bearer",
            expires_in: OAUTH_ACCESS_LIFETIME.as_secs(),
            refresh_token: self.refresh,
            scope: OauthScope::join(scopes),
            install_id: install,
            organization_id: organization,
        }
    }
}

pub(super) async fn token(
    State(api): State<Api>,
    origin: Origin,
    form: Form,
) -> Result<Response, OauthError> {
    form.each_once()?;
    let client = origin.client(&api, &form).await?;
    let grant_type = form.need("grant_type")?;
    if !matches!(grant_type, "authorization_code" | "refresh_token") {
        let description = "grant_type must be authorization_code or refresh_token";
        return Err(OauthError::Bad("unsupported_grant_type", description.to_owned()));
    }
    if client.is_suspended() {
        return Err(OauthError::suspended());
    }
    let issued = if grant_type == "authorization_code" {
        redeem(&api, &client, &form).await
    } else {
        refresh(&api, &client, &form).await
    };
    if matches!(issued, Err(OauthError::Bad("invalid_grant", _))) {
        origin.guessed_wrong(&api, Some(client.key));
    }
    Ok(not_stored(Json(issued?).into_response()))
}

async fn redeem(api: &Api, client: &Client, form: &Form) -> Result<TokenOut, OauthError> {
    let (fresh, now) = (Fresh::make(api), api.now());
    let redeem = RedeemCode {
        code: Digest::of(form.need("code")?),
        client: client.key,
        redirect_uri: form.get("redirect_uri").map(str::to_owned),
        verifier: form.get("code_verifier").map(str::to_owned),
        tokens: fresh.stored(now),
        now,
    };
    match api.store.redeem_code(redeem).await? {
        Redeemed::Done(install) => {
            let scopes = client.declared(&install.scopes);
            Ok(fresh.shown(&scopes, install.key.public(), install.app.public()))
        }
        Redeemed::Replayed => Err(OauthError::grant("the code was used before; its tokens are revoked")),
        Redeemed::Refused(why) => Err(OauthError::grant(why.to_string())),
    }
}

async fn refresh(api: &Api, client: &Client, form: &Form) -> Result<TokenOut, OauthError> {
    let old = form.need("refresh_token")?;
    let (fresh, now) = (Fresh::of_family(api, family_of(old)), api.now());
    let scopes = form.get("scope").map(OauthScope::parse_list).transpose();
    let invalid_scope = |description: String| OauthError::Bad("invalid_scope", description);
    let refresh = RefreshTokens {
        refresh: Digest::of(old),
        client: client.key,
        scopes: scopes.map_err(|error| invalid_scope(error.to_string()))?,
        tokens: fresh.stored(now),
        now,
    };
    match api.store.refresh_tokens(refresh).await? {
        Refreshed::Done(token) => Ok(fresh.shown(&token.scopes, token.install.public(), token.app.public())),
        Refreshed::Reused => {
            Err(OauthError::grant("the refresh token was used before; all tokens of its install are revoked"))
        }
        Refreshed::Invalid => Err(OauthError::grant("the refresh token is not valid")),
        Refreshed::Scope(scope) => Err(invalid_scope(format!("'{scope}' was not granted"))),
    }
}
