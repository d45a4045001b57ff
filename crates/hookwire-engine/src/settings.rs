//! How to deliver, how to call triggers, and how long to keep what was delivered. The binary reads these from the configuration.

use std::time::Duration;

use hookwire_core::retry::RetryPolicy;
use hookwire_core::signature::HeaderNames;

/// How to deliver.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The schedule of retries, unless endpoint or profile have their own.
    pub retry: RetryPolicy,
    /// Deadline of one attempt, from name resolution to the end of the answer, unless endpoint or profile have their own.
    pub timeout: Duration,
    /// Names of the signature headers.
    pub header_names: HeaderNames,
    /// The `User-Agent` sent.
    pub user_agent: String,
    /// Whether `http://` endpoints are refused, also those of orgs whose profile allows them.
    pub https_only: bool,
    /// Attempts under way at once, over all endpoints.
    pub permits: usize,
    /// Attempts under way at once to one endpoint.
    pub lane_permits: usize,
    /// Deliveries held in memory, under way or waiting for their turn.
    pub held_max: usize,
    /// Bytes of payload held in memory.
    pub held_bytes_max: usize,
    /// How long a claimed delivery is ours; at least as long as the longest attempt needs.
    pub lease: Duration,
    /// How long a stop waits for attempts under way.
    pub drain_limit: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            retry: RetryPolicy::default(),
            timeout: Duration::from_secs(15),
            header_names: HeaderNames::Webhook,
            user_agent: concat!("Hookwire/", env!("CARGO_PKG_VERSION")).to_owned(),
            https_only: false,
            permits: 4_096,
            lane_permits: 128,
            held_max: 16_384,
            held_bytes_max: 64 << 20,
            lease: Duration::from_mins(15),
            drain_limit: Duration::from_secs(20),
        }
    }
}

/// How to make the calls of triggers.
#[derive(Debug, Clone)]
pub struct InvokerSettings {
    /// Deadline of one call, unless its trigger has its own.
    pub timeout: Duration,
    /// Deadline of a call and all that follow it.
    pub chain_timeout: Duration,
    /// The `User-Agent` sent.
    pub user_agent: String,
    /// Whether `http://` URLs are refused.
    pub https_only: bool,
    /// Invocations under way at once, over all apps.
    pub permits: usize,
    /// Invocations under way at once of one app.
    pub app_permits: usize,
}

impl Default for InvokerSettings {
    fn default() -> Self {
        let Settings { timeout, user_agent, https_only, .. } = Settings::default();
        let chain_timeout = Duration::from_mins(2);
        Self { timeout, chain_timeout, user_agent, https_only, permits: 512, app_permits: 64 }
    }
}

/// How long to keep what was delivered.
#[derive(Debug, Clone)]
pub struct RetentionSettings {
    /// Attempts and records of invocations are removed after this.
    pub attempts: Duration,
    /// Messages are removed after this, with all that belongs to them.
    pub messages: Duration,
    /// Pause between two looks at what may be removed.
    pub interval: Duration,
    /// Rows of each kind removed in one step; also deliveries, where logs are cut to their limits.
    pub step: u32,
}

impl Default for RetentionSettings {
    fn default() -> Self {
        let ninety_days = Duration::from_hours(90 * 24);
        Self { attempts: ninety_days, messages: ninety_days, interval: Duration::from_secs(10), step: 500 }
    }
}
