//! Deleting an endpoint: a tombstone without credentials stays; its pending deliveries are cancelled step by step.

use hookwire_core::id::Key;
use hookwire_core::{Endpoint, EndpointKey, MessageKey, Timestamp};
use rusqlite::params;

use crate::fault::Done;
use crate::row::{EndpointRow, all, key, run};
use crate::sql::{catalog, queue, upkeep};
use crate::writer::fifo;
use crate::writer::work::Work;

/// Deliveries that are cancelled in the transaction of a deletion. What is left over, retention steps cancel.
pub(crate) const AT_ONCE: u32 = 500;

/// Makes a tombstone of the endpoint and cancels at most `budget` deliveries; answers what is left of it. The caller takes
/// the endpoint out of the cache.
pub(crate) fn endpoint(work: &mut Work<'_>, endpoint: &Endpoint, budget: u32, now: Timestamp) -> Done<u32> {
    bury(work, endpoint.key, &EndpointRow::tombstone(endpoint), budget, now)
}

/// The same for an endpoint that can't be read: nothing of it is on its tombstone.
pub(crate) fn damaged(work: &mut Work<'_>, key: EndpointKey, budget: u32, now: Timestamp) -> Done<u32> {
    bury(work, key, &EndpointRow::blank_tombstone(), budget, now)
}

fn bury(work: &mut Work<'_>, key: EndpointKey, config: &str, budget: u32, now: Timestamp) -> Done<u32> {
    run(work.db, catalog::ENDPOINT_DELETE, params![key.raw(), now.micros(), config])?;
    if let Some(live) = &mut work.cache.endpoints_live {
        *live = live.saturating_sub(1);
    }
    fifo::forget(work, key)?;
    work.effects.removed(key);
    work.tally.touch(key, i64::MIN);
    let left = budget - cancel(work, key, budget, now)?;
    if left == 0 {
        run(work.db, upkeep::REMOVAL_ADD, [key.raw()])?;
    }
    Ok(left)
}

/// Cancels pending deliveries of a deleted endpoint that nobody has leased, at most `limit`; answers how many. Those
/// that are leased are cancelled when they are settled, or when their lease turns out to be void.
pub(crate) fn cancel(work: &mut Work<'_>, endpoint: EndpointKey, limit: u32, now: Timestamp) -> Done<u32> {
    let bounds = params![endpoint.raw(), limit];
    let messages = all(work.db, upkeep::REMOVAL_QUEUED, bounds, |row| key::<MessageKey>(row, 0))?;
    for message in &messages {
        run(work.db, queue::DELIVERY_CANCEL, params![message.raw(), endpoint.raw()])?;
    }
    if !messages.is_empty() {
        work.tally.at(endpoint, now).canceled += messages.len() as i64;
    }
    Ok(messages.len() as u32)
}
