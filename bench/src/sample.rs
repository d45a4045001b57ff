//! An event, a delivery of it, and templates for it: what is measured without a server.

use hookwire_core::id::Key;
use hookwire_core::rules::RulesChange;
use hookwire_core::template::Facts;
use hookwire_core::{
    App, AppKey, Channel, Endpoint, EndpointKey, EventTypeName, Message, MessageKey, Metadata, NewApp,
    NewEndpoint, OrgId, ProfileName, Secret, Tag, Timestamp, Uid,
};

/// An event of about 1 KiB.
pub(crate) const EVENT: &str = include_str!("sample/event.json");

/// A template of about 1 KiB that names the event only.
pub(crate) const OF_EVENT: &str = include_str!("sample/of_event.mustache");

/// A template of about 1 KiB that names message, endpoint, application and attempt as well.
pub(crate) const OF_ALL: &str = include_str!("sample/of_all.mustache");

/// A delivery of [`EVENT`].
pub(crate) struct Delivery {
    message: Message,
    endpoint: Endpoint,
    app: App,
}

impl Delivery {
    /// One with a value in every field that templates can name.
    pub(crate) fn new() -> Self {
        let now = Timestamp::from_seconds(1_790_000_000);
        let app = NewApp {
            name: "Acme Ltd".to_owned(),
            uid: Some(Uid::stored("customer-42")),
            ..NewApp::default()
        };
        let (org, profile) = (OrgId::stored("org_bench"), ProfileName::standard());
        let app = app.into_app(AppKey::from_raw(7_001), org, profile, now);
        let message = Message {
            key: MessageKey::from_raw(7_508_234_000_123),
            app: app.key,
            event_type: EventTypeName::stored("feature-created"),
            event_id: Some(Uid::stored("evt-1007")),
            channels: vec![Channel::stored("project-blue")],
            tags: vec![Tag::stored("flags"), Tag::stored("audit")],
            payload: None,
            created: now,
            deliver_at: None,
            payload_expires: now,
        };
        let endpoint = new_endpoint("https://example.com/hooks/flags");
        let endpoint = endpoint.into_endpoint(EndpointKey::from_raw(7_002), app.key, now);
        Self { message, endpoint, app }
    }

    /// As templates see it.
    pub(crate) fn facts(&self) -> Facts<'_> {
        let Self { message, endpoint, app } = self;
        Facts { payload: EVENT, message, alias: Some("featureCreated"), endpoint, app, attempt: 1 }
    }
}

/// An endpoint that takes everything.
pub(crate) fn new_endpoint(url: &str) -> NewEndpoint {
    NewEndpoint {
        uid: Some(Uid::stored("billing")),
        name: Some("Flags to the audit log".to_owned()),
        url: url.to_owned(),
        description: "Everything that changes a flag".to_owned(),
        version: 1,
        disabled: false,
        event_types: None,
        channels: None,
        throttle_rate: None,
        metadata: Metadata::from([("team".to_owned(), "blue".to_owned())]),
        headers: None,
        rules: RulesChange::default(),
        secret: Secret::from_random([7; 24]),
    }
}

#[cfg(test)]
mod tests {
    use hookwire_core::limits::TEMPLATE_OUTPUT_BYTES_MAX;
    use hookwire_core::template::{Escape, Template};

    use super::*;

    #[test]
    fn the_samples_are_as_long_as_they_are_said_to_be_and_make_json() {
        for text in [EVENT, OF_EVENT, OF_ALL] {
            assert!((1_000..1_100).contains(&text.len()), "{}: {text}", text.len());
        }
        let delivery = Delivery::new();
        for source in [OF_EVENT, OF_ALL] {
            let template = Template::compile(source, Escape::Json).unwrap();
            let body = delivery.facts().render(&template, TEMPLATE_OUTPUT_BYTES_MAX).unwrap();
            let body: serde_json::Value =
                serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
            assert_eq!(body["event"], "feature-created");
        }
    }
}
