//! `POST /oauth/authorize/consent`: consent for hosts with a page of their own.

use axum::Json;
use axum::extract::State;
use hookwire_core::id::Key;
use hookwire_core::oauth::{ConsentError, PkceError};
use hookwire_core::{App, EventTypeName, Reference};
use http::{HeaderName, HeaderValue, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::grant::{self, Asked, Consenter};
use super::member::Member;
use super::{redirect, wire};
use crate::api::Api;
use crate::json::Body;
use crate::problem::{Issues, Problem};

/// The key of an app's metadata that says which organization of the host product it is.
const ORGANIZATION_ID: &str = "organization_id";

/// What a customer agrees to.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ConsentIn {
    /// The client.
    client_id: String,
    /// Where to send the code: one of the client's redirect URIs, letter by letter.
    redirect_uri: String,
    /// How its tokens act: `app` or `user`.
    actor: Option<String>,
    /// The application that installs it, which `X-Organization` names: its id, its uid, or what its metadata has under
    /// `organization_id`.
    target_organization_id: TargetId,
    /// Which of the subscribed events are delivered; all of them when absent.
    granted_webhook_events: Option<Vec<String>>,
    /// What its tokens are for, with spaces between; everything declared when absent.
    scope: Option<String>,
    /// Comes back as it is.
    state: Option<String>,
    /// PKCE: the SHA-256 of the verifier in base64url. A public client must have one.
    code_challenge: Option<String>,
    /// PKCE: `S256`.
    code_challenge_method: Option<String>,
}

/// An id, as a number or as a text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub(super) enum TargetId {
    /// The host product's number.
    Number(i64),
    /// An id or a uid.
    Text(String),
}

/// Where to send the user's browser.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConsentOut {
    /// The redirect URI with `code` and `state`.
    redirect_to: String,
}

pub(super) async fn consent(
    State(api): State<Api>,
    member: Member,
    Body(body): Body<ConsentIn>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<ConsentOut>), Problem> {
    let app = member.app()?;
    let Some(user) = member.user.clone() else {
        let detail = "Only a user can consent: this takes a token whose claims are org, sub and apps.";
        return Err(Problem::Denied("insufficient access", detail.to_owned()));
    };
    check_target(&api, &member, app, &body.target_organization_id).await?;
    let ConsentIn { granted_webhook_events, .. } = &body;
    let mut issues = Issues::default();
    let events = granted_webhook_events
        .as_ref()
        .map(|texts| wire::vet_events(&mut issues, "granted_webhook_events", texts));
    wire::vet_state(&mut issues, body.state.as_deref());
    let asked = body.asked();
    let scopes = issues.take(&["body", "scope"], asked.scopes()).flatten();
    let client = asked.client(&api, &member.org).await?;
    if client.is_none() {
        issues.add(&["body", "client_id"], "there is no such client");
    }
    issues.done()?;
    let client = client.ok_or_else(Problem::absent)?;
    let granted = asked.grant(&client, scopes.as_deref(), events.as_deref()).map_err(refused)?;
    let by = Consenter { org: member.org.clone(), app: app.key, user };
    let code =
        grant::issue(&api, &client, by, granted).await?.ok_or_else(|| refused(ConsentError::Suspended))?;
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((no_store, Json(ConsentOut { redirect_to: redirect::with_code(&asked, &code) })))
}

impl ConsentIn {
    fn asked(self) -> Asked {
        Asked {
            client_id: self.client_id,
            redirect_uri: self.redirect_uri,
            actor: self.actor,
            scope: self.scope,
            state: self.state,
            code_challenge: self.code_challenge,
            code_challenge_method: self.code_challenge_method,
        }
    }
}

/// The target must be the app on whose behalf the user asks. A number that the org's apps know nothing of is the host
/// product's own, and says nothing against it.
async fn check_target(api: &Api, member: &Member, app: &App, target: &TargetId) -> Result<(), Problem> {
    let (name, is_number) = match target {
        TargetId::Number(number) => (number.to_string(), true),
        TargetId::Text(text) => (text.clone(), false),
    };
    let known = app.metadata.get(ORGANIZATION_ID);
    let own = [Some(app.key.public()), app.uid.as_ref().map(ToString::to_string), known.cloned()];
    if own.into_iter().flatten().any(|own| own == name) {
        return Ok(());
    }
    let other = api.store.app(&member.org, &Reference::parse(&name)).await?;
    match other {
        Some(other) if !member.administers(&other) => {
            let detail =
                "The token's user does not administer the application that target_organization_id names.";
            Err(Problem::Denied("insufficient access", detail.to_owned()))
        }
        None if is_number && known.is_none() => Ok(()),
        _ => {
            let msg = "must be the application that X-Organization names: its id, its uid, or its metadata's organization_id";
            Err(Problem::invalid(&["body", "target_organization_id"], msg))
        }
    }
}

fn refused(error: ConsentError) -> Problem {
    let field = match &error {
        ConsentError::Suspended => {
            return Problem::Denied("client_suspended", "The client is suspended.".to_owned());
        }
        ConsentError::RedirectUri => "redirect_uri",
        ConsentError::Actor => "actor",
        ConsentError::Scope(_) => "scope",
        ConsentError::Event(_) | ConsentError::EventsWithoutScope => "granted_webhook_events",
        ConsentError::Pkce(PkceError::Method) => "code_challenge_method",
        ConsentError::Pkce(_) | ConsentError::PkceRequired => "code_challenge",
    };
    Problem::invalid(&["body", field], error)
}

/// Events as the page's form has them.
pub(super) fn events_of<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<EventTypeName> {
    texts.filter_map(|text| EventTypeName::parse(text).ok()).collect()
}
