//! An endpoint as it is shown.

use hookwire_core::id::Key;
use hookwire_core::rules::Signing;
use hookwire_core::{Endpoint, Metadata, span};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::tls::EndpointTls;
use crate::v1::endpoint::credentials;
use crate::v1::retry_policy::RetryPolicy;

/// An endpoint.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::v1) struct EndpointOut {
    /// Its id.
    id: String,
    /// Display name.
    name: String,
    /// What it is for.
    description: String,
    /// The same as `throttleRate`, under its older name.
    rate_limit: Option<u32>,
    /// Deliveries a second; null = no limit.
    throttle_rate: Option<u32>,
    /// The client's own id.
    uid: Option<String>,
    /// Where to deliver; a password in it is masked.
    url: String,
    /// A number that clients may keep.
    version: u32,
    /// Whether no messages are sent to it.
    disabled: bool,
    /// Only these event types; null = all.
    event_types: Option<Vec<String>>,
    /// The same as `eventTypes`, under its older name.
    filter_types: Option<Vec<String>>,
    /// Only messages in one of these channels; null = all.
    channels: Option<Vec<String>>,
    /// When it was made.
    created_at: String,
    /// When it was last changed.
    updated_at: String,
    /// Free-form labels.
    #[schema(value_type = BTreeMap<String, String>)]
    metadata: Metadata,
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    method: &'static str,
    /// The `Content-Type` sent; null = the profile's.
    content_type: Option<String>,
    /// The Mustache template that makes the body; null = the profile's, or the payload as it was posted.
    body_template: Option<String>,
    /// When to try again; null = as the profile has it.
    retry_policy: Option<RetryPolicy>,
    /// Statuses that count as success, such as `2xx` or `204`; null = the profile's.
    success_codes: Option<Vec<String>>,
    /// The deadline of one attempt; null = the profile's.
    timeout: Option<String>,
    /// Whom it trusts, and how we identify ourselves; the key is masked.
    tls: Option<EndpointTls>,
    /// Only messages whose payload matches this filter.
    #[schema(value_type = Option<Object>)]
    filter: Option<Box<RawValue>>,
    /// Only the logs of this many latest deliveries are kept; null = as the profile has it.
    log_limit: Option<u32>,
    /// `none`, or `fifo`: the next delivery is made only when the one before it has ended.
    order: &'static str,
    /// Which signature headers are sent: `standard` or `none`; null = the profile's.
    signing: Option<&'static str>,
    /// The OAuth install that it belongs to; such an endpoint can't be changed or deleted by hand.
    managed_by: Option<EndpointManagedBy>,
}

/// What manages an endpoint.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::v1) struct EndpointManagedBy {
    /// The id of the install.
    install_id: String,
}

impl From<Endpoint> for EndpointOut {
    fn from(endpoint: Endpoint) -> Self {
        let event_types: Option<Vec<String>> =
            endpoint.event_types.map(|names| names.iter().map(ToString::to_string).collect());
        let rules = endpoint.rules;
        let filter = rules.filter.map(|filter| filter.source().to_owned());
        Self {
            id: endpoint.key.public(),
            name: endpoint.name,
            description: endpoint.description,
            rate_limit: endpoint.throttle_rate,
            throttle_rate: endpoint.throttle_rate,
            uid: endpoint.uid.map(|uid| uid.to_string()),
            url: credentials::masked(&endpoint.url),
            version: endpoint.version,
            disabled: endpoint.disabled,
            filter_types: event_types.clone(),
            event_types,
            channels: endpoint.channels.map(|names| names.iter().map(ToString::to_string).collect()),
            created_at: endpoint.created.to_rfc3339(),
            updated_at: endpoint.updated.to_rfc3339(),
            metadata: endpoint.metadata,
            method: rules.method.name(),
            content_type: rules.content_type,
            body_template: rules.body_template,
            retry_policy: rules.retry.as_ref().map(RetryPolicy::from),
            success_codes: rules.success.map(|codes| codes.entries().collect()),
            timeout: rules.timeout.map(span::format),
            tls: rules.tls.map(EndpointTls::from),
            filter: filter.and_then(|text| RawValue::from_string(text).ok()),
            log_limit: rules.log_limit,
            order: rules.order.name(),
            signing: rules.signing.map(Signing::name),
            managed_by: endpoint.managed_by.map(|by| EndpointManagedBy { install_id: by.install.public() }),
        }
    }
}
