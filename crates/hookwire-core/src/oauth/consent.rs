//! Consent: what a client asks for, held against what it registered, becomes a grant.

use super::{ActorMode, Challenge, Client, OauthScope, Pkce, PkceError};
use crate::EventTypeName;

/// What a client asks a customer for.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// Where to send the code.
    pub redirect_uri: &'a str,
    /// How the tokens shall act.
    pub actor: &'a str,
    /// What the tokens are for; `None` = everything that is declared.
    pub scopes: Option<&'a [OauthScope]>,
    /// Which events are granted; `None` = everything that is subscribed to.
    pub events: Option<&'a [EventTypeName]>,
    /// PKCE.
    pub pkce: Pkce<'a>,
}

/// What a customer grants a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Where the code is sent, as it was asked for.
    pub redirect_uri: String,
    /// How the tokens act.
    pub actor: ActorMode,
    /// What the tokens are for.
    pub scopes: Vec<OauthScope>,
    /// Which events are delivered.
    pub events: Vec<EventTypeName>,
    /// What the redeemer of the code must know the origin of.
    pub challenge: Option<Challenge>,
}

/// Why a wish can't be granted. The first two must never lead to a redirect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// The client is suspended.
    #[error("the client is suspended")]
    Suspended,
    /// Not a registered redirect URI.
    #[error("must be one of the client's redirect URIs, letter by letter")]
    RedirectUri,
    /// Not an allowed mode.
    #[error("must be one of the client's allowed_actor_modes")]
    Actor,
    /// A scope that was not declared.
    #[error("'{0}' is not among the client's declared_scopes")]
    Scope(OauthScope),
    /// An event that is not subscribed to.
    #[error("'{0}' is not among the client's subscribed_webhook_events")]
    Event(EventTypeName),
    /// Events without the scope that they need.
    #[error("events can only be granted together with the scope 'webhooks:manage'")]
    EventsWithoutScope,
    /// PKCE parameters that can't be used.
    #[error("{0}")]
    Pkce(PkceError),
    /// A public client without PKCE.
    #[error("a public client must send a code_challenge with the method S256")]
    PkceRequired,
}

impl Client {
    /// Whether codes may be sent there at all. Until this is known nobody is redirected anywhere.
    pub fn may_redirect_to(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|registered| registered.is(uri))
    }

    /// What follows when a customer agrees to `wish`.
    pub fn grant(&self, wish: Wish<'_>) -> Result<Grant, ConsentError> {
        if self.is_suspended() {
            return Err(ConsentError::Suspended);
        }
        if !self.may_redirect_to(wish.redirect_uri) {
            return Err(ConsentError::RedirectUri);
        }
        let actor = ActorMode::from_name(wish.actor).filter(|actor| self.actor_modes.contains(actor));
        let actor = actor.ok_or(ConsentError::Actor)?;
        let scopes = wish.scopes.unwrap_or(&self.scopes);
        if let Some(scope) = scopes.iter().find(|scope| !self.scopes.contains(scope)) {
            return Err(ConsentError::Scope(scope.clone()));
        }
        let challenge = wish.pkce.challenge().map_err(ConsentError::Pkce)?;
        if challenge.is_none() && self.is_public() {
            return Err(ConsentError::PkceRequired);
        }
        Ok(Grant {
            redirect_uri: wish.redirect_uri.to_owned(),
            actor,
            scopes: scopes.to_vec(),
            events: self.granted_events(wish.events, scopes)?,
            challenge,
        })
    }

    fn granted_events(
        &self,
        wanted: Option<&[EventTypeName]>,
        scopes: &[OauthScope],
    ) -> Result<Vec<EventTypeName>, ConsentError> {
        let subscribed = self.subscribed.iter().map(|one| &one.event);
        let is_managed = OauthScope::manages_webhooks(scopes);
        let Some(wanted) = wanted else {
            return Ok(if is_managed { subscribed.cloned().collect() } else { Vec::new() });
        };
        if let Some(event) = wanted.iter().find(|event| !subscribed.clone().any(|one| one == *event)) {
            return Err(ConsentError::Event(event.clone()));
        }
        if !wanted.is_empty() && !is_managed {
            return Err(ConsentError::EventsWithoutScope);
        }
        Ok(subscribed.filter(|event| wanted.contains(event)).cloned().collect())
    }
}

#[cfg(test)]
mod tests;
