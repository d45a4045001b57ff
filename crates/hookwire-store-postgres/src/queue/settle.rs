//! `settle`: writes what came of deliveries.
//!
//! Deliveries to healthy endpoints, most of all, need one statement and one round trip. As soon as a batch holds something
//! with consequences (a failure, an order, a notice) all of it takes the longer way, in one transaction.

mod columns;
mod consequences;
mod well;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use hookwire_core::id::Key;
use hookwire_core::{DeliveryState, MessageKey, Timestamp, Transition, TriggerType, Verdict};
use hookwire_store::lease::LeaseChange;
use hookwire_store::queue::{Settled, Settlement};
use hookwire_store::touched::has_limit;

use super::{fifo, vacuum};
use crate::effects::Effects;
use crate::fault::{Done, Fault};
use crate::shared::Shared;
use crate::sql::queue as sql;
use crate::work::{SLOT_BITS, Work};
use crate::writers::{OwnLink, Settling};
use well::Well;

/// Times that a transaction is tried again because another was in its way.
const TRIES: usize = 4;

/// A settlement, and the time at which it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct One<'a> {
    pub(super) settlement: &'a Settlement,
    pub(super) now: Timestamp,
}

fn flat<'a>(operations: &'a [&'a Settling]) -> Vec<One<'a>> {
    let mut all = Vec::new();
    for (settlements, now) in operations.iter().map(|asked| &asked.input) {
        all.extend(settlements.iter().map(|settlement| One { settlement, now: *now }));
    }
    all
}

/// What a delivery's row will say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Final(DeliveryState),
    Waiting { attempts: u32, due: Timestamp, trigger: TriggerType, resume_at: Option<Timestamp> },
}

/// What the transition makes of the delivery. Of one whose endpoint is gone nothing more will be tried.
fn next(settlement: &Settlement, has_endpoint: bool) -> Next {
    let delivery = &settlement.delivery;
    match settlement.transition {
        Transition::Delivered => Next::Final(DeliveryState::Delivered),
        Transition::Exhausted => Next::Final(DeliveryState::Exhausted),
        Transition::Canceled => Next::Final(DeliveryState::Canceled),
        Transition::RetryAt(_) | Transition::Released(_) if !has_endpoint => {
            Next::Final(DeliveryState::Canceled)
        }
        Transition::RetryAt(due) => {
            let attempts = delivery.attempts + u32::from(delivery.resume_at.is_none());
            Next::Waiting { attempts, due, trigger: TriggerType::Scheduled, resume_at: None }
        }
        Transition::Released(due) => Next::Waiting {
            attempts: delivery.attempts,
            due,
            trigger: delivery.trigger,
            resume_at: delivery.resume_at,
        },
    }
}

/// Settles batches, on a connection of its own.
pub(crate) struct Settler {
    shared: Arc<Shared>,
    link: OwnLink,
    slot: usize,
}

impl Settler {
    /// The settler of that slot, which no other of the node has.
    pub(crate) fn new(shared: Arc<Shared>, slot: usize) -> Self {
        let link = OwnLink::new(Arc::clone(&shared), &[sql::SETTLE_WELL, sql::SETTLE_WELL_KEPT]);
        Self { shared, link, slot }
    }

    /// Writes a batch and answers everybody. When it is refused, each operation is tried alone, so that one that can't be
    /// written takes no other with it.
    pub(crate) async fn carry_out(&mut self, batch: Vec<Settling>) {
        let all: Vec<&Settling> = batch.iter().collect();
        match self.write(&all).await {
            Ok(settled) => {
                let mut settled = settled.into_iter();
                for asked in batch {
                    let count = asked.input.0.len();
                    asked.answer(Ok(settled.by_ref().take(count).collect()));
                }
            }
            Err(fault) if batch.len() > 1 && !fault.leaves_doubt() => {
                for asked in batch {
                    let settled = self.write(&[&asked]).await;
                    asked.answer(settled.map_err(Fault::into_error));
                }
            }
            Err(fault) => {
                let error = fault.into_error();
                for asked in batch {
                    asked.answer(Err(error.clone()));
                }
            }
        }
    }

    async fn write(&mut self, operations: &[&Settling]) -> Done<Vec<Settled>> {
        let all = &flat(operations)[..];
        let mut tries = 0;
        loop {
            let started = Instant::now();
            let is_plain = all.iter().all(|one| self.is_plain(one.settlement));
            let written = if is_plain { self.at_once(all).await } else { Ok(None) };
            let written = match written {
                Ok(None) => self.step_by_step(all).await,
                Ok(Some(settled)) => Ok(settled),
                Err(fault) => Err(fault),
            };
            match written {
                Ok(settled) => {
                    let stale = self.forget_stale(all, &settled);
                    self.shared.counters.stale.fetch_add(stale, Ordering::Relaxed);
                    self.shared.counters.committed(operations.len(), started.elapsed());
                    vacuum::settled(&self.shared, settled.len());
                    return Ok(settled);
                }
                Err(fault) if fault.is_passing() && tries < TRIES => tries += 1,
                // The attempts' day may not be there yet.
                Err(fault) if fault.lacks_partition() && tries < TRIES => {
                    tries += 1;
                    self.shared.days.forget_all();
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    /// What is stale is not leased by this claim any more, perhaps since an earlier write of the same whose answer was
    /// lost. Answers how many are.
    fn forget_stale(&self, all: &[One<'_>], settled: &[Settled]) -> u64 {
        let stale = all.iter().zip(settled).filter(|(_, settled)| **settled == Settled::Stale);
        let stale: Vec<_> = stale.map(|(one, _)| &one.settlement.delivery).collect();
        if !stale.is_empty() {
            let mut leases = self.shared.leases();
            for delivery in &stale {
                leases.lost(delivery.endpoint, delivery.message, delivery.lease_until);
            }
        }
        stale.len() as u64
    }

    /// Whether nothing follows from it: a first attempt that succeeded, to an endpoint without order.
    fn is_plain(&self, settlement: &Settlement) -> bool {
        let delivery = &settlement.delivery;
        settlement.transition == Transition::Delivered
            && settlement.verdict == Some(Verdict::Success)
            && delivery.attempts == 0
            && settlement.attempt.as_ref().is_some_and(|attempt| attempt.error.is_none())
            && self.shared.cache.peek_app(delivery.app).is_some_and(|state| {
                state.endpoints.get(&delivery.endpoint).is_none_or(|endpoint| !fifo::is_fifo(endpoint))
            })
    }

    /// Where this settler counts.
    fn slot(&self) -> i32 {
        (i32::from(self.shared.identity().number) << SLOT_BITS) + self.slot as i32
    }

    /// The usual way: one statement, which is a transaction of its own. `None`: something is stale, so nothing is written.
    async fn at_once(&mut self, all: &[One<'_>]) -> Done<Option<Vec<Settled>>> {
        let well = Well::of(all, self.slot());
        let shared = Arc::clone(&self.shared);
        let link = self.link.get().await?;
        let written = async {
            shared.days.ensure(link, well.days()).await?;
            mark(&shared, link, well.attempt_high()).await?;
            Ok(well.write(link).await?)
        };
        match written.await {
            Ok(true) => {
                let (mut effects, settled) = (Effects::default(), vec![Settled::Done; all.len()]);
                free(&mut effects, all, &settled);
                touch(&shared, all);
                effects.happen(&shared, None);
                Ok(Some(settled))
            }
            Ok(false) => Ok(None),
            Err(fault) => {
                self.link.failed(&fault);
                Err(fault)
            }
        }
    }

    /// What a transaction should not do: days are made, and it is written down how high keys are, on the row that
    /// heartbeats need.
    async fn prepare(&mut self, all: &[One<'_>]) -> Done<()> {
        let attempts = || all.iter().filter_map(|one| Some(one.settlement.attempt.as_ref()?.key.raw()));
        let messages = all.iter().map(|one| one.settlement.delivery.message.raw());
        let shared = Arc::clone(&self.shared);
        let link = self.link.get().await?;
        let prepared = async {
            shared.days.ensure(link, messages.chain(attempts())).await?;
            mark(&shared, link, attempts().max().unwrap_or(0)).await
        };
        let prepared = prepared.await;
        if let Err(fault) = &prepared {
            self.link.failed(fault);
        }
        prepared
    }

    async fn step_by_step(&mut self, all: &[One<'_>]) -> Done<Vec<Settled>> {
        self.prepare(all).await?;
        let mut work = Work::begin(&self.shared).await?;
        let outcome = consequences::settle(&mut work, all, self.slot()).await;
        match outcome {
            Ok(settled) => {
                free(&mut work.effects, all, &settled);
                work.end_uncounted(Ok(settled)).await
            }
            Err(fault) => work.end_uncounted(Err(fault)).await,
        }
    }
}

/// Leases that ended.
fn free(effects: &mut Effects, all: &[One<'_>], settled: &[Settled]) {
    for (one, settled) in all.iter().zip(settled) {
        if *settled == Settled::Done {
            let delivery = &one.settlement.delivery;
            let (endpoint, message): (_, MessageKey) = (delivery.endpoint, delivery.message);
            effects.leases.push(LeaseChange { endpoint, message, lease: None });
        }
    }
}

/// Logs that may be too long now.
fn touch(shared: &Shared, all: &[One<'_>]) {
    let (limits, mut touched) = (shared.limits(), HashMap::new());
    for delivery in all.iter().map(|one| &one.settlement.delivery) {
        let Some(state) = shared.cache.peek_app(delivery.app) else { continue };
        let Some(endpoint) = state.endpoints.get(&delivery.endpoint) else { continue };
        if has_limit(endpoint, &state.app, &limits) {
            let lowest = touched.entry(delivery.endpoint).or_insert(delivery.message.raw());
            *lowest = (*lowest).min(delivery.message.raw());
        }
    }
    shared.touched(touched, false);
}

/// Writes down how high attempt keys are by now, once they are a step above what was written.
async fn mark(shared: &Shared, link: &crate::connection::Link, high: i64) -> Done<()> {
    let written = shared.attempt_mark.load(Ordering::Relaxed);
    if high <= written + crate::open::MARK_STEP {
        return Ok(());
    }
    let number = shared.identity().number as i16;
    link.run(crate::sql::node::NODE_RAISE, crate::connection::params![number, high]).await?;
    shared.attempt_mark.fetch_max(high, Ordering::Relaxed);
    Ok(())
}
