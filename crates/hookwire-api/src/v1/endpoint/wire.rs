//! The wire shapes of an endpoint.

use std::collections::BTreeMap;

use hookwire_core::id::Key;
use hookwire_core::limits::{ENDPOINT_CHANNELS_MAX, ENDPOINT_EVENT_TYPES_MAX};
use hookwire_core::rules::RulesChange;
use hookwire_core::target::TargetUrl;
use hookwire_core::{
    Endpoint, EndpointChange, EventTypeName, Metadata, NewEndpoint, Secret, Uid, endpoint::HeadersChange,
    header,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::credentials;
use crate::api::Api;
use crate::problem::{Issues, Problem};
use crate::v1::check::{self, Given};

const URL: &[&str] = &["body", "url"];

/// An endpoint as clients describe it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::v1) struct EndpointIn {
    /// Where to deliver: an `https://` or `http://` URL.
    url: String,
    /// What it is for.
    #[serde(default, deserialize_with = "check::or_default")]
    description: String,
    /// The client's own id, unique in the application.
    uid: Option<String>,
    /// A number that clients may keep, 1 unless given.
    version: Option<u32>,
    /// Whether no messages are sent to it.
    #[serde(default, deserialize_with = "check::or_default")]
    disabled: bool,
    /// Only these event types; null = all.
    event_types: Option<Vec<String>>,
    /// An older name of `eventTypes`.
    filter_types: Option<Vec<String>>,
    /// Only messages in one of these channels; null = all.
    channels: Option<Vec<String>>,
    /// Deliveries a second; null = no limit.
    throttle_rate: Option<u32>,
    /// An older name of `throttleRate`.
    rate_limit: Option<u32>,
    /// Free-form labels.
    #[serde(default, deserialize_with = "check::or_default")]
    #[schema(value_type = BTreeMap<String, String>)]
    metadata: Metadata,
    /// Custom headers. Absent on an update: they stay.
    headers: Option<BTreeMap<String, String>>,
    /// The signing secret (`whsec_…` or `whsk_…`); made when absent. Only on creation.
    secret: Option<String>,
}

/// What an update makes of an endpoint.
pub(super) struct Vetted<T> {
    /// The values.
    pub(super) values: T,
    /// Sensitive headers that are removed because the URL leads to another host now.
    pub(super) dropped: Vec<String>,
}

impl EndpointIn {
    /// Whether a signing secret is given.
    pub(super) const fn names_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// Checks every field; `stored` is the endpoint that gets the values, if there is one.
    pub(super) fn vet(self, api: &Api, stored: Option<&Endpoint>) -> Result<Vetted<NewEndpoint>, Problem> {
        let mut issues = Issues::default();
        let url = vet_url(&mut issues, api, &self.url, stored);
        check::description(&mut issues, &["body", "description"], &self.description);
        let throttle_rate = self.throttle_rate.or(self.rate_limit);
        check::rate(&mut issues, &["body", "throttle_rate"], throttle_rate);
        check::metadata(&mut issues, &["body", "metadata"], &self.metadata);
        vet_version(&mut issues, self.version);
        let uid_at = ["body", "uid", "__all__"];
        let uid = self.uid.and_then(|uid| issues.take(&uid_at, Uid::for_endpoint(&uid)));
        let event_types = self.event_types.or(self.filter_types);
        let event_types = event_types.map(|names| vet_event_types(&mut issues, &names));
        let channels = self.channels.map(|names| vet_channels(&mut issues, &names));
        let secret_at = ["body", "key", "__all__"];
        let secret = self.secret.and_then(|text| issues.take(&secret_at, Secret::parse(&text)));
        let headers: Option<Vec<_>> = self.headers.map(|headers| headers.into_iter().collect());
        vet_headers(&mut issues, headers.as_deref().unwrap_or_default());
        issues.done()?;
        let (headers, dropped) = moved(headers, stored, &url);
        let values = NewEndpoint {
            uid,
            name: None,
            url,
            description: self.description,
            version: self.version.unwrap_or(1),
            disabled: self.disabled,
            event_types,
            channels,
            throttle_rate,
            metadata: self.metadata,
            headers,
            rules: RulesChange::default(),
            secret: secret.unwrap_or_else(|| api.fresh_secret()),
        };
        Ok(Vetted { values, dropped })
    }
}

/// The headers of an endpoint that gets another URL, and which of them stay behind.
fn moved(
    given: Option<Vec<(String, String)>>,
    stored: Option<&Endpoint>,
    url: &str,
) -> (Option<Vec<(String, String)>>, Vec<String>) {
    match (given, stored) {
        (None, Some(stored)) => {
            let dropped = credentials::left_behind(stored, url);
            if dropped.is_empty() {
                return (None, dropped);
            }
            let kept = stored.headers.iter().filter(|(name, _)| !dropped.contains(name)).cloned();
            (Some(kept.collect()), dropped)
        }
        (given, _) => (given, Vec::new()),
    }
}

fn vet_url(issues: &mut Issues, api: &Api, given: &str, stored: Option<&Endpoint>) -> String {
    let url = match credentials::unmasked(given, stored.map(|stored| stored.url.as_str())) {
        Ok(url) => url,
        Err(reason) => {
            issues.add(URL, reason);
            return String::new();
        }
    };
    issues.take(URL, TargetUrl::parse(&url, &api.address_policy, api.https_only));
    url
}

fn vet_version(issues: &mut Issues, version: Option<u32>) {
    if version == Some(0) {
        issues.add(&["body", "version"], "must be at least 1");
    }
}

fn vet_event_types(issues: &mut Issues, names: &[String]) -> Vec<EventTypeName> {
    check::names(issues, &["body", "eventTypes"], names, ENDPOINT_EVENT_TYPES_MAX, EventTypeName::parse)
}

fn vet_channels(issues: &mut Issues, names: &[String]) -> Vec<hookwire_core::Channel> {
    check::channels(issues, &["body", "channels"], names, ENDPOINT_CHANNELS_MAX)
}

/// Checks a whole set of custom headers.
pub(super) fn vet_headers(issues: &mut Issues, headers: &[(String, String)]) {
    let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    issues.take(&["body", "headers"], header::check_all(pairs));
}

/// A partial change of an endpoint: what is absent stays, what is null is removed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::v1) struct EndpointPatch {
    /// Where to deliver.
    url: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// The client's own id.
    #[serde(default, deserialize_with = "check::given")]
    #[schema(value_type = Option<String>)]
    uid: Given<String>,
    /// A number that clients may keep.
    version: Option<u32>,
    /// Whether no messages are sent to it.
    disabled: Option<bool>,
    /// Only these event types; null = all.
    #[serde(default, deserialize_with = "check::given")]
    #[schema(value_type = Option<Vec<String>>)]
    event_types: Given<Vec<String>>,
    /// An older name of `eventTypes`.
    #[serde(default, deserialize_with = "check::given")]
    #[schema(value_type = Option<Vec<String>>)]
    filter_types: Given<Vec<String>>,
    /// Only messages in one of these channels; null = all.
    #[serde(default, deserialize_with = "check::given")]
    #[schema(value_type = Option<Vec<String>>)]
    channels: Given<Vec<String>>,
    /// Deliveries a second; null = no limit.
    #[serde(default, deserialize_with = "check::given")]
    #[schema(value_type = Option<u32>)]
    throttle_rate: Given<u32>,
    /// An older name of `throttleRate`.
    #[serde(default, deserialize_with = "check::given")]
    #[schema(value_type = Option<u32>)]
    rate_limit: Given<u32>,
    /// Free-form labels, all of them.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    metadata: Option<Metadata>,
    /// Custom headers, all of them.
    headers: Option<BTreeMap<String, String>>,
}

impl EndpointPatch {
    /// Checks every field against the endpoint that is changed.
    pub(super) fn vet(self, api: &Api, stored: &Endpoint) -> Result<Vetted<EndpointChange>, Problem> {
        let mut issues = Issues::default();
        let url = self.url.map(|url| vet_url(&mut issues, api, &url, Some(stored)));
        if let Some(description) = &self.description {
            check::description(&mut issues, &["body", "description"], description);
        }
        let throttle_rate = self.throttle_rate.or(self.rate_limit);
        check::rate(&mut issues, &["body", "throttle_rate"], throttle_rate.flatten());
        if let Some(metadata) = &self.metadata {
            check::metadata(&mut issues, &["body", "metadata"], metadata);
        }
        vet_version(&mut issues, self.version);
        let uid_at = ["body", "uid", "__all__"];
        let uid = self.uid.map(|uid| uid.and_then(|uid| issues.take(&uid_at, Uid::for_endpoint(&uid))));
        let event_types = self.event_types.or(self.filter_types);
        let event_types = event_types.map(|names| names.map(|names| vet_event_types(&mut issues, &names)));
        let channels = self.channels.map(|names| names.map(|names| vet_channels(&mut issues, &names)));
        let given: Option<Vec<_>> = self.headers.map(|headers| headers.into_iter().collect());
        vet_headers(&mut issues, given.as_deref().unwrap_or_default());
        issues.done()?;
        let (headers, dropped) = moved(given, Some(stored), url.as_deref().unwrap_or(&stored.url));
        let values = EndpointChange {
            uid,
            url,
            description: self.description,
            version: self.version,
            disabled: self.disabled,
            event_types,
            channels,
            throttle_rate,
            metadata: self.metadata,
            headers: headers.map(HeadersChange::Replace),
            ..EndpointChange::default()
        };
        Ok(Vetted { values, dropped })
    }
}

/// An endpoint.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::v1) struct EndpointOut {
    /// Its id.
    id: String,
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
}

impl From<Endpoint> for EndpointOut {
    fn from(endpoint: Endpoint) -> Self {
        let event_types: Option<Vec<String>> =
            endpoint.event_types.map(|names| names.iter().map(ToString::to_string).collect());
        Self {
            id: endpoint.key.public(),
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
        }
    }
}
