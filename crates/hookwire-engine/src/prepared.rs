//! What every request to an endpoint has in common, made once for each version of the endpoint and its org's profile.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hookwire_core::address::AddressPolicy;
use hookwire_core::retry::RetryPolicy;
use hookwire_core::rules::{DeliveryOrder, Method, Signing};
use hookwire_core::status::StatusSet;
use hookwire_core::target::{TargetUrl, without_credentials};
use hookwire_core::template::{Escape, Template};
use hookwire_core::{App, Endpoint, Profile, ProfileName, Profiles};
use hookwire_outbound::HeaderList;
use http::HeaderValue;

use crate::settings::Settings;

/// What holds where neither the endpoint nor its org's profile says otherwise.
#[derive(Clone, Copy)]
pub(crate) struct Defaults<'a> {
    pub(crate) policy: &'a AddressPolicy,
    pub(crate) profiles: &'a Profiles,
    pub(crate) settings: &'a Settings,
}

/// An endpoint, made ready to be called.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The endpoint that it was made from.
    pub(crate) endpoint: Arc<Endpoint>,
    /// The profile that it was made for, as its app names it.
    pub(crate) profile_name: ProfileName,
    /// The profile that its org has.
    pub(crate) profile: Arc<Profile>,
    /// Where to call, or why that is not allowed.
    pub(crate) target: Result<Arc<TargetUrl>, String>,
    /// The URL as the log has it: without credentials, and as it was given if it can't be called.
    pub(crate) url: String,
    /// Headers that never change: custom headers and `User-Agent`.
    pub(crate) headers: HeaderList,
    /// The `Content-Type`, unless a message has its own.
    pub(crate) content_type: HeaderValue,
    /// The deadline of one attempt.
    pub(crate) timeout: Duration,
    /// The endpoint's own template, compiled when it is first needed.
    template: OnceLock<Result<Arc<Template>, String>>,
}

impl Prepared {
    /// Parses the URL, lays out the headers, and finds out what goes where endpoint, profile and server differ.
    pub(crate) fn new(endpoint: Arc<Endpoint>, app: &App, defaults: Defaults<'_>) -> Self {
        let Defaults { policy, profiles, settings } = defaults;
        let profile = Arc::clone(profiles.get_or_standard(app.profile.as_str()));
        let https_only = settings.https_only || profile.https_only;
        let target = TargetUrl::parse(&endpoint.url, policy, https_only)
            .map(Arc::new)
            .map_err(|error| error.to_string());
        let url = match &target {
            Ok(target) => target.uri().to_string(),
            Err(_) => without_credentials(&endpoint.url),
        };
        let custom = endpoint.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let user_agent = std::iter::once(("user-agent", settings.user_agent.as_str()));
        let headers = HeaderList::from_pairs(user_agent.chain(custom))
            .map_err(|error| format!("a custom header can't be sent: {error}"));
        let content_type = HeaderValue::from_str(content_type(&endpoint, &profile))
            .map_err(|_| "the content type can't be sent".to_owned());
        let reason = headers.as_ref().err().or(content_type.as_ref().err()).cloned();
        let timeout = endpoint.rules.timeout.or(profile.timeout).unwrap_or(settings.timeout);
        let target = target.and_then(|target| reason.map_or(Ok(target), Err));
        Self {
            url,
            target,
            headers: headers.unwrap_or_default(),
            content_type: content_type.unwrap_or(HeaderValue::from_static("application/json")),
            profile_name: app.profile.clone(),
            profile,
            timeout,
            template: OnceLock::new(),
            endpoint,
        }
    }

    /// The request's method.
    pub(crate) fn method(&self) -> http::Method {
        method(self.endpoint.rules.method)
    }

    /// When to try again.
    pub(crate) fn retry<'a>(&'a self, settings: &'a Settings) -> &'a RetryPolicy {
        self.endpoint.rules.retry.as_ref().or(self.profile.retry.as_ref()).unwrap_or(&settings.retry)
    }

    /// Which statuses count as success.
    pub(crate) fn success(&self) -> &StatusSet {
        self.endpoint.rules.success.as_ref().unwrap_or(&self.profile.success)
    }

    /// Whether requests are signed.
    pub(crate) fn is_signed(&self) -> bool {
        match self.endpoint.rules.signing.unwrap_or(self.profile.signing) {
            Signing::Standard => true,
            Signing::None => false,
        }
    }

    /// Whether one delivery waits for another.
    pub(crate) fn is_in_order(&self) -> bool {
        match self.endpoint.rules.order {
            DeliveryOrder::Fifo => true,
            DeliveryOrder::None => false,
        }
    }

    /// The template that makes the body of such a message, if one does; why it can't if it is broken. A profile's own
    /// template escapes as the profile's content type wants it, whatever the endpoint calls the result.
    pub(crate) fn template(&self, event_type: &str) -> Option<Result<&Arc<Template>, &str>> {
        let Some(source) = &self.endpoint.rules.body_template else {
            return self.profile.template(event_type).map(Ok);
        };
        let compile = || {
            let escape = Escape::of_content_type(content_type(&self.endpoint, &self.profile));
            Template::compile(source, escape).map(Arc::new).map_err(|error| error.to_string())
        };
        Some(self.template.get_or_init(compile).as_ref().map_err(String::as_str))
    }
}

fn content_type<'a>(endpoint: &'a Endpoint, profile: &'a Profile) -> &'a str {
    endpoint.rules.content_type.as_deref().unwrap_or(&profile.content_type)
}

/// The method as it is sent.
pub(crate) const fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
    }
}

#[cfg(test)]
mod tests;
