//! `settle`: writes what came of deliveries.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::{
    Attempt, AttemptStatus, DeliveryState, Endpoint, ErrorClass, Timestamp, Transition, TriggerType,
};
use hookwire_store::queue::{Settled, Settlement};
use rusqlite::params;

use super::cache::AppState;
use super::work::Work;
use super::{fifo, health, notice};
use crate::fault::Done;
use crate::row::{run, status_code};
use crate::sql::queue as sql;

/// Settles deliveries; those whose lease is not theirs any more are left as they are.
pub(crate) fn settle(work: &mut Work<'_>, settlements: &[Settlement], now: Timestamp) -> Done<Vec<Settled>> {
    look_ahead(work, settlements)?;
    settlements.iter().map(|settlement| settle_one(work, settlement, now)).collect()
}

/// Nouns that can't be read are found out before anything is written: the endpoints, and the internal apps of the orgs
/// that may have to be told something.
fn look_ahead(work: &mut Work<'_>, settlements: &[Settlement]) -> Done<()> {
    let mut orgs = HashSet::new();
    for settlement in settlements {
        let Some((state, _)) = work.endpoint(settlement.delivery.endpoint)? else { continue };
        let is_plain = settlement.transition == Transition::Delivered && settlement.delivery.attempts == 0;
        if !is_plain && orgs.insert(state.org) {
            notice::internal_app(work, &state.app.org)?;
        }
    }
    Ok(())
}

/// What a delivery's row will say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
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

fn settle_one(work: &mut Work<'_>, settlement: &Settlement, now: Timestamp) -> Done<Settled> {
    let delivery = &settlement.delivery;
    let home = work.endpoint(delivery.endpoint)?;
    let next = next(settlement, home.is_some());
    if !write(work, settlement, next)? {
        work.tally.stale += 1;
        return Ok(Settled::Stale);
    }
    work.effects.free(delivery.endpoint, delivery.message);
    if let Some(attempt) = &settlement.attempt {
        log(work, attempt)?;
    }
    count(work, settlement, next, now);
    if let Some((state, endpoint)) = home {
        match next {
            Next::Waiting { due, .. } => work.waiting(&endpoint, due),
            Next::Final(_) => {
                work.touch(&endpoint, &state.app, Some(delivery.message));
                if fifo::is_fifo(&endpoint) {
                    fifo::settled(work, delivery.endpoint, delivery.message)?;
                    work.waiting(&endpoint, now);
                }
            }
        }
        consequences(work, settlement, &state, &endpoint, now)?;
    }
    Ok(Settled::Done)
}

/// Writes the delivery's new row; `false` when the lease is not the caller's any more.
fn write(work: &Work<'_>, settlement: &Settlement, next: Next) -> Done<bool> {
    let delivery = &settlement.delivery;
    let (message, endpoint, fence) = (delivery.message.raw(), delivery.endpoint.raw(), delivery.fence);
    let changed = match next {
        Next::Final(state) => {
            let attempts = delivery.attempts + u32::from(settlement.attempt.is_some());
            let row = params![message, endpoint, fence, state.code(), attempts];
            run(work.db, sql::SETTLE_FINAL, row)?
        }
        Next::Waiting { attempts, due, trigger, resume_at } => {
            let resume_at = resume_at.map(Timestamp::micros);
            let row = params![message, endpoint, fence, attempts, due.micros(), trigger.code(), resume_at];
            run(work.db, sql::SETTLE_WAITING, row)?
        }
    };
    Ok(changed > 0)
}

fn log(work: &mut Work<'_>, attempt: &Attempt) -> Done<()> {
    let timings = &attempt.timings;
    run(
        work.db,
        sql::ATTEMPT_INSERT,
        params![
            attempt.message.raw(),
            attempt.key.raw(),
            attempt.endpoint.raw(),
            attempt.app.raw(),
            attempt.at.micros(),
            attempt.url,
            status_code(attempt.status),
            attempt.trigger.code(),
            attempt.response_code,
            attempt.response,
            attempt.error.map(ErrorClass::name),
            timings.resolve_us,
            timings.connect_us,
            timings.tls_us,
            timings.first_byte_us,
            timings.total_us,
            attempt.request,
        ],
    )?;
    work.tally.attempt_high = work.tally.attempt_high.max(attempt.key.raw());
    Ok(())
}

fn count(work: &mut Work<'_>, settlement: &Settlement, next: Next, now: Timestamp) {
    let canceled = next == Next::Final(DeliveryState::Canceled);
    if settlement.attempt.is_none() && !canceled {
        return;
    }
    let ended = work.tally.at(settlement.delivery.endpoint, now);
    ended.canceled += i64::from(canceled);
    match settlement.attempt.as_ref().map(|attempt| attempt.status) {
        Some(AttemptStatus::Succeeded) => ended.succeeded += 1,
        Some(AttemptStatus::Failed) => ended.failed += 1,
        None => {}
    }
}

/// The endpoint's health, and what the org is told.
fn consequences(
    work: &mut Work<'_>,
    settlement: &Settlement,
    state: &Rc<AppState>,
    endpoint: &Arc<Endpoint>,
    now: Timestamp,
) -> Done<()> {
    if let Some(attempt) = &settlement.attempt {
        notice::of_attempt(work, settlement, attempt, state, endpoint, now)?;
    }
    match settlement.verdict {
        Some(verdict) => health::observe(work, verdict, settlement.transition, endpoint, now),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
