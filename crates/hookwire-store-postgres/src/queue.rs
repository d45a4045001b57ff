//! `Queue`: claims, settlements, lanes, resends.

pub(crate) mod claim;
pub(crate) mod deliver;
pub(crate) mod fifo;
pub(crate) mod health;
pub(crate) mod lanes;
pub(crate) mod notice;
pub(crate) mod resend;
pub(crate) mod settle;
pub(crate) mod throttle;
pub(crate) mod vacuum;

use std::sync::Arc;

use async_trait::async_trait;
use hookwire_core::{AppKey, EndpointKey, MessageKey, Reference, Timestamp};
use hookwire_store::dispatch::Dispatch;
use hookwire_store::queue::{ClaimRequest, Claimed, Depth, Lane, Resend, Settled, Settlement};
use hookwire_store::{Queue, Result};

use crate::PostgresStore;
use crate::catalog::read;
use crate::connection::params;
use crate::fault::Fault;
use crate::row::count;
use crate::sql::queue as sql;
use crate::work::{Work, answered, to_its_end};

#[async_trait]
impl Queue for PostgresStore {
    fn attach(&self, dispatch: Arc<dyn Dispatch>) {
        *self.shared.dispatch.write().expect("nobody panics with this lock") = Some(Arc::clone(&dispatch));
        let early = std::mem::take(&mut *self.shared.early.lock().expect("nobody panics with this lock"));
        for (endpoint, due) in early {
            dispatch.waiting(endpoint, due);
        }
        self.calls.look.notify_one();
    }

    fn detach(&self) {
        *self.shared.dispatch.write().expect("nobody panics with this lock") = None;
    }

    async fn claim(&self, request: ClaimRequest) -> Result<Claimed> {
        let shared = Arc::clone(&self.shared);
        to_its_end(async move { claim::claim(&shared, &request).await.map_err(Fault::into_error) }).await
    }

    async fn settle(&self, settlements: Vec<Settlement>, now: Timestamp) -> Result<Vec<Settled>> {
        self.writers.settle(settlements, now).await
    }

    fn leases_hold(&self) -> bool {
        // Others wait longer than that before they take over.
        self.shared.pulse.is_within(self.shared.settings.silence_max.mul_f64(0.75))
    }

    async fn lanes(&self, after: Option<EndpointKey>, limit: u32) -> Result<Vec<Lane>> {
        read!(self, link => lanes::lanes(&self.shared, &link, after, limit as usize))
    }

    async fn resend(
        &self,
        app: AppKey,
        message: &Reference<MessageKey>,
        endpoint: &Reference<EndpointKey>,
        now: Timestamp,
    ) -> Result<Resend> {
        let (shared, message, endpoint) = (Arc::clone(&self.shared), message.clone(), endpoint.clone());
        answered(&self.shared, async move {
            let mut work = Work::begin(&shared).await?;
            let outcome = resend::resend(&mut work, app, &message, &endpoint, now).await;
            work.end(outcome).await
        })
        .await
    }

    async fn depth(&self) -> Result<Depth> {
        read!(self, link => async {
            let row = link.one(sql::DEPTH, params![]).await?;
            Ok(Depth { pending: row.map_or(Ok(0), |row| count(&row, 0))? })
        })
    }
}
