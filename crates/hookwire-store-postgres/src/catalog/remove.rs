//! Deleting an endpoint: a tombstone without credentials stays; its pending deliveries are cancelled step by step.

use hookwire_core::id::Key;
use hookwire_core::{Endpoint, EndpointKey, Timestamp};
use hookwire_store::record::EndpointRecord;

use crate::connection::params;
use crate::fault::Done;
use crate::queue::fifo;
use crate::row;
use crate::sql::{catalog, queue, upkeep};
use crate::work::Work;

/// Deliveries that are cancelled in the transaction of a deletion. What is left over, retention steps cancel.
pub(crate) const AT_ONCE: u32 = 500;

/// Makes a tombstone of the endpoint and cancels at most `budget` deliveries; answers what is left of it.
pub(crate) async fn endpoint(work: &mut Work, endpoint: &Endpoint, budget: u32, now: Timestamp) -> Done<u32> {
    all(work, &[(endpoint.key, EndpointRecord::tombstone(endpoint))], budget, now).await
}

/// The same for an endpoint that can't be read: nothing of it is on its tombstone.
pub(crate) async fn damaged(work: &mut Work, key: EndpointKey, budget: u32, now: Timestamp) -> Done<u32> {
    all(work, &[(key, EndpointRecord::blank_tombstone())], budget, now).await
}

/// The same for endpoints of an app, with what is on their tombstones: their number costs no round trips.
pub(crate) async fn all(
    work: &mut Work,
    graves: &[(EndpointKey, String)],
    budget: u32,
    now: Timestamp,
) -> Done<u32> {
    let keys: Vec<i64> = graves.iter().map(|(key, _)| key.raw()).collect();
    let configs: Vec<&str> = graves.iter().map(|(_, config)| config.as_str()).collect();
    work.link().run(catalog::ENDPOINTS_DELETE, params![keys, now.micros(), configs]).await?;
    work.link().run(catalog::FAILING_REMOVE, params![keys]).await?;
    fifo::forget(work.link(), keys.clone()).await?;
    for (key, _) in graves {
        work.effects.removed(*key);
        work.tally.touch(*key, i64::MIN);
    }
    // They stay until nothing is owed any more: what is leased by now may come back.
    work.link().run(upkeep::REMOVALS_ADD, params![keys]).await?;
    let mut left = budget;
    for row in work.link().query(queue::WAITED_FOR, params![keys, i64::from(budget)]).await? {
        if left > 0 {
            left -= cancel(work, row::key(&row, 0)?, left, now).await?;
        }
    }
    Ok(left)
}

/// Cancels pending deliveries of a deleted endpoint that nobody has leased, at most `limit`; answers how many. Those
/// that are leased are cancelled when they are settled, or when their lease turns out to be void.
pub(crate) async fn cancel(work: &mut Work, endpoint: EndpointKey, limit: u32, now: Timestamp) -> Done<u32> {
    let canceled = work.link().run(queue::QUEUED_CANCEL, params![endpoint.raw(), i64::from(limit)]).await?;
    if canceled > 0 {
        work.tally.at(endpoint, now).canceled += canceled as i64;
    }
    Ok(canceled as u32)
}
