//! `POST /oauth/authorize`: the consent page. `POST /oauth/authorize/decision`: what its form sends.
//!
//! The host product's page posts its user's token here, so that it stands in no URL, no log and no `Referer`.

use axum::extract::State;
use axum::response::Response;
use hookwire_core::oauth::{Client, ConsentError, Grant, OauthScope, origin};
use http::StatusCode;

use super::consent::events_of;
use super::form::Form;
use super::grant::{self, Asked, Consenter};
use super::html::{self, Question};
use super::member::Member;
use super::redirect;
use super::ticket::Ticket;
use crate::api::Api;
use crate::problem::Problem;

const NO_CLIENT: &str = "The app is unknown here.";
const NO_REDIRECT: &str = "The app asked for an address that it did not register.";
const SUSPENDED: &str = "The app is suspended.";

/// Why there is no page to show.
enum Stop {
    /// Shown to the user; the browser is sent nowhere.
    Shown(StatusCode, &'static str),
    /// The client learns of it.
    Told(String),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Unauthorized => {
                Self::Shown(StatusCode::UNAUTHORIZED, "Log in again, and then come back.")
            }
            Problem::Denied(..) | Problem::Forbidden | Problem::NotFound(_) => {
                Self::Shown(StatusCode::FORBIDDEN, "You don’t administer this organization.")
            }
            Problem::Unavailable => {
                Self::Shown(StatusCode::SERVICE_UNAVAILABLE, "This does not work just now. Try again later.")
            }
            _ => Self::Shown(StatusCode::INTERNAL_SERVER_ERROR, "This does not work just now."),
        }
    }
}

impl Stop {
    fn answer(self) -> Response {
        match self {
            Self::Shown(status, reason) => html::refusal(status, reason),
            Self::Told(url) => html::sent_to(&url),
        }
    }
}

pub(super) async fn page(State(api): State<Api>, form: Form) -> Response {
    shown(&api, &form).await.unwrap_or_else(Stop::answer)
}

async fn shown(api: &Api, form: &Form) -> Result<Response, Stop> {
    if form.each_once().is_err() {
        return Err(Stop::Shown(StatusCode::BAD_REQUEST, "A parameter is there twice."));
    }
    let token = form.get("user_token").ok_or(Problem::Unauthorized)?;
    let identity = api.tokens.verify(token, api.now()).map_err(|_| Problem::Unauthorized)?;
    let member = Member::of(api, &identity, form.get("organization")).await?;
    let (app, user) = (member.app()?, member.user.clone().ok_or(Problem::Forbidden)?);
    let by = Consenter { org: member.org.clone(), app: app.key, user };
    let asked = asked(form);
    let (client, scopes) = vetted(api, &by, &asked).await?;
    if form.get("response_type") != Some("code") {
        let url = redirect::with_error(&asked, "unsupported_response_type", "response_type must be code");
        return Err(Stop::Told(url));
    }
    let granted = asked.grant(&client, scopes.as_deref(), None).map_err(|error| told(&asked, &error))?;
    let mut events = Vec::new();
    for event in &granted.events {
        let found = api.store.event_type(&by.org, event.as_str()).await.map_err(Problem::from)?;
        events.push((event.to_string(), found));
    }
    let destination = origin(&asked.redirect_uri);
    let ticket = Ticket::new(&by, as_shown(asked, &granted), api.now()).seal(&api.vault);
    Ok(html::question(&Question {
        client: &client,
        organization: &app.name,
        actor: granted.actor,
        scopes: &granted.scopes,
        events: &events,
        ticket: &ticket,
        destination: &destination,
    }))
}

fn asked(form: &Form) -> Asked {
    let get = |name: &str| form.get(name).map(str::to_owned);
    Asked {
        client_id: get("client_id").unwrap_or_default(),
        redirect_uri: get("redirect_uri").unwrap_or_default(),
        actor: get("actor"),
        scope: get("scope"),
        state: get("state"),
        code_challenge: get("code_challenge"),
        code_challenge_method: get("code_challenge_method"),
    }
}

/// What was left to the client's registration, spelled out: a change of that between page and click grants nothing more.
fn as_shown(asked: Asked, granted: &Grant) -> Asked {
    let (actor, scope) = (granted.actor.name().to_owned(), OauthScope::join(&granted.scopes));
    Asked { actor: Some(actor), scope: Some(scope), ..asked }
}

/// The client and the scopes that are asked for, once it is sure that the browser may be sent back at all.
async fn vetted(api: &Api, by: &Consenter, asked: &Asked) -> Result<(Client, Option<Vec<OauthScope>>), Stop> {
    let client = asked.client(api, &by.org).await?;
    let client = client.ok_or(Stop::Shown(StatusCode::BAD_REQUEST, NO_CLIENT))?;
    if !client.may_redirect_to(&asked.redirect_uri) {
        return Err(Stop::Shown(StatusCode::BAD_REQUEST, NO_REDIRECT));
    }
    if client.is_suspended() {
        return Err(Stop::Shown(StatusCode::FORBIDDEN, SUSPENDED));
    }
    let max = hookwire_core::limits::OAUTH_STATE_BYTES_MAX;
    if asked.state.as_ref().is_some_and(|state| state.len() > max) {
        return Err(Stop::Shown(StatusCode::BAD_REQUEST, "The app's request is too long."));
    }
    let scopes = asked.scopes();
    let scopes = scopes
        .map_err(|error| Stop::Told(redirect::with_error(asked, "invalid_scope", &error.to_string())))?;
    Ok((client, scopes))
}

/// What the client is told of a wish that can't be granted.
fn told(asked: &Asked, error: &ConsentError) -> Stop {
    let word = match error {
        ConsentError::Suspended => return Stop::Shown(StatusCode::FORBIDDEN, SUSPENDED),
        ConsentError::RedirectUri => return Stop::Shown(StatusCode::BAD_REQUEST, NO_REDIRECT),
        ConsentError::Scope(_) => "invalid_scope",
        _ => "invalid_request",
    };
    Stop::Told(redirect::with_error(asked, word, &error.to_string()))
}

pub(super) async fn decide(State(api): State<Api>, form: Form) -> Response {
    decided(&api, &form).await.unwrap_or_else(Stop::answer)
}

async fn decided(api: &Api, form: &Form) -> Result<Response, Stop> {
    let ticket = form.get("ticket").and_then(|text| Ticket::open(text, &api.vault, api.now()));
    let expired = "This page has expired. Go back to the app and begin again.";
    let ticket = ticket.ok_or(Stop::Shown(StatusCode::BAD_REQUEST, expired))?;
    let (by, asked) = (ticket.consenter(), &ticket.asked);
    let (client, scopes) = vetted(api, &by, asked).await?;
    if form.get("decision") != Some("allow") {
        return Err(Stop::Told(redirect::with_error(asked, "access_denied", "the customer denied it")));
    }
    let events = events_of(form.all("event"));
    let granted =
        asked.grant(&client, scopes.as_deref(), Some(&events)).map_err(|error| told(asked, &error))?;
    let code = grant::issue(api, &client, by, granted).await?;
    let code = code.ok_or(Stop::Shown(StatusCode::FORBIDDEN, SUSPENDED))?;
    Ok(html::sent_to(&redirect::with_code(asked, &code)))
}
