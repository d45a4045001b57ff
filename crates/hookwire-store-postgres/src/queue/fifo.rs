//! First in, first out: of such an endpoint one delivery, its head, is leased again and again until it is settled for
//! good; only then comes the next. Whoever claims for it holds a lock of the endpoint's.

use hookwire_core::id::Key;
use hookwire_core::rules::DeliveryOrder;
use hookwire_core::{Endpoint, EndpointKey, MessageKey, Timestamp};
use tokio_postgres::Row;

use crate::connection::{Link, params};
use crate::fault::Done;
use crate::row::{get, key, time};
use crate::sql::queue as sql;

/// Whether one delivery to the endpoint waits for another.
pub(crate) fn is_fifo(endpoint: &Endpoint) -> bool {
    endpoint.rules.order == DeliveryOrder::Fifo
}

/// What an endpoint is to get next.
pub(crate) enum First {
    /// This one, from then on.
    Waits(MessageKey, Timestamp),
    /// Nothing before the one that is under way is settled.
    UnderWay,
    /// Nothing is owed.
    Nothing,
}

struct Candidate {
    message: MessageKey,
    due: Timestamp,
    lease: Option<Timestamp>,
}

fn candidate(row: &Row) -> Done<Candidate> {
    let lease = if get(row, 2)? { Some(time(row, 3)?) } else { None };
    Ok(Candidate { message: key(row, 0)?, due: time(row, 1)?, lease })
}

/// What comes first. Leases that have ended by `now` count as such; without `now` none has.
pub(crate) async fn first(link: &Link, endpoint: EndpointKey, now: Option<Timestamp>) -> Done<First> {
    let is_live = |until: Timestamp| now.is_none_or(|now| until > now);
    let raw = endpoint.raw();
    // A head whose delivery is settled or gone is none: the next one takes its row.
    if let Some(row) = link.one(sql::FIFO_HEAD, params![raw]).await? {
        let head = candidate(&row)?;
        return Ok(match head.lease {
            Some(until) if is_live(until) => First::UnderWay,
            Some(until) => First::Waits(head.message, until),
            None => First::Waits(head.message, head.due),
        });
    }
    // What was leased before the endpoint got its order goes first.
    let mut first = None;
    for row in link.query(sql::FIFO_BEFORE, params![raw]).await? {
        let before = candidate(&row)?;
        if before.lease.is_some_and(is_live) {
            return Ok(First::UnderWay);
        }
        first = first.into_iter().chain([(before.due, before.message)]).min();
    }
    if let Some(row) = link.one(sql::FIFO_NEXT, params![raw]).await? {
        let next = candidate(&row)?;
        first = first.into_iter().chain([(next.due, next.message)]).min();
    }
    Ok(first.map_or(First::Nothing, |(due, message)| First::Waits(message, due)))
}

/// When the endpoint may get something next; `None` while something is under way, because its settlement will tell.
pub(crate) async fn next_due(link: &Link, endpoint: EndpointKey) -> Done<Option<Timestamp>> {
    Ok(match first(link, endpoint, None).await? {
        First::Waits(_, due) => Some(due),
        First::UnderWay | First::Nothing => None,
    })
}

/// Deliveries were settled for good, or are gone: they are nobody's head any more. Answers whose they were.
pub(crate) async fn settled(link: &Link, gone: &[(EndpointKey, MessageKey)]) -> Done<Vec<EndpointKey>> {
    if gone.is_empty() {
        return Ok(Vec::new());
    }
    let endpoints: Vec<i64> = gone.iter().map(|(endpoint, _)| endpoint.raw()).collect();
    let messages: Vec<i64> = gone.iter().map(|(_, message)| message.raw()).collect();
    let rows = link.query(sql::FIFO_HEADS_DONE, params![endpoints, messages]).await?;
    rows.iter().map(|row| key(row, 0)).collect()
}

/// The endpoint gets another order. What is leased by now is waited for when it is first in, first out.
pub(crate) async fn reorder(link: &Link, endpoint: &Endpoint) -> Done<()> {
    forget(link, vec![endpoint.key.raw()]).await?;
    if is_fifo(endpoint) {
        link.run(sql::FIFO_BEFORE_PUT, params![endpoint.key.raw()]).await?;
    }
    Ok(())
}

/// The endpoints are deleted, or have no order any more.
pub(crate) async fn forget(link: &Link, endpoints: Vec<i64>) -> Done<()> {
    link.run(sql::FIFO_HEAD_REMOVE, params![endpoints]).await?;
    link.run(sql::FIFO_BEFORE_REMOVE, params![endpoints]).await?;
    Ok(())
}
