//! What the API is made of: the store and everything else that its handlers are handed.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hookwire_core::address::AddressPolicy;
use hookwire_core::rules::Tls;
use hookwire_core::trigger::Outgoing;
use hookwire_core::{Clock, ErrorClass, InvocationKey, KeyMint, Profiles, Secret, Timestamp, Trigger};
use hookwire_store::{SharedStore, Vault};
use tokio::sync::Semaphore;

use crate::Settings;
use crate::guesses::Guesses;
use crate::problem::Problem;
use crate::schema::Schemas;
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
    /// The profiles that orgs can choose.
    pub profiles: Arc<Profiles>,
    /// Makes the calls of triggers.
    pub invoker: Arc<dyn Invoker>,
    /// Whether connections can be made with these certificates and keys; the reason if not.
    pub check_tls: fn(&Tls) -> Result<(), String>,
    /// Schemas of triggers, compiled.
    pub schemas: Arc<Schemas>,
    /// Whether the server can do its work.
    pub health: Arc<dyn HealthProbe>,
    /// Told of every answer.
    pub metrics: Arc<dyn ApiMetrics>,
    /// Fills a buffer with random bytes fit for secrets.
    pub random: fn(&mut [u8]),
    /// Seals what a browser carries from a page to the next.
    pub vault: Vault,
}

/// The address that a request's connection comes from. The server puts it into the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

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
    /// The node that answers.
    pub node: NodeHealth,
}

/// What a node is there for, and how far behind it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeHealth {
    /// Its `server.role`.
    pub role: &'static str,
    /// How long the delivery that waits longest for its turn has been due; `None` on a node that delivers nothing.
    pub lag: Option<Duration>,
}

/// The state of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartHealth {
    /// The part's name, as the body's key.
    pub name: &'static str,
    /// `Err` holds the reason, in words that may be shown to anybody.
    pub state: Result<(), String>,
}

/// Makes the calls of triggers, and writes their records.
#[async_trait]
pub trait Invoker: Send + Sync {
    /// Makes this call and those that follow it. The record of each is written before the answer.
    async fn invoke(
        &self,
        trigger: Trigger,
        outgoing: Outgoing,
        caller: String,
    ) -> Result<Invoked, InvokeError>;
}

/// What came of an invocation: the reference of its first call, and the answer to its last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoked {
    /// The record of the first call.
    pub reference: InvocationKey,
    /// The answer's status; 0 = there was none.
    pub status: u16,
    /// Whether it counts as success.
    pub succeeded: bool,
    /// The answer's `Content-Type`.
    pub content_type: Option<String>,
    /// The answer's body; empty when there was none.
    pub body: Bytes,
    /// Whether the body was longer than this.
    pub truncated: bool,
    /// The class of the failure.
    pub error: Option<ErrorClass>,
}

/// Why nothing was invoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvokeError {
    /// Too many invocations are under way.
    TooMany,
    /// A fault of ours, for the log.
    Failed(String),
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

/// How many templates and filters are tried at the same time.
const TRIALS_MAX: usize = 2;

/// The handlers' state: the parts, shared.
#[derive(Clone)]
pub(crate) struct Api {
    parts: Arc<ApiParts>,
    trials: Arc<Semaphore>,
    guesses: Arc<Guesses>,
}

impl Api {
    pub(crate) fn new(parts: ApiParts) -> Self {
        let trials = Arc::new(Semaphore::new(TRIALS_MAX));
        Self { parts: Arc::new(parts), trials, guesses: Arc::new(Guesses::default()) }
    }

    /// Does work whose length depends on what a client wrote: on a thread of its own, and never much at the same time.
    pub(crate) async fn trial<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = Arc::clone(&self.trials).acquire_owned().await;
        let turn = turn.expect("nothing closes the semaphore");
        // The turn ends with the work, also when the client has gone.
        let worked = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        worked.await.map_err(|error| Problem::internal(&error))?
    }

    /// Wrong secrets and codes of late.
    pub(crate) fn guesses(&self) -> &Guesses {
        &self.guesses
    }

    /// Something that nobody can guess: the prefix and 32 random bytes in base64url.
    pub(crate) fn fresh_token(&self, prefix: &str) -> String {
        let mut bytes = [0; 32];
        (self.parts.random)(&mut bytes);
        format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// A fresh signing secret.
    pub(crate) fn fresh_secret(&self) -> Secret {
        let mut bytes = [0; hookwire_core::secret::GENERATED_BYTES];
        (self.parts.random)(&mut bytes);
        Secret::from_random(bytes)
    }
}

impl std::ops::Deref for Api {
    type Target = ApiParts;

    fn deref(&self) -> &ApiParts {
        &self.parts
    }
}
