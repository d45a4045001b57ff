//! The wire shapes of clients and installs, and the checks that registering and changing share.

use hookwire_core::id::Key;
use hookwire_core::limits::{
    ENDPOINT_EVENT_TYPES_MAX, OAUTH_NAME_BYTES_MAX, OAUTH_REDIRECT_URIS_MAX, OAUTH_SCOPES_MAX,
};
use hookwire_core::oauth::{ActorMode, Client, ClientError, Install, OauthScope, RedirectUri};
use hookwire_core::target::TargetUrl;
use hookwire_core::{App, EventTypeName};
use serde::Serialize;
use utoipa::ToSchema;

use super::member::Member;
use crate::api::Api;
use crate::problem::{Issue, Issues, Problem};
use crate::v1::endpoint::credentials;

/// An OAuth client.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClientOut {
    /// Its id.
    client_id: String,
    /// Display name.
    name: String,
    /// The id of the application that owns it.
    organization_id: String,
    /// Where codes may be sent.
    redirect_uris: Vec<String>,
    /// How its tokens may act: `app`, `user`.
    allowed_actor_modes: Vec<&'static str>,
    /// Everything that it may ask for.
    declared_scopes: Vec<String>,
    /// Where events are delivered; a password in it is masked.
    webhook_url: Option<String>,
    /// Which events it can handle.
    subscribed_webhook_events: Vec<String>,
    /// `client_secret_basic` (which stands for `client_secret_post`, too), or `none` for a public client.
    token_endpoint_auth_method: &'static str,
    /// Whether it is suspended, by its owner or by the host product.
    suspended: bool,
    /// When it was registered.
    created_at: String,
    /// When it was last changed.
    updated_at: String,
}

impl From<Client> for ClientOut {
    fn from(client: Client) -> Self {
        Self {
            client_id: client.key.public(),
            organization_id: client.owner.public(),
            redirect_uris: client.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
            allowed_actor_modes: client.actor_modes.iter().map(|mode| mode.name()).collect(),
            declared_scopes: client.scopes.iter().map(ToString::to_string).collect(),
            webhook_url: client.webhook_url.as_deref().map(credentials::masked),
            subscribed_webhook_events: client.subscribed.iter().map(|one| one.event.to_string()).collect(),
            token_endpoint_auth_method: if client.is_public() { "none" } else { "client_secret_basic" },
            suspended: client.is_suspended(),
            created_at: client.created.to_rfc3339(),
            updated_at: client.updated.to_rfc3339(),
            name: client.name,
        }
    }
}

/// A client that an application installed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InstallOut {
    /// Its id.
    id: String,
    /// The client.
    client_id: String,
    /// The client's display name.
    client_name: String,
    /// The id of the application that installed it.
    organization_id: String,
    /// Who consented.
    authorized_by: String,
    /// How its tokens act.
    actor: &'static str,
    /// What was granted.
    scopes: Vec<String>,
    /// Which of the granted events are delivered.
    granted_webhook_events: Vec<String>,
    /// The endpoint that it has; null while nothing is to be delivered.
    endpoint_id: Option<String>,
    /// When it was installed.
    created_at: String,
}

impl InstallOut {
    pub(super) fn of(install: Install, client: &Client) -> Self {
        Self {
            id: install.key.public(),
            client_id: install.client.public(),
            client_name: client.name.clone(),
            organization_id: install.app.public(),
            granted_webhook_events: install.events_for(client).iter().map(ToString::to_string).collect(),
            scopes: client.declared(&install.scopes).iter().map(ToString::to_string).collect(),
            authorized_by: install.user,
            actor: install.actor.name(),
            endpoint_id: install.endpoint.map(Key::public),
            created_at: install.created.to_rfc3339(),
        }
    }
}

pub(super) fn vet_name(issues: &mut Issues, name: &str) {
    if name.trim().is_empty() || name.len() > OAUTH_NAME_BYTES_MAX {
        issues.add(&["body", "name"], format!("must have 1 to {OAUTH_NAME_BYTES_MAX} characters"));
    }
}

/// Checks each item of a list; repeated ones are refused.
fn vet_list<T: PartialEq, E: std::fmt::Display>(
    issues: &mut Issues,
    field: &str,
    texts: &[String],
    parse: impl Fn(&str) -> Result<T, E>,
) -> Vec<T> {
    let mut items = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let index = format!("[{index}]");
        let place = ["body", field, &index];
        if let Some(item) = issues.take(&place, parse(text)) {
            if items.contains(&item) {
                issues.add(&place, "is in the list twice");
            }
            items.push(item);
        }
    }
    items
}

pub(super) fn vet_redirect_uris(issues: &mut Issues, texts: &[String]) -> Vec<RedirectUri> {
    if texts.is_empty() || texts.len() > OAUTH_REDIRECT_URIS_MAX {
        issues.add(&["body", "redirect_uris"], format!("must have 1 to {OAUTH_REDIRECT_URIS_MAX} items"));
        return Vec::new();
    }
    vet_list(issues, "redirect_uris", texts, RedirectUri::parse)
}

pub(super) fn vet_actor_modes(issues: &mut Issues, texts: &[String]) -> Vec<ActorMode> {
    if texts.is_empty() {
        issues.add(&["body", "allowed_actor_modes"], "must hold 'app', 'user', or both");
    }
    let parse = |text: &str| ActorMode::from_name(text).ok_or("must be 'app' or 'user'");
    vet_list(issues, "allowed_actor_modes", texts, parse)
}

pub(super) fn vet_scopes(issues: &mut Issues, texts: &[String]) -> Vec<OauthScope> {
    if texts.len() > OAUTH_SCOPES_MAX {
        issues.add(&["body", "declared_scopes"], format!("may have at most {OAUTH_SCOPES_MAX} items"));
        return Vec::new();
    }
    vet_list(issues, "declared_scopes", texts, OauthScope::parse)
}

pub(super) fn vet_events(issues: &mut Issues, field: &str, texts: &[String]) -> Vec<EventTypeName> {
    if texts.len() > ENDPOINT_EVENT_TYPES_MAX {
        issues.add(&["body", field], format!("may have at most {ENDPOINT_EVENT_TYPES_MAX} items"));
        return Vec::new();
    }
    vet_list(issues, field, texts, EventTypeName::parse)
}

/// A webhook URL, by the rules of an endpoint's.
pub(super) fn vet_webhook_url(
    issues: &mut Issues,
    api: &Api,
    owner: &App,
    given: &str,
    stored: Option<&str>,
) -> String {
    const PLACE: &[&str] = &["body", "webhook_url"];
    let Some(url) = issues.take(PLACE, credentials::unmasked(given, stored)) else { return String::new() };
    let https_only = api.https_only || api.profiles.get_or_standard(owner.profile.as_str()).https_only;
    issues.take(PLACE, TargetUrl::parse(&url, &api.address_policy, https_only));
    url
}

/// Refuses events that the org does not have, or that the user does not see.
pub(super) async fn check_events(
    api: &Api,
    member: &Member,
    events: &[EventTypeName],
) -> Result<(), Problem> {
    let missing =
        api.store.missing_event_types(&member.org, events.to_vec(), member.visible_to.clone()).await?;
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(EventTypeName::as_str).collect();
    let msg = format!("The following event types don't exist: {}", names.join(", "));
    Err(Problem::Invalid(vec![Issue::value(&["body", "subscribed_webhook_events"], msg)]))
}

/// Where a client's words don't make sense together.
pub(super) fn senseless(error: ClientError) -> Problem {
    match error {
        ClientError::UrlWithoutScope => Problem::invalid(&["body", "webhook_url"], error),
        ClientError::EventsWithoutScope => Problem::invalid(&["body", "subscribed_webhook_events"], error),
        ClientError::TooManySecrets => {
            Problem::Bad("limit_reached", format!("A limit was reached: {error}."))
        }
    }
}

/// A list that is null counts as absent.
pub(super) fn texts(given: Option<Vec<String>>) -> Vec<String> {
    given.unwrap_or_default()
}

/// The seconds for which an old signing secret goes on signing.
pub(super) fn vet_grace(issues: &mut Issues, seconds: u64, max: u64) {
    if seconds > max {
        issues.add(&["body", "grace_period_seconds"], format!("must lie between 0 and {max}"));
    }
}

/// The `state` that a client gives along comes back as it was.
pub(super) fn vet_state(issues: &mut Issues, state: Option<&str>) {
    let max = hookwire_core::limits::OAUTH_STATE_BYTES_MAX;
    if state.is_some_and(|state| state.len() > max) {
        issues.add(&["body", "state"], format!("may have at most {max} bytes"));
    }
}
