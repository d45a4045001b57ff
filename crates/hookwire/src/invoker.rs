//! Hands the API's invocations to the engine's invoker.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hookwire_api::{InvokeError, Invoked, Schemas};
use hookwire_core::rules::Tls;
use hookwire_core::trigger::Outgoing;
use hookwire_core::{Clock, KeyMint, Trigger};
use hookwire_engine::{InvokerParts, InvokerSettings};
use hookwire_outbound::Client;
use hookwire_store::SharedStore;

use crate::config::Config;

/// The engine's invoker, as the API knows it.
pub(crate) struct Invoker(hookwire_engine::Invoker);

impl Invoker {
    /// An invoker by this configuration.
    pub(crate) fn new(
        config: &Config,
        client: Client,
        store: &SharedStore,
        clock: &Arc<dyn Clock>,
        mint: &Arc<KeyMint>,
        schemas: &Arc<Schemas>,
    ) -> Self {
        let (schemas, depth_max) = (Arc::clone(schemas), config.api.json_depth_max);
        Self(hookwire_engine::Invoker::new(InvokerParts {
            store: store.clone(),
            client,
            clock: Arc::clone(clock),
            mint: Arc::clone(mint),
            check_schema: Arc::new(move |schema, body| schemas.check(schema, body, depth_max)),
            settings: InvokerSettings {
                timeout: config.delivery.timeout.0,
                https_only: config.delivery.https_only,
                ..InvokerSettings::default()
            },
        }))
    }

    /// Waits until invocations whose clients hung up have their records; answers how many did not end in time.
    pub(crate) async fn drain(&self, limit: Duration) -> usize {
        self.0.drain(limit).await
    }
}

#[async_trait]
impl hookwire_api::Invoker for Invoker {
    async fn invoke(
        &self,
        trigger: Trigger,
        outgoing: Outgoing,
        caller: String,
    ) -> Result<Invoked, InvokeError> {
        let invoked = self.0.invoke(trigger, outgoing, caller).await.map_err(|error| match error {
            hookwire_engine::InvokeError::TooMany => InvokeError::TooMany,
            hookwire_engine::InvokeError::Failed(reason) => InvokeError::Failed(reason),
        })?;
        let hookwire_engine::Invoked { reference, status, succeeded, content_type, body, truncated, error } =
            invoked;
        Ok(Invoked { reference, status, succeeded, content_type, body, truncated, error })
    }
}

/// Whether these TLS settings can be used; if not, why.
pub(crate) fn check_tls(tls: &Tls) -> Result<(), String> {
    hookwire_outbound::check_tls(tls).map_err(|problem| problem.to_string())
}
