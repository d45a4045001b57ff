//! Which endpoints want a message, found without looking at those that do not choose its event type.

use std::collections::HashMap;
use std::sync::Arc;

use crate::{Channel, Endpoint, EventTypeName};

/// The endpoints of one app, grouped by the event types that they chose.
#[derive(Debug, Clone, Default)]
pub struct Subscriptions {
    by_type: HashMap<EventTypeName, Vec<Arc<Endpoint>>>,
    all_types: Vec<Arc<Endpoint>>,
}

impl Subscriptions {
    /// Groups the enabled ones of `endpoints`.
    pub fn new<'a>(endpoints: impl IntoIterator<Item = &'a Arc<Endpoint>>) -> Self {
        let mut grouped = Self::default();
        for endpoint in endpoints.into_iter().filter(|endpoint| !endpoint.disabled) {
            match &endpoint.event_types {
                None => grouped.all_types.push(Arc::clone(endpoint)),
                Some(names) => {
                    for name in names {
                        grouped.by_type.entry(name.clone()).or_default().push(Arc::clone(endpoint));
                    }
                }
            }
        }
        grouped
    }

    /// The enabled endpoints that want a message of this type and these channels.
    pub fn matching<'a>(
        &'a self,
        event_type: &str,
        channels: &'a [Channel],
    ) -> impl Iterator<Item = &'a Arc<Endpoint>> {
        let chosen = self.by_type.get(event_type).into_iter().flatten();
        chosen.chain(&self.all_types).filter(move |endpoint| wants_channels(endpoint, channels))
    }
}

/// Whether a message of these channels is for `endpoint`: one without channels takes all, one with channels only
/// messages that share one.
pub fn wants_channels(endpoint: &Endpoint, channels: &[Channel]) -> bool {
    endpoint.channels.as_ref().is_none_or(|wanted| channels.iter().any(|channel| wanted.contains(channel)))
}

/// Whether `endpoint`, enabled or not, chose this type and these channels.
pub fn wants(endpoint: &Endpoint, event_type: &EventTypeName, channels: &[Channel]) -> bool {
    endpoint.event_types.as_ref().is_none_or(|names| names.contains(event_type))
        && wants_channels(endpoint, channels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Key;
    use crate::{AppKey, EndpointKey, NewEndpoint, Secret, Timestamp};

    fn endpoint(
        key: i64,
        types: Option<&[&str]>,
        channels: Option<&[&str]>,
        disabled: bool,
    ) -> Arc<Endpoint> {
        let new = NewEndpoint {
            uid: None,
            name: None,
            url: "https://example.com/".to_owned(),
            description: String::new(),
            version: 1,
            disabled,
            event_types: types
                .map(|names| names.iter().map(|name| EventTypeName::parse(name).unwrap()).collect()),
            channels: channels.map(|names| names.iter().map(|name| Channel::parse(name).unwrap()).collect()),
            throttle_rate: None,
            metadata: crate::Metadata::new(),
            headers: None,
            rules: crate::rules::RulesChange::default(),
            secret: Secret::from_random([0; 24]),
        };
        Arc::new(new.into_endpoint(
            EndpointKey::from_raw(key),
            AppKey::from_raw(1),
            Timestamp::from_seconds(0),
        ))
    }

    fn matching(endpoints: &[Arc<Endpoint>], event_type: &str, channels: &[&str]) -> Vec<i64> {
        let channels: Vec<_> = channels.iter().map(|name| Channel::parse(name).unwrap()).collect();
        let subscriptions = Subscriptions::new(endpoints);
        let mut keys: Vec<_> =
            subscriptions.matching(event_type, &channels).map(|endpoint| endpoint.key.raw()).collect();
        keys.sort_unstable();
        keys
    }

    #[test]
    fn endpoints_choose_by_type_and_channel() {
        let endpoints = [
            endpoint(1, None, None, false),
            endpoint(2, Some(&["a", "b"]), None, false),
            endpoint(3, Some(&["b"]), Some(&["x", "y"]), false),
            endpoint(4, None, Some(&["x"]), false),
            endpoint(5, None, None, true),
        ];
        assert_eq!(matching(&endpoints, "a", &[]), [1, 2]);
        assert_eq!(matching(&endpoints, "b", &["y"]), [1, 2, 3]);
        assert_eq!(matching(&endpoints, "c", &["x"]), [1, 4]);
        assert_eq!(matching(&endpoints, "c", &[]), [1]);
    }
}
