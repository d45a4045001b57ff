//! An endpoint as clients describe it: on creation, and on an update with all values.

use std::collections::BTreeMap;

use hookwire_core::{Endpoint, Metadata, NewEndpoint, Secret, Uid};
use serde::Deserialize;
use utoipa::ToSchema;

use super::rules::with_rules;
use super::{Against, Vetted};
use crate::api::Api;
use crate::problem::{Issues, Problem};
use crate::v1::check;
use crate::v1::endpoint::Owner;
use crate::v1::endpoint::credentials::Dropped;

with_rules! {
    /// An endpoint as clients describe it.
    #[derive(Clone, Deserialize, ToSchema)]
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
}

impl EndpointIn {
    /// Whether a signing secret is given.
    pub(in crate::v1::endpoint) const fn names_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// Checks every field; `stored` is the endpoint that gets the values, if there is one.
    pub(in crate::v1::endpoint) fn vet(
        mut self,
        api: &Api,
        owner: &Owner,
        stored: Option<&Endpoint>,
    ) -> Result<Vetted<NewEndpoint>, Problem> {
        let against = Against::new(api, owner, stored);
        let mut issues = Issues::default();
        let url = super::vet_url(&mut issues, against, &self.url);
        let rules = self.take_rules().vet(&mut issues, against, &url);
        check::description(&mut issues, &["body", "description"], &self.description);
        let throttle_rate = self.throttle_rate.or(self.rate_limit);
        check::rate(&mut issues, &["body", "throttle_rate"], throttle_rate);
        check::metadata(&mut issues, &["body", "metadata"], &self.metadata);
        super::vet_version(&mut issues, self.version);
        let uid_at = ["body", "uid", "__all__"];
        let uid = self.uid.and_then(|uid| issues.take(&uid_at, Uid::for_endpoint(&uid)));
        let event_types = self.event_types.or(self.filter_types);
        let event_types = event_types.map(|names| super::vet_event_types(&mut issues, &names));
        let channels = self.channels.map(|names| super::vet_channels(&mut issues, &names));
        let secret_at = ["body", "key", "__all__"];
        let secret = self.secret.and_then(|text| issues.take(&secret_at, Secret::parse(&text)));
        let headers: Option<Vec<_>> = self.headers.map(|headers| headers.into_iter().collect());
        super::vet_headers(&mut issues, headers.as_deref().unwrap_or_default());
        issues.done()?;
        let (headers, left) = super::moved(headers, stored, &url);
        let values = NewEndpoint {
            uid,
            name: rules.name,
            url,
            description: self.description,
            version: self.version.unwrap_or(1),
            disabled: self.disabled,
            event_types,
            channels,
            throttle_rate,
            metadata: self.metadata,
            headers,
            rules: rules.change,
            secret: secret.unwrap_or_else(|| api.fresh_secret()),
        };
        let dropped = Dropped { headers: left, identity: rules.drops_identity };
        Ok(Vetted { values, dropped })
    }
}
