//! `POST /oauth/apps`: register a client.

use axum::Json;
use axum::extract::State;
use hookwire_core::oauth::{Digest, NewClient, OauthScope};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::member::Member;
use super::wire::{self, ClientOut};
use crate::api::Api;
use crate::json::Body;
use crate::problem::{Issues, Problem};

/// How every client secret begins.
const SECRET_PREFIX: &str = "foas_";

/// A client that shall be registered.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ClientIn {
    /// Display name, which customers see when they consent.
    name: String,
    /// Where codes may be sent: `https://` URLs, or `http://` ones at a loopback address. Compared letter by letter.
    redirect_uris: Vec<String>,
    /// How its tokens may act: `app` (the default), `user`.
    allowed_actor_modes: Option<Vec<String>>,
    /// Everything that it may ask for. `webhooks:manage` is needed for the two webhook fields.
    declared_scopes: Option<Vec<String>>,
    /// Where events are delivered.
    webhook_url: Option<String>,
    /// Which events it can handle; they must be among the organization's event types.
    subscribed_webhook_events: Option<Vec<String>>,
    /// `client_secret_basic` (the default) or `client_secret_post`, which are the same here, or `none` for a public client.
    token_endpoint_auth_method: Option<String>,
}

/// A client that was registered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RegisteredOut {
    #[serde(flatten)]
    client: ClientOut,
    /// The secret for the token endpoint, shown this once; null for a public client.
    client_secret: Option<String>,
    /// What deliveries to the webhook are signed with (`whsec_…`), shown this once.
    webhook_secret: String,
}

pub(super) async fn register(
    State(api): State<Api>,
    member: Member,
    Body(body): Body<ClientIn>,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 1], Json<RegisteredOut>), Problem> {
    let owner = member.app()?;
    let secret = api.fresh_token(SECRET_PREFIX);
    let (new, is_public) = body.vet(&api, owner, &secret)?;
    wire::check_events(&api, &member, &new.subscribed).await?;
    let webhook_secret = new.signing.verification_key();
    let client = api.store.create_client(new, api.now()).await?;
    let registered = RegisteredOut {
        client: client.into(),
        client_secret: (!is_public).then_some(secret),
        webhook_secret,
    };
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::CREATED, no_store, Json(registered)))
}

impl ClientIn {
    fn vet(self, api: &Api, owner: &hookwire_core::App, secret: &str) -> Result<(NewClient, bool), Problem> {
        let mut issues = Issues::default();
        wire::vet_name(&mut issues, &self.name);
        let is_public = match self.token_endpoint_auth_method.as_deref() {
            None | Some("client_secret_basic" | "client_secret_post") => false,
            Some("none") => true,
            Some(_) => {
                let msg = "must be 'client_secret_basic', 'client_secret_post' or 'none'";
                issues.add(&["body", "token_endpoint_auth_method"], msg);
                false
            }
        };
        let modes = self.allowed_actor_modes.unwrap_or_else(|| vec!["app".to_owned()]);
        let scopes = wire::vet_scopes(&mut issues, &wire::texts(self.declared_scopes));
        let webhook_url =
            self.webhook_url.map(|url| wire::vet_webhook_url(&mut issues, api, owner, &url, None));
        let events = wire::texts(self.subscribed_webhook_events);
        let subscribed = wire::vet_events(&mut issues, "subscribed_webhook_events", &events);
        let is_missing = !OauthScope::manages_webhooks(&scopes);
        let needed = "needs 'webhooks:manage' among the declared_scopes";
        if is_missing && webhook_url.is_some() {
            issues.add(&["body", "webhook_url"], needed);
        }
        if is_missing && !subscribed.is_empty() {
            issues.add(&["body", "subscribed_webhook_events"], needed);
        }
        let redirect_uris = wire::vet_redirect_uris(&mut issues, &self.redirect_uris);
        let actor_modes = wire::vet_actor_modes(&mut issues, &modes);
        issues.done()?;
        let new = NewClient {
            org: owner.org.clone(),
            owner: owner.key,
            name: self.name,
            redirect_uris,
            actor_modes,
            scopes,
            webhook_url,
            subscribed,
            secret: (!is_public).then(|| Digest::of(secret)),
            signing: api.fresh_secret(),
        };
        Ok((new, is_public))
    }
}
