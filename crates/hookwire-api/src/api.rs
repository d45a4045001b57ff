//! What the API is made of: the store and everything else that its handlers are handed.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hookwire_core::address::AddressPolicy;
use hookwire_core::{Clock, KeyMint, Secret, Timestamp};
use hookwire_store::SharedStore;

use crate::Settings;
use crate::token::{TokenIssuer, TokenVerifier};

/// Everything that the API needs.
pub struct ApiParts {
    /// Where everything durable lives.
    pub store: SharedStore,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Makes message keys.
    pub mint: Arc<KeyMint>,
    /// Checks bearer tokens.
    pub tokens: TokenVerifier,
    /// Signs app tokens; `None` when only a public key is configured.
    pub issuer: Option<TokenIssuer>,
    /// Which addresses an endpoint's URL may name.
    pub address_policy: AddressPolicy,
    /// Whether `http://` URLs are refused.
    pub https_only: bool,
    /// What operators set.
    pub settings: Settings,
    /// Whether the server can do its work.
    pub health: Arc<dyn HealthProbe>,
    /// Told of every answer.
    pub metrics: Arc<dyn ApiMetrics>,
    /// Fills a buffer with random bytes fit for secrets.
    pub random: fn(&mut [u8]),
}

/// Whether the server can do its work.
#[async_trait]
pub trait HealthProbe: Send + Sync {
    /// Looks at each part. Must answer within a few seconds, whatever hangs.
    async fn check(&self) -> HealthReport;
}

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthReport {
    /// Whether requests can be served.
    pub ready: bool,
    /// Each part that was looked at, for example `database`.
    pub parts: Vec<PartHealth>,
}

/// The state of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartHealth {
    /// The part's name, as the body's key.
    pub name: &'static str,
    /// `Err` holds the reason, in words that may be shown to anybody.
    pub state: Result<(), String>,
}

/// Counts answers.
pub trait ApiMetrics: Send + Sync {
    /// The operation (its id in the OpenAPI document) was answered with this status after that time.
    fn answered(&self, operation: &'static str, status: u16, took: Duration);
}

/// Counts nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMetrics;

impl ApiMetrics for NoMetrics {
    fn answered(&self, _: &'static str, _: u16, _: Duration) {}
}

/// The handlers' state: the parts, shared.
#[derive(Clone)]
pub(crate) struct Api(Arc<ApiParts>);

impl Api {
    pub(crate) fn new(parts: ApiParts) -> Self {
        Self(Arc::new(parts))
    }

    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// A fresh signing secret.
    pub(crate) fn fresh_secret(&self) -> Secret {
        let mut bytes = [0; hookwire_core::secret::GENERATED_BYTES];
        (self.0.random)(&mut bytes);
        Secret::from_random(bytes)
    }
}

impl std::ops::Deref for Api {
    type Target = ApiParts;

    fn deref(&self) -> &ApiParts {
        &self.0
    }
}
