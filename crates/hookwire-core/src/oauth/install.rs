//! `Install`: one customer's grant to one client, and the endpoint that follows from it.

use super::{ActorMode, Client, OauthScope};
use crate::endpoint::ManagedBy;
use crate::rules::RulesChange;
use crate::{
    AppKey, ClientKey, EndpointKey, EventTypeName, InstallKey, Metadata, NewEndpoint, OrgId, Timestamp,
};

/// A client installed by an app. There is at most one for each pair of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// Its key.
    pub key: InstallKey,
    /// The client.
    pub client: ClientKey,
    /// The org.
    pub org: OrgId,
    /// The app that granted it.
    pub app: AppKey,
    /// Who consented, as the host product names its users.
    pub user: String,
    /// How its tokens act.
    pub actor: ActorMode,
    /// What was granted.
    pub scopes: Vec<OauthScope>,
    /// Which events were granted. Those that the client has given up since do not count: see [`Install::events_for`].
    pub events: Vec<EventTypeName>,
    /// When the customer consented.
    pub granted: Timestamp,
    /// The endpoint that it has now.
    pub endpoint: Option<EndpointKey>,
    /// When the code was redeemed.
    pub created: Timestamp,
}

impl Install {
    /// The events that are delivered: those granted that the client has been subscribed to ever since. An event that it
    /// gave up and took up again was not granted for that.
    pub fn events_for(&self, client: &Client) -> Vec<EventTypeName> {
        if !OauthScope::manages_webhooks(&client.declared(&self.scopes)) {
            return Vec::new();
        }
        let counts = |event: &&EventTypeName| {
            client.subscribed.iter().any(|one| one.event == **event && one.since <= self.granted)
        };
        self.events.iter().filter(counts).cloned().collect()
    }

    /// The endpoint that it should have: none while nothing is to be delivered anywhere. The URL, the name and the signing
    /// secret are always the client's.
    pub fn endpoint_for(&self, client: &Client) -> Option<NewEndpoint> {
        let url = client.webhook_url.clone().filter(|_| !client.is_suspended())?;
        let events = Some(self.events_for(client)).filter(|events| !events.is_empty())?;
        Some(NewEndpoint {
            uid: None,
            name: Some(client.name.clone()),
            url,
            description: String::new(),
            version: 1,
            disabled: false,
            event_types: Some(events),
            channels: None,
            throttle_rate: None,
            metadata: Metadata::new(),
            headers: None,
            rules: RulesChange::default(),
            secret: client.signing.current.clone(),
        })
    }

    /// What marks its endpoint.
    pub const fn mark(&self) -> ManagedBy {
        ManagedBy { install: self.key, client: self.client }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::ClientChange;
    use super::super::samples::{CREATED, client, events, install, scopes};
    use super::*;

    fn changed(change: ClientChange, seconds: u64) -> impl Fn(&Client) -> Client {
        move |client| change.clone().apply(client, CREATED.plus(Duration::from_secs(seconds))).unwrap()
    }

    #[test]
    fn a_narrower_subscription_narrows_a_grant_for_good() {
        let (install, client) = (install(), client());
        let subscribe = |names: &[&str], seconds| {
            changed(ClientChange { subscribed: Some(events(names)), ..Default::default() }, seconds)
        };
        assert_eq!(install.events_for(&client), events(&["post_created", "post_updated"]));
        let narrow = subscribe(&["post_updated"], 100)(&client);
        assert_eq!(install.events_for(&narrow), events(&["post_updated"]));
        let wide = subscribe(&["post_created", "post_updated", "post_completed"], 200)(&narrow);
        assert_eq!(install.events_for(&wide), events(&["post_updated"]));
        let again = Install { granted: CREATED.plus(Duration::from_mins(5)), ..install };
        assert_eq!(again.events_for(&wide), events(&["post_created", "post_updated"]));
    }

    #[test]
    fn there_is_an_endpoint_only_while_something_is_delivered_somewhere() {
        let (install, client) = (install(), client());
        let endpoint = install.endpoint_for(&client).unwrap();
        assert_eq!(endpoint.url, "https://myapp.com/webhooks");
        assert_eq!(endpoint.event_types, Some(events(&["post_created", "post_updated"])));
        assert_eq!(endpoint.secret, client.signing.current);
        let without = |change| changed(change, 100)(&client);
        let suspended = without(ClientChange { suspended: Some(true), ..Default::default() });
        let no_url = without(ClientChange { webhook_url: Some(None), ..Default::default() });
        let no_events = without(ClientChange { subscribed: Some(Vec::new()), ..Default::default() });
        let barred = without(ClientChange { barred: Some(true), ..Default::default() });
        for client in [suspended, barred, no_url, no_events] {
            assert_eq!(install.endpoint_for(&client), None);
        }
        let bare = Install { scopes: scopes("posts:read"), ..install.clone() };
        assert_eq!(bare.endpoint_for(&client), None);
        assert_eq!(Install { events: Vec::new(), ..install }.endpoint_for(&client), None);
    }
}
