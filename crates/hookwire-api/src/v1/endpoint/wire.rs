//! The wire shapes of an endpoint, and the checks that they share.

mod patch;
mod rules;
mod shown;
mod tls;
mod whole;

use hookwire_core::limits::{ENDPOINT_CHANNELS_MAX, ENDPOINT_EVENT_TYPES_MAX};
use hookwire_core::target::TargetUrl;
use hookwire_core::{Endpoint, EventTypeName, Profile, header};

pub(in crate::v1) use patch::EndpointPatch;
pub(in crate::v1) use shown::EndpointOut;
pub(in crate::v1) use whole::EndpointIn;

use super::Owner;
use super::credentials::{self, Dropped};
use crate::api::Api;
use crate::problem::Issues;
use crate::v1::check;

const URL: &[&str] = &["body", "url"];

/// What a client's words are checked against.
#[derive(Clone, Copy)]
struct Against<'a> {
    api: &'a Api,
    /// The profile of the endpoint's org.
    profile: &'a Profile,
    /// The endpoint that gets the values, if there is one.
    stored: Option<&'a Endpoint>,
}

impl<'a> Against<'a> {
    fn new(api: &'a Api, owner: &Owner, stored: Option<&'a Endpoint>) -> Self {
        Self { api, profile: api.profiles.get_or_standard(owner.app.profile.as_str()), stored }
    }
}

/// What an update makes of an endpoint.
pub(super) struct Vetted<T> {
    /// The values.
    pub(super) values: T,
    /// What is removed because the URL leads to another host now.
    pub(super) dropped: Dropped,
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

fn vet_url(issues: &mut Issues, against: Against<'_>, given: &str) -> String {
    let Against { api, profile, stored } = against;
    let url = match credentials::unmasked(given, stored.map(|stored| stored.url.as_str())) {
        Ok(url) => url,
        Err(reason) => {
            issues.add(URL, reason);
            return String::new();
        }
    };
    let https_only = api.https_only || profile.https_only;
    issues.take(URL, TargetUrl::parse(&url, &api.address_policy, https_only));
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
