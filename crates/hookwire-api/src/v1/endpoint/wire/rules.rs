//! The rules of an endpoint on the wire: the same fields in each shape that a client sends, checked in one place.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::limits::{ENDPOINT_NAME_BYTES_MAX, LOG_LIMIT_MAX, TIMEOUT_MAX};
use hookwire_core::rules::{DeliveryOrder, Method, RulesChange, Signing, Tls};
use hookwire_core::status::StatusSet;
use hookwire_core::template::{Escape, Template};
use hookwire_core::{header, span};
use serde_json::value::RawValue;

use super::Against;
use super::tls::{self, EndpointTls};
use crate::problem::Issues;
use crate::v1::check::{self, Given};
use crate::v1::code::{Code, texts};
use crate::v1::endpoint::credentials::same_origin;
use crate::v1::retry_policy::RetryPolicy;

/// The fields as a client gave them: absent ones keep what is there, null goes back to the usual.
pub(super) struct RulesIn {
    pub(super) name: Given<String>,
    pub(super) method: Given<String>,
    pub(super) content_type: Given<String>,
    pub(super) body_template: Given<String>,
    pub(super) retry_policy: Given<RetryPolicy>,
    pub(super) success_codes: Given<Vec<Code>>,
    pub(super) timeout: Given<String>,
    pub(super) tls: Given<EndpointTls>,
    pub(super) filter: Given<Box<RawValue>>,
    pub(super) log_limit: Given<u32>,
    pub(super) order: Given<String>,
    pub(super) signing: Given<String>,
}

/// Declares a shape of an endpoint: its own fields, and those of the rules. Not with `serde(flatten)`, which would hide
/// from [`ignored`](crate::ignored) which fields there are, and would take the filter's text apart.
macro_rules! with_rules {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident { $($own:tt)* }) => {
        $(#[$meta])*
        $visibility struct $name {
            $($own)*
            /// Display name.
            #[serde(default, deserialize_with = "crate::v1::check::given")]
            #[schema(value_type = Option<String>)]
            name: crate::v1::check::Given<String>,
            /// `POST` unless given; or `GET`, `PUT`, `PATCH`, `DELETE`.
            #[serde(default, deserialize_with = "crate::v1::check::given")]
            #[schema(value_type = Option<String>)]
            method: crate::v1::check::Given<String>,
            /// The `Content-Type` sent; null = the profile's.
            #[serde(default, deserialize_with = "crate::v1::check::given")]
            #[schema(value_type = Option<String>)]
            content_type: crate::v1::check::Given<String>,
            /// A Mustache template that makes the body; null = the profile's, or the payload as it was posted.
            #[serde(default, deserialize_with = "crate::v1::check::given")]
            #[schema(value_type = Option<String>)]
            body_template: crate::v1::check::Given<String>,
            /// When to try again; null = as the profile has it.
            #[serde(default, deserialize_with = "crate::v1::check::given")]
            #[schema(value_type = Option<crate::v1::retry_policy::RetryPolicy>)]
            retry_policy: crate::v1::check::Given<crate::v1::retry_policy::RetryPolicy>,
            /// Statuses that count as success, such as `"2xx"` or `204`; null = the profile's.
            #[serde(default, deserialize_with = "crate::v1::check::given")]
            #[schema(value_type = Option<Vec<crate::v1::code::Code>>)]
            success_codes: crate::v1::check::Given<Vec<crate::v1::code::Code>>,
            /// The deadline of one attempt, from `1ms` to `60s`; null = the profile's.
            #[serde(default, deserialize_with = "crate::v1::check::given")]
            #[schema(value_type = Option<String>)]
            timeout: crate::v1::check::Given<String>,
            /// Whom to trust, and how to identify ourselves.
            #[serde(default, deserialize_with = "crate::v1::check::given")]
            #[schema(value_type = Option<super::tls::EndpointTls>)]
            tls: crate::v1::check::Given<super::tls::EndpointTls>,
            /// Only messages whose payload matches this filter.
            #[serde(default, deserialize_with = "crate::v1::check::given")]
            #[schema(value_type = Option<Object>)]
            filter: crate::v1::check::Given<Box<serde_json::value::RawValue>>,
            /// Only the logs of this many latest deliveries are kept; null = as the profile has it.
            #[serde(default, deserialize_with = "crate::v1::check::given")]
            #[schema(value_type = Option<u32>)]
            log_limit: crate::v1::check::Given<u32>,
            /// `none` unless given; `fifo`: the next delivery is made only when the one before it has ended.
            #[serde(default, deserialize_with = "crate::v1::check::given")]
            #[schema(value_type = Option<String>)]
            order: crate::v1::check::Given<String>,
            /// Which signature headers are sent: `standard` or `none`; null = the profile's.
            #[serde(default, deserialize_with = "crate::v1::check::given")]
            #[schema(value_type = Option<String>)]
            signing: crate::v1::check::Given<String>,
        }

        impl $name {
            fn take_rules(&mut self) -> super::rules::RulesIn {
                super::rules::RulesIn {
                    name: self.name.take(),
                    method: self.method.take(),
                    content_type: self.content_type.take(),
                    body_template: self.body_template.take(),
                    retry_policy: self.retry_policy.take(),
                    success_codes: self.success_codes.take(),
                    timeout: self.timeout.take(),
                    tls: self.tls.take(),
                    filter: self.filter.take(),
                    log_limit: self.log_limit.take(),
                    order: self.order.take(),
                    signing: self.signing.take(),
                }
            }
        }
    };
}

pub(super) use with_rules;

/// Rules that are fit to be stored.
pub(super) struct VettedRules {
    pub(super) name: Option<String>,
    pub(super) change: RulesChange,
    /// Whether the client certificate stays behind because the URL leads to another host now.
    pub(super) drops_identity: bool,
}

impl RulesIn {
    /// Checks each field; `url` is where the endpoint will be.
    pub(super) fn vet(self, issues: &mut Issues, against: Against<'_>, url: &str) -> VettedRules {
        check_content_type(issues, self.content_type.as_ref());
        check_template(issues, against, self.content_type.as_ref(), self.body_template.as_ref());
        check_log_limit(issues, self.log_limit.flatten());
        let (tls, drops_identity) = tls(issues, against, url, self.tls);
        let method = |text: &str| word(issues, "method", text, Method::ALL, Method::name);
        let method = self.method.map(|given| given.as_deref().and_then(method).unwrap_or_default());
        let order = |text: &str| word(issues, "order", text, DeliveryOrder::ALL, DeliveryOrder::name);
        let order = self.order.map(|given| given.as_deref().and_then(order).unwrap_or_default());
        let signing = |text: &str| word(issues, "signing", text, Signing::ALL, Signing::name);
        let signing = self.signing.map(|given| given.as_deref().and_then(signing));
        let change = RulesChange {
            method,
            content_type: self.content_type,
            body_template: self.body_template,
            retry: self.retry_policy.map(|given| given.and_then(|policy| policy.vet(issues))),
            success: self.success_codes.map(|given| given.and_then(|codes| success(issues, &codes))),
            timeout: self.timeout.map(|given| given.and_then(|text| timeout(issues, &text))),
            tls,
            filter: self
                .filter
                .map(|given| given.and_then(|text| check::filter(issues, text.get())).map(Arc::new)),
            log_limit: self.log_limit,
            order,
            signing,
        };
        VettedRules { name: self.name.map(|given| name(issues, given)), change, drops_identity }
    }
}

fn name(issues: &mut Issues, given: Option<String>) -> String {
    let name = given.unwrap_or_default();
    if name.len() > ENDPOINT_NAME_BYTES_MAX {
        issues.add(&["body", "name"], format!("may have at most {ENDPOINT_NAME_BYTES_MAX} bytes"));
    }
    name
}

/// One of a few words.
fn word<T: Copy>(
    issues: &mut Issues,
    field: &str,
    text: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Option<T> {
    let found = all.iter().copied().find(|one| name(*one) == text);
    let names = || all.iter().map(|one| name(*one)).collect::<Vec<_>>().join(", ");
    issues.take(&["body", field], found.ok_or_else(|| format!("must be one of {}", names())))
}

fn check_content_type(issues: &mut Issues, given: Option<&Option<String>>) {
    if let Some(Some(text)) = given {
        issues.take(&["body", "contentType"], header::check_content_type(text));
    }
}

/// Compiles the template if it or what its values are escaped for is another one now.
fn check_template(
    issues: &mut Issues,
    against: Against<'_>,
    content_type: Option<&Option<String>>,
    template: Option<&Option<String>>,
) {
    let stored = against.stored.map(|stored| &stored.rules);
    let source = match (template, content_type) {
        (Some(given), _) => given.as_deref(),
        (None, Some(_)) => stored.and_then(|rules| rules.body_template.as_deref()),
        (None, None) => None,
    };
    let Some(source) = source else { return };
    let content_type = match content_type {
        Some(given) => given.as_deref(),
        None => stored.and_then(|rules| rules.content_type.as_deref()),
    };
    let escape = Escape::of_content_type(content_type.unwrap_or(&against.profile.content_type));
    issues.take(&["body", "bodyTemplate"], Template::compile(source, escape));
}

fn success(issues: &mut Issues, codes: &[Code]) -> Option<StatusSet> {
    let parsed = StatusSet::parse(texts(codes).iter().map(String::as_str));
    issues.take(&["body", "successCodes"], parsed)
}

fn timeout(issues: &mut Issues, text: &str) -> Option<Duration> {
    let at = ["body", "timeout"];
    let timeout = issues.take(&at, span::parse(text))?;
    if timeout < Duration::from_millis(1) || timeout > TIMEOUT_MAX {
        issues.add(&at, format!("must lie between 1ms and {}", span::format(TIMEOUT_MAX)));
    }
    Some(timeout)
}

fn check_log_limit(issues: &mut Issues, limit: Option<u32>) {
    if limit.is_some_and(|limit| !(1..=LOG_LIMIT_MAX).contains(&limit)) {
        issues.add(&["body", "logLimit"], format!("must lie between 1 and {LOG_LIMIT_MAX}"));
    }
}

/// The new TLS settings, and whether a client certificate stays behind.
///
/// A move to another host always says what they are then, so that no certificate that is set in between goes along.
fn tls(
    issues: &mut Issues,
    against: Against<'_>,
    url: &str,
    given: Given<EndpointTls>,
) -> (Given<Tls>, bool) {
    let stays = |stored: &&hookwire_core::Endpoint| same_origin(&stored.url, url);
    let had = against.stored.and_then(|stored| stored.rules.tls.as_ref());
    let kept = against.stored.filter(stays).and(had);
    match given {
        Some(given) => (Some(given.and_then(|given| given.vet(issues, against.api, kept))), false),
        None if against.stored.is_none_or(|stored| stays(&stored)) => (None, false),
        None => {
            let drops = had.is_some_and(|tls| tls.client_key_pem.is_some());
            (Some(had.and_then(tls::without_identity)), drops)
        }
    }
}
