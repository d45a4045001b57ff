//! `Queue` and `Ingest`: the hot verbs go to the writer as they are.

use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;
use hookwire_core::id::Key;
use hookwire_core::{AppKey, EndpointKey, MessageKey, Reference, Timestamp};
use hookwire_store::dispatch::Dispatch;
use hookwire_store::ingest::{Begun, Ingested, NewMessage, RequestId, SavedAnswer};
use hookwire_store::queue::{ClaimRequest, Claimed, Depth, Lane, Resend, Settled, Settlement};
use hookwire_store::{Ingest, Queue, Result};
use rusqlite::params;

use crate::SqliteStore;
use crate::fault::Done;
use crate::reader::Reading;
use crate::row::{key, one, time};
use crate::sql::{catalog, queue as sql};
use crate::upkeep::orphan;
use crate::writer::ingest::{Incoming, Taken};
use crate::writer::operation::Operation;
use crate::writer::{request, resend};

/// Times that it is found out beside the writer who wants a message, should the app's endpoints change all the time.
const CHOICES_MAX: usize = 3;

#[async_trait]
impl Ingest for SqliteStore {
    async fn ingest(&self, message: NewMessage) -> Result<Ingested> {
        let mut incoming = Incoming::new(message);
        let mut choices = 0;
        loop {
            let undecided = match self.writer.ask(incoming, Operation::Ingest).await? {
                Taken::Done(ingested) => return Ok(ingested),
                Taken::Undecided(undecided) => undecided,
            };
            choices += 1;
            incoming = self.chooser.choose(undecided, choices >= CHOICES_MAX).await?;
        }
    }

    async fn begin_request(&self, request: RequestId, now: Timestamp) -> Result<Begun> {
        self.writer.write(move |work| request::begin(work, &request, now)).await
    }

    async fn finish_request(
        &self,
        request: RequestId,
        answer: Option<SavedAnswer>,
        now: Timestamp,
    ) -> Result<()> {
        self.writer.write(move |work| request::finish(work, &request, answer.as_ref(), now)).await
    }
}

#[async_trait]
impl Queue for SqliteStore {
    fn attach(&self, dispatch: Arc<dyn Dispatch>) {
        *self.shared.dispatch.write().expect("nobody panics with this lock") = Some(dispatch);
        orphan::start(self);
    }

    fn detach(&self) {
        *self.shared.dispatch.write().expect("nobody panics with this lock") = None;
    }

    async fn claim(&self, request: ClaimRequest) -> Result<Claimed> {
        self.writer.ask(request, Operation::Claim).await
    }

    async fn settle(&self, settlements: Vec<Settlement>, now: Timestamp) -> Result<Vec<Settled>> {
        self.writer.ask((settlements, now), Operation::Settle).await
    }

    async fn lanes(&self, after: Option<EndpointKey>, limit: u32) -> Result<Vec<Lane>> {
        self.readers.read(move |reading| lanes(reading, after, limit as usize)).await
    }

    async fn resend(
        &self,
        app: AppKey,
        message: &Reference<MessageKey>,
        endpoint: &Reference<EndpointKey>,
        now: Timestamp,
    ) -> Result<Resend> {
        let (message, endpoint) = (message.clone(), endpoint.clone());
        self.writer.write(move |work| resend::resend(work, app, &message, &endpoint, now)).await
    }

    async fn depth(&self) -> Result<Depth> {
        let leased = self.shared.leases.lock().expect("nobody panics with this lock").total();
        let queued = self.readers.read(|reading| {
            Ok(one(reading.db, sql::DEPTH, [], |row| Ok(row.get::<_, i64>(0)?))?.unwrap_or(0).unsigned_abs())
        });
        Ok(Depth { pending: queued.await? + leased })
    }
}

/// Endpoints with unsettled deliveries. The index is skipped through from endpoint to endpoint, so the cost goes by
/// endpoints, not by deliveries.
fn lanes(reading: &Reading<'_>, after: Option<EndpointKey>, limit: usize) -> Done<Vec<Lane>> {
    let mut found = std::collections::BTreeMap::new();
    let mut last = after.map_or(i64::MIN, EndpointKey::raw);
    while found.len() < limit {
        let lane = one(reading.db, sql::LANE_FIRST, [last], |row| {
            Ok(Lane { endpoint: key(row, 0)?, next_due: time(row, 1)? })
        })?;
        let Some(lane) = lane else { break };
        last = lane.endpoint.raw();
        if is_open(reading, lane.endpoint)? {
            let next_due = head_due(reading, lane.endpoint)?.unwrap_or(lane.next_due);
            found.insert(lane.endpoint, next_due);
        }
    }
    let leased = {
        let from = after.unwrap_or_else(|| EndpointKey::from_raw(0));
        reading.shared.leases.lock().expect("nobody panics with this lock").lanes(from)
    };
    for lane in leased {
        if found.contains_key(&lane.endpoint) || !may_still_enter(&found, lane.endpoint, limit) {
            continue;
        }
        if is_open(reading, lane.endpoint)? {
            found.insert(lane.endpoint, lane.next_due);
        }
    }
    Ok(found.into_iter().take(limit).map(|(endpoint, next_due)| Lane { endpoint, next_due }).collect())
}

/// When the head of a first-in-first-out endpoint, if it has one, is due, or its lease ends: it goes before all others.
fn head_due(reading: &Reading<'_>, endpoint: EndpointKey) -> Done<Option<Timestamp>> {
    one(reading.db, sql::FIFO_HEAD, [endpoint.raw()], |row| {
        let is_leased = row.get::<_, i64>(2)?.abs() == reading.shared.epoch;
        time(row, if is_leased { 3 } else { 1 })
    })
}

/// Whether `endpoint` belongs on a page that is cut to `limit`.
fn may_still_enter(
    found: &std::collections::BTreeMap<EndpointKey, Timestamp>,
    endpoint: EndpointKey,
    limit: usize,
) -> bool {
    let below = found.range((Bound::Unbounded, Bound::Excluded(endpoint)));
    found.len() < limit || below.count() < limit
}

fn is_open(reading: &Reading<'_>, endpoint: EndpointKey) -> Done<bool> {
    let state = one(reading.db, catalog::ENDPOINT_STATE, params![endpoint.raw()], |row| {
        Ok(!row.get::<_, bool>(0)? && !row.get::<_, bool>(1)?)
    })?;
    Ok(state.unwrap_or(false))
}
