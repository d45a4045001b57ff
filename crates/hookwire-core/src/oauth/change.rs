//! Changing a client.

use super::{ActorMode, Client, OauthScope, RedirectUri, Subscribed};
use crate::app::set;
use crate::{EventTypeName, Secret, Timestamp};

/// A partial change: `None` keeps what is there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientChange {
    /// New name.
    pub name: Option<String>,
    /// New redirect URIs, all of them.
    pub redirect_uris: Option<Vec<RedirectUri>>,
    /// New modes, all of them.
    pub actor_modes: Option<Vec<ActorMode>>,
    /// New scopes, all of them. Tokens lose those that are gone.
    pub scopes: Option<Vec<OauthScope>>,
    /// New webhook URL; `Some(None)` removes it, and with it all endpoints.
    pub webhook_url: Option<Option<String>>,
    /// New subscriptions, all of them. Installs lose those that are gone, for good.
    pub subscribed: Option<Vec<EventTypeName>>,
    /// Suspend or resume.
    pub suspended: Option<bool>,
    /// Suspend or resume on behalf of the host product, over the owner's head.
    pub barred: Option<bool>,
    /// A new signing secret, and until when the present one goes on signing beside it.
    pub signing: Option<(Secret, Timestamp)>,
}

/// Why a client can't be as it would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// A webhook URL without the scope.
    #[error("webhook_url needs 'webhooks:manage' among the declared_scopes")]
    UrlWithoutScope,
    /// Subscriptions without the scope.
    #[error("subscribed_webhook_events needs 'webhooks:manage' among the declared_scopes")]
    EventsWithoutScope,
    /// Too many older secrets still sign.
    #[error("too many older signing secrets are still valid")]
    TooManySecrets,
}

impl Client {
    /// Whether its words make sense together.
    pub fn check(&self) -> Result<(), ClientError> {
        if OauthScope::manages_webhooks(&self.scopes) {
            Ok(())
        } else if self.webhook_url.is_some() {
            Err(ClientError::UrlWithoutScope)
        } else if !self.subscribed.is_empty() {
            Err(ClientError::EventsWithoutScope)
        } else {
            Ok(())
        }
    }
}

impl ClientChange {
    /// Changes `client`, unless that would make it one that can't be.
    pub fn apply(self, client: &Client, now: Timestamp) -> Result<Client, ClientError> {
        let mut changed = client.clone();
        set(&mut changed.name, self.name);
        set(&mut changed.redirect_uris, self.redirect_uris);
        set(&mut changed.actor_modes, self.actor_modes);
        set(&mut changed.scopes, self.scopes);
        set(&mut changed.webhook_url, self.webhook_url);
        set(&mut changed.suspended, self.suspended);
        set(&mut changed.barred, self.barred);
        if let Some(events) = self.subscribed {
            let since = |event: &EventTypeName| {
                client.subscribed.iter().find(|one| one.event == *event).map_or(now, |one| one.since)
            };
            changed.subscribed =
                events.into_iter().map(|event| Subscribed { since: since(&event), event }).collect();
        }
        if let Some((secret, until)) = self.signing
            && !changed.signing.rotate(secret, now, until, crate::limits::OLD_SECRETS_MAX)
        {
            return Err(ClientError::TooManySecrets);
        }
        changed.updated = now;
        changed.check().map(|()| changed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{CREATED, client, events, scopes};
    use super::*;

    #[test]
    fn the_webhook_fields_need_their_scope() {
        let client = client();
        let bare = ClientChange { scopes: Some(scopes("posts:read")), ..ClientChange::default() };
        assert_eq!(bare.clone().apply(&client, CREATED), Err(ClientError::UrlWithoutScope));
        let no_url = ClientChange { webhook_url: Some(None), ..bare };
        assert_eq!(no_url.clone().apply(&client, CREATED), Err(ClientError::EventsWithoutScope));
        let neither = ClientChange { subscribed: Some(Vec::new()), ..no_url };
        assert!(neither.apply(&client, CREATED).is_ok());
    }

    #[test]
    fn a_subscription_counts_from_the_time_on_at_which_it_came_back() {
        let later = CREATED.plus(std::time::Duration::from_secs(9));
        let change = |names: &[&str]| ClientChange { subscribed: Some(events(names)), ..Default::default() };
        let narrower = change(&["post_updated"]).apply(&client(), later).unwrap();
        assert_eq!(
            narrower.subscribed,
            [Subscribed { event: events(&["post_updated"]).remove(0), since: CREATED }]
        );
        let wider = change(&["post_created", "post_updated"]).apply(&narrower, later).unwrap();
        let since: Vec<_> = wider.subscribed.iter().map(|one| one.since).collect();
        assert_eq!(since, [later, CREATED]);
    }
}
