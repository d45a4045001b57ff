//! The rules in an endpoint's row: what anybody may see goes into `config`, what may hold a credential is sealed.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::Filter;
use hookwire_core::retry::{RetryOn, RetryPolicy};
use hookwire_core::rules::{DeliveryOrder, Method, Rules, Signing, Tls};
use hookwire_core::status::StatusSet;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Damaged, Done};

/// The form of the rules in the `config` column. What is absent is as it is unless somebody chooses.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PlainRules {
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry: Option<PlainRetry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    success: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_limit: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing: Option<String>,
}

#[derive(PartialEq, Serialize, Deserialize)]
struct PlainRetry {
    delays_us: Vec<u64>,
    jitter: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_on: Option<Vec<String>>,
}

/// The form of the rules in the `sealed` column, once opened.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SealedRules {
    #[serde(skip_serializing_if = "Option::is_none")]
    body_template: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<SealedTls>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct SealedTls {
    #[serde(skip_serializing_if = "Option::is_none")]
    ca_pem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_cert_pem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_key_pem: Option<Zeroizing<String>>,
}

impl PlainRules {
    pub(super) fn of(rules: &Rules) -> Self {
        Self {
            method: word(rules.method, Method::name),
            content_type: rules.content_type.clone(),
            retry: rules.retry.as_ref().map(|retry| PlainRetry {
                delays_us: retry.delays.iter().copied().map(micros).collect(),
                jitter: retry.jitter,
                retry_on: retry.retry_on.entries(),
            }),
            success: rules.success.as_ref().map(|statuses| statuses.entries().collect()),
            timeout_us: rules.timeout.map(micros),
            filter: rules.filter.as_ref().map(|filter| filter.source().to_owned()),
            log_limit: rules.log_limit,
            order: word(rules.order, DeliveryOrder::name),
            signing: rules.signing.map(|signing| signing.name().to_owned()),
        }
    }

    pub(super) fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// The rules that were stored in these two parts.
    pub(super) fn with(self, sealed: SealedRules) -> Done<Rules> {
        Ok(Rules {
            method: named(self.method, Method::from_name)?.unwrap_or_default(),
            content_type: self.content_type,
            body_template: sealed.body_template,
            retry: self.retry.map(PlainRetry::policy).transpose()?,
            success: self.success.map(|entries| parsed(StatusSet::parse(texts(&entries)))).transpose()?,
            timeout: self.timeout_us.map(Duration::from_micros),
            tls: sealed.tls.map(|SealedTls { ca_pem, client_cert_pem, client_key_pem }| Tls {
                ca_pem,
                client_cert_pem,
                client_key_pem,
            }),
            filter: self.filter.map(|source| parsed(Filter::compile(&source)).map(Arc::new)).transpose()?,
            log_limit: self.log_limit,
            order: named(self.order, DeliveryOrder::from_name)?.unwrap_or_default(),
            signing: named(self.signing, Signing::from_name)?,
        })
    }
}

impl PlainRetry {
    fn policy(self) -> Done<RetryPolicy> {
        let retry_on = self.retry_on.map(|entries| parsed(RetryOn::parse(texts(&entries)))).transpose()?;
        Ok(RetryPolicy {
            delays: self.delays_us.into_iter().map(Duration::from_micros).collect(),
            jitter: self.jitter,
            retry_on: retry_on.unwrap_or_default(),
        })
    }
}

impl SealedRules {
    pub(super) fn of(rules: &Rules) -> Self {
        let tls = rules.tls.clone().map(|Tls { ca_pem, client_cert_pem, client_key_pem }| SealedTls {
            ca_pem,
            client_cert_pem,
            client_key_pem,
        });
        Self { body_template: rules.body_template.clone(), tls }
    }
}

/// The name of what is not as usual.
fn word<T: Default + PartialEq + Copy>(value: T, name: fn(T) -> &'static str) -> Option<String> {
    (value != T::default()).then(|| name(value).to_owned())
}

fn named<T>(word: Option<String>, from_name: fn(&str) -> Option<T>) -> Done<Option<T>> {
    let read = |word: String| from_name(&word).ok_or_else(|| Damaged(format!("a rule says {word}")));
    word.map(read).transpose()
}

fn parsed<T, E: std::fmt::Display>(found: Result<T, E>) -> Done<T> {
    found.map_err(|error| Damaged(format!("a stored rule {error}")))
}

fn texts(entries: &[String]) -> impl Iterator<Item = &str> {
    entries.iter().map(String::as_str)
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
