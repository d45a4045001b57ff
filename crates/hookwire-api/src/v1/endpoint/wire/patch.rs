//! A partial change of an endpoint.

use std::collections::BTreeMap;

use hookwire_core::endpoint::HeadersChange;
use hookwire_core::{Endpoint, EndpointChange, Metadata, Uid};
use serde::Deserialize;
use utoipa::ToSchema;

use super::rules::with_rules;
use super::{Against, Vetted};
use crate::api::Api;
use crate::problem::{Issues, Problem};
use crate::v1::check::{self, Given};
use crate::v1::endpoint::Owner;
use crate::v1::endpoint::credentials::Dropped;

with_rules! {
    /// A partial change of an endpoint: what is absent stays, what is null is removed.
    #[derive(Clone, Deserialize, ToSchema)]
    #[serde(rename_all = "camelCase")]
    pub(in crate::v1) struct EndpointPatch {
        /// Where to deliver.
        #[serde(default, deserialize_with = "check::not_null")]
        #[schema(value_type = String, required = false)]
        url: Option<String>,
        /// What it is for.
        #[serde(default, deserialize_with = "check::not_null")]
        #[schema(value_type = String, required = false)]
        description: Option<String>,
        /// The client's own id.
        #[serde(default, deserialize_with = "check::given")]
        #[schema(value_type = Option<String>)]
        uid: Given<String>,
        /// A number that clients may keep.
        #[serde(default, deserialize_with = "check::not_null")]
        #[schema(value_type = u32, required = false)]
        version: Option<u32>,
        /// Whether no messages are sent to it.
        #[serde(default, deserialize_with = "check::not_null")]
        #[schema(value_type = bool, required = false)]
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
        #[serde(default, deserialize_with = "check::given_or_default")]
        metadata: Option<Metadata>,
        /// Custom headers, all of them.
        #[serde(default, deserialize_with = "check::not_null")]
        #[schema(value_type = BTreeMap<String, String>, required = false)]
        headers: Option<BTreeMap<String, String>>,
    }
}

impl EndpointPatch {
    /// Checks every field against the endpoint that is changed.
    pub(in crate::v1::endpoint) fn vet(
        mut self,
        api: &Api,
        owner: &Owner,
        stored: &Endpoint,
    ) -> Result<Vetted<EndpointChange>, Problem> {
        let against = Against::new(api, owner, Some(stored));
        let mut issues = Issues::default();
        let rules = self.take_rules();
        let url = self.url.map(|url| super::vet_url(&mut issues, against, &url));
        let place = url.as_deref().unwrap_or(&stored.url);
        let rules = rules.vet(&mut issues, against, place);
        if let Some(description) = &self.description {
            check::description(&mut issues, &["body", "description"], description);
        }
        let throttle_rate = self.throttle_rate.or(self.rate_limit);
        check::rate(&mut issues, &["body", "throttle_rate"], throttle_rate.flatten());
        if let Some(metadata) = &self.metadata {
            check::metadata(&mut issues, &["body", "metadata"], metadata);
        }
        super::vet_version(&mut issues, self.version);
        let uid_at = ["body", "uid", "__all__"];
        let uid = self.uid.map(|uid| uid.and_then(|uid| issues.take(&uid_at, Uid::for_endpoint(&uid))));
        let event_types = self.event_types.or(self.filter_types);
        let event_types =
            event_types.map(|names| names.map(|names| super::vet_event_types(&mut issues, &names)));
        let channels = self.channels.map(|names| names.map(|names| super::vet_channels(&mut issues, &names)));
        let given: Option<Vec<_>> = self.headers.map(|headers| headers.into_iter().collect());
        super::vet_headers(&mut issues, given.as_deref().unwrap_or_default());
        issues.done()?;
        let (headers, left) = super::moved(given, Some(stored), place);
        let dropped = Dropped { headers: left, identity: rules.drops_identity };
        let values = EndpointChange {
            uid,
            name: rules.name,
            url,
            description: self.description,
            version: self.version,
            disabled: self.disabled,
            event_types,
            channels,
            throttle_rate,
            metadata: self.metadata,
            headers: headers.map(HeadersChange::Replace),
            rules: rules.change,
        };
        Ok(Vetted { values, dropped })
    }
}
