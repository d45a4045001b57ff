//! `Client`: a third party's app, as its owner registered it.

use super::{Digest, OauthScope, RedirectUri};
use crate::endpoint::Secrets;
use crate::rules::words;
use crate::{AppKey, ClientKey, EventTypeName, OrgId, Secret, Timestamp};

words!(
    /// On whose behalf a token acts.
    ActorMode {
        /// On the app's own.
        #[default]
        App = "app",
        /// On behalf of the user who consented.
        User = "user",
    }
);

/// An event that a client wants to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribed {
    /// The event.
    pub event: EventTypeName,
    /// Since when it is subscribed to without a break. What was granted before does not hold for it.
    pub since: Timestamp,
}

/// A registered client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its key; the public form is the `client_id`.
    pub key: ClientKey,
    /// The org of the host product.
    pub org: OrgId,
    /// The app that owns it.
    pub owner: AppKey,
    /// Display name.
    pub name: String,
    /// Where codes may be sent. Never empty.
    pub redirect_uris: Vec<RedirectUri>,
    /// How its tokens may act. Never empty.
    pub actor_modes: Vec<ActorMode>,
    /// Everything that it may ask for.
    pub scopes: Vec<OauthScope>,
    /// Where events are delivered.
    pub webhook_url: Option<String>,
    /// Which events it can handle.
    pub subscribed: Vec<Subscribed>,
    /// The digest of its `client_secret`; `None` = a public client, which can keep none.
    pub secret: Option<Digest>,
    /// What deliveries to its webhook are signed with.
    pub signing: Secrets,
    /// Whether its owner suspended it.
    pub suspended: bool,
    /// Whether the host product suspended it; its owner can't resume it then.
    pub barred: bool,
    /// When it was registered.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
}

/// What an owner says of a client that shall exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewClient {
    /// The org.
    pub org: OrgId,
    /// The app that owns it.
    pub owner: AppKey,
    /// Display name.
    pub name: String,
    /// Where codes may be sent.
    pub redirect_uris: Vec<RedirectUri>,
    /// How its tokens may act.
    pub actor_modes: Vec<ActorMode>,
    /// Everything that it may ask for.
    pub scopes: Vec<OauthScope>,
    /// Where events are delivered.
    pub webhook_url: Option<String>,
    /// Which events it can handle.
    pub subscribed: Vec<EventTypeName>,
    /// The digest of its `client_secret`.
    pub secret: Option<Digest>,
    /// What deliveries to its webhook are signed with.
    pub signing: Secret,
}

impl NewClient {
    /// The client that these words make.
    pub fn into_client(self, key: ClientKey, now: Timestamp) -> Client {
        Client {
            key,
            org: self.org,
            owner: self.owner,
            name: self.name,
            redirect_uris: self.redirect_uris,
            actor_modes: self.actor_modes,
            scopes: self.scopes,
            webhook_url: self.webhook_url,
            subscribed: self.subscribed.into_iter().map(|event| Subscribed { event, since: now }).collect(),
            secret: self.secret,
            signing: Secrets::new(self.signing),
            suspended: false,
            barred: false,
            created: now,
            updated: now,
        }
    }
}

impl Client {
    /// Whether it can keep no secret.
    pub const fn is_public(&self) -> bool {
        self.secret.is_none()
    }

    /// Whether it is suspended by anybody: nothing is issued, nothing it has counts, nothing is delivered.
    pub const fn is_suspended(&self) -> bool {
        self.suspended || self.barred
    }

    /// Whether this is its secret. Takes as long for a wrong one as for the right one.
    pub fn has_secret(&self, given: &str) -> bool {
        self.secret.as_ref().is_some_and(|secret| secret.is_of(given))
    }

    /// Those of `scopes` that it still declares.
    pub fn declared(&self, scopes: &[OauthScope]) -> Vec<OauthScope> {
        scopes.iter().filter(|scope| self.scopes.contains(scope)).cloned().collect()
    }
}
