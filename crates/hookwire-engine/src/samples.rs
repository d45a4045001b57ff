//! Nouns for the tests of this crate, and what stands in for a store.

pub(crate) mod triggers;

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::id::Key as _;
use hookwire_core::{
    App, AppKey, Delivery, Endpoint, EndpointKey, EventTypeName, Message, MessageKey, Metadata, NewApp,
    NewEndpoint, OrgId, Payload, ProfileName, Profiles, Secret, Timestamp, TriggerType,
};
use hookwire_store::dispatch::Claim;

use crate::prepared::{Defaults, Prepared};
use crate::settings::Settings;

/// When every test begins.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

/// An app of an org with this profile.
pub(crate) fn app_with(profile: &str) -> App {
    let new = NewApp { name: "App".to_owned(), ..NewApp::default() };
    new.into_app(AppKey::from_raw(1), OrgId::stored("org_1"), ProfileName::stored(profile), NOW)
}

/// An endpoint that wants everything.
pub(crate) fn endpoint_at(url: &str) -> Endpoint {
    let new = NewEndpoint {
        uid: None,
        name: None,
        url: url.to_owned(),
        description: String::new(),
        version: 1,
        disabled: false,
        event_types: None,
        channels: None,
        throttle_rate: None,
        metadata: Metadata::new(),
        headers: None,
        rules: hookwire_core::rules::RulesChange::default(),
        secret: Secret::from_random([0; 24]),
    };
    new.into_endpoint(EndpointKey::from_raw(2), AppKey::from_raw(1), NOW)
}

/// A message with this payload.
pub(crate) fn message_with(event_type: &str, payload: Payload) -> Message {
    Message {
        key: MessageKey::from_raw(9),
        app: AppKey::from_raw(1),
        event_type: EventTypeName::stored(event_type),
        event_id: None,
        channels: Vec::new(),
        tags: Vec::new(),
        payload: Some(payload),
        created: NOW,
        deliver_at: None,
        payload_expires: NOW,
    }
}

/// A message's delivery to an endpoint, leased for a quarter of an hour.
pub(crate) fn claim_of(message: Message, endpoint: &Arc<Endpoint>, app: &Arc<App>) -> Claim {
    let delivery = Delivery {
        message: message.key,
        endpoint: endpoint.key,
        app: app.key,
        attempts: 0,
        trigger: TriggerType::Scheduled,
        resume_at: None,
        fence: 1,
        lease_until: NOW.plus(Duration::from_mins(15)),
    };
    Claim { delivery, message: Arc::new(message), endpoint: Arc::clone(endpoint), app: Arc::clone(app) }
}

/// An endpoint made ready by the built-in profiles and a server's defaults.
pub(crate) fn prepare(endpoint: Arc<Endpoint>, app: &App) -> Prepared {
    prepare_by(&Settings::default(), endpoint, app)
}

/// The same by these settings.
pub(crate) fn prepare_by(settings: &Settings, endpoint: Arc<Endpoint>, app: &App) -> Prepared {
    let policy = hookwire_core::address::AddressPolicy::default();
    Prepared::new(endpoint, app, Defaults { policy: &policy, profiles: &Profiles::builtin(), settings })
}
