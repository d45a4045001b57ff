//! First in, first out: of such an endpoint one delivery, its head, is leased again and again until it is settled for
//! good; only then comes the next.

use std::rc::Rc;
use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::rules::DeliveryOrder;
use hookwire_core::{Endpoint, EndpointKey, MessageKey, Timestamp};
use hookwire_store::queue::{ClaimRequest, Claimed};
use rusqlite::params;

use super::cache::AppState;
use super::claim::{lease, load};
use super::work::Work;
use crate::fault::Done;
use crate::row::{key, one, run, time};
use crate::sql::queue as sql;

/// Whether one delivery to the endpoint waits for another.
pub(crate) fn is_fifo(endpoint: &Endpoint) -> bool {
    endpoint.rules.order == DeliveryOrder::Fifo
}

/// What an endpoint is to get next.
enum First {
    /// This one, from then on.
    Waits(MessageKey, Timestamp),
    /// Nothing before the one that is under way is settled.
    UnderWay,
    /// Nothing is owed.
    Nothing,
}

/// Leases the endpoint's head when it is due, or makes one.
pub(crate) fn claim(
    work: &mut Work<'_>,
    request: &ClaimRequest,
    state: &Rc<AppState>,
    endpoint: &Arc<Endpoint>,
) -> Done<Claimed> {
    let next_due = match first(work, endpoint.key, Some(request.now))? {
        First::Waits(message, due) if due <= request.now && request.limit > 0 => {
            let message = load(work, message, endpoint)?;
            run(work.db, sql::FIFO_HEAD_PUT, params![endpoint.key.raw(), message.key.raw()])?;
            let claims = vec![lease(work, request, state, endpoint, message)?];
            return Ok(Claimed { claims, next_due: None });
        }
        First::Waits(_, due) => Some(due),
        First::UnderWay | First::Nothing => None,
    };
    Ok(Claimed { claims: Vec::new(), next_due })
}

/// When the endpoint may get something next; `None` while something is under way, because its settlement will tell.
pub(crate) fn next_due(work: &Work<'_>, endpoint: EndpointKey) -> Done<Option<Timestamp>> {
    Ok(match first(work, endpoint, None)? {
        First::Waits(_, due) => Some(due),
        First::UnderWay | First::Nothing => None,
    })
}

/// A delivery was settled for good, or is gone; answers whether it was its endpoint's head.
pub(crate) fn settled(work: &Work<'_>, endpoint: EndpointKey, message: MessageKey) -> Done<bool> {
    Ok(run(work.db, sql::FIFO_HEAD_DONE, [endpoint.raw(), message.raw()])? > 0)
}

/// The endpoint is deleted, or has no order any more.
pub(crate) fn forget(work: &Work<'_>, endpoint: EndpointKey) -> Done<()> {
    run(work.db, sql::FIFO_HEAD_REMOVE, [endpoint.raw()])?;
    Ok(())
}

/// What comes first. Leases that have ended by `now` count as such; without `now` none has.
fn first(work: &Work<'_>, endpoint: EndpointKey, now: Option<Timestamp>) -> Done<First> {
    let is_live = |until: Timestamp| now.is_none_or(|now| until > now);
    // A head whose delivery is settled or gone is none: the next one takes its row.
    let head = one(work.db, sql::FIFO_HEAD, [endpoint.raw()], |row| {
        let is_leased = row.get::<_, i64>(2)?.abs() == work.shared.epoch;
        let due = time(row, if is_leased { 3 } else { 1 })?;
        Ok(if is_leased && is_live(due) { First::UnderWay } else { First::Waits(key(row, 0)?, due) })
    })?;
    if let Some(head) = head {
        return Ok(head);
    }
    // What was leased before the endpoint got its order goes first.
    let mut first = one(work.db, sql::FIFO_NEXT, [endpoint.raw()], |row| Ok((time(row, 1)?, key(row, 0)?)))?;
    for message in leased(work, endpoint) {
        let row = params![message.raw(), endpoint.raw(), work.shared.epoch];
        let found = one(work.db, sql::FIFO_LEASED, row, |row| Ok((time(row, 0)?, time(row, 1)?)))?;
        match found {
            Some((_, until)) if is_live(until) => return Ok(First::UnderWay),
            Some((due, _)) => first = first.into_iter().chain([(due, message)]).min(),
            None => {}
        }
    }
    Ok(first.map_or(First::Nothing, |(due, message)| First::Waits(message, due)))
}

/// Messages that may be leased for the endpoint. Those of this transaction matter only if it changed the endpoint.
fn leased(work: &Work<'_>, endpoint: EndpointKey) -> Vec<MessageKey> {
    let mut messages = work.shared.leases.lock().expect("nobody panics with this lock").messages(endpoint);
    if work.effects.has_changed(endpoint) {
        let now = work.effects.leases.iter().filter(|change| change.endpoint == endpoint);
        messages.extend(now.map(|change| change.message));
    }
    messages
}

#[cfg(test)]
mod tests;
