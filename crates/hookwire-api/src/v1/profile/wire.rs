//! The wire shapes of a profile.

use hookwire_core::profile::{Envelope, ProfileEventType};
use hookwire_core::{Profile, span};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::v1::retry_policy::RetryPolicy;

/// Which profile.
#[derive(Deserialize, ToSchema)]
pub(super) struct ProfileIn {
    /// Its name.
    pub(super) name: String,
}

/// A profile: what goes for endpoints that do not say otherwise.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProfileOut {
    /// Its name.
    name: String,
    /// What it is, in a few words.
    title: String,
    /// Whether `http://` URLs are refused.
    https_only: bool,
    /// Statuses that count as success, such as `2xx` or `204`.
    success_codes: Vec<String>,
    /// When to try again; null = as the server is configured.
    retry_policy: Option<RetryPolicy>,
    /// The deadline of one attempt; null = as the server is configured.
    timeout: Option<String>,
    /// Only the logs of this many latest deliveries of an endpoint are kept; null = all of them.
    log_limit: Option<u32>,
    /// The `Content-Type` sent.
    content_type: String,
    /// The Mustache template that makes the body; null = the payload as it was posted.
    body_template: Option<String>,
    /// Which signature headers are sent: `standard` or `none`.
    signing: &'static str,
    /// The event types that an org with this profile has from the start.
    event_types: Vec<ProfileEventTypeOut>,
}

/// An event type of a profile.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProfileEventTypeOut {
    /// Its name.
    name: String,
    /// What receivers know it as.
    alias: String,
    /// What it tells.
    description: String,
    /// Whether it is on its way out.
    deprecated: bool,
    /// An example of a payload.
    #[schema(value_type = Option<Object>)]
    example: Option<Box<RawValue>>,
    /// The Mustache template that makes its body; null = the profile's.
    body_template: Option<String>,
}

impl ProfileOut {
    pub(super) fn of(profile: &Profile) -> Self {
        Self {
            name: profile.name.to_string(),
            title: profile.title.clone(),
            https_only: profile.https_only,
            success_codes: profile.success.entries().collect(),
            retry_policy: profile.retry.as_ref().map(RetryPolicy::from),
            timeout: profile.timeout.map(span::format),
            log_limit: profile.log_limit,
            content_type: profile.content_type.clone(),
            body_template: profile.body_template.as_ref().map(source),
            signing: profile.signing.name(),
            event_types: profile.event_types.iter().map(ProfileEventTypeOut::from).collect(),
        }
    }
}

fn source(envelope: &Envelope) -> String {
    envelope.source.clone()
}

impl From<&ProfileEventType> for ProfileEventTypeOut {
    fn from(one: &ProfileEventType) -> Self {
        Self {
            name: one.name.to_string(),
            alias: one.alias.clone(),
            description: one.description.clone(),
            deprecated: one.deprecated,
            example: one.example.clone().and_then(|text| RawValue::from_string(text).ok()),
            body_template: one.body_template.as_ref().map(source),
        }
    }
}
