//! A retry policy on the wire, of an endpoint or a profile.

use std::time::Duration;

use hookwire_core::limits::{RETRIES_MAX, RETRY_DELAY_MAX};
use hookwire_core::retry::{self, RetryOn};
use hookwire_core::span;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::code::{Code, texts};
use crate::problem::Issues;

/// When to try again.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RetryPolicy {
    /// The wait before each retry, such as `5s` or `2h`: up to 30 of at most 7 days. An empty list = one attempt only.
    delays: Vec<String>,
    /// The share by which a delay may be shorter or longer, from 0 to 1; 0.2 unless given.
    jitter: Option<f64>,
    /// Which failures are tried again: `network`, `timeout`, `4xx`, `429` and their like. Null = all of them.
    retry_on: Option<Vec<Code>>,
}

impl RetryPolicy {
    /// Checks each part.
    pub(super) fn vet(self, issues: &mut Issues) -> Option<retry::RetryPolicy> {
        let delays = delays(issues, &self.delays);
        let jitter = self.jitter.unwrap_or(retry::RetryPolicy::default().jitter);
        if !(0.0..=1.0).contains(&jitter) {
            issues.add(&["body", "retryPolicy", "jitter"], "must lie between 0 and 1");
        }
        let retry_on = match self.retry_on {
            Some(codes) => {
                let parsed = RetryOn::parse(texts(&codes).iter().map(String::as_str));
                issues.take(&["body", "retryPolicy", "retryOn"], parsed)?
            }
            None => RetryOn::default(),
        };
        Some(retry::RetryPolicy { delays, jitter, retry_on })
    }
}

fn delays(issues: &mut Issues, texts: &[String]) -> Vec<Duration> {
    if texts.len() > RETRIES_MAX {
        issues.add(&["body", "retryPolicy", "delays"], format!("may have at most {RETRIES_MAX} items"));
        return Vec::new();
    }
    let delay = |(index, text): (usize, &String)| {
        let index = format!("[{index}]");
        let at = ["body", "retryPolicy", "delays", index.as_str()];
        let delay = issues.take(&at, span::parse(text))?;
        if delay > RETRY_DELAY_MAX {
            issues.add(&at, format!("may be at most {}", span::format(RETRY_DELAY_MAX)));
        }
        Some(delay)
    };
    texts.iter().enumerate().filter_map(delay).collect()
}

impl From<&retry::RetryPolicy> for RetryPolicy {
    fn from(policy: &retry::RetryPolicy) -> Self {
        let retry_on = policy.retry_on.entries();
        Self {
            delays: policy.delays.iter().map(|delay| span::format(*delay)).collect(),
            jitter: Some(policy.jitter),
            retry_on: retry_on.map(|entries| entries.into_iter().map(Code::Text).collect()),
        }
    }
}
