//! What goes by its own time: payloads, remembered requests, and what was owed to deleted endpoints.

use std::collections::HashSet;

use hookwire_core::id::Key;
use hookwire_core::limits::{IDEMPOTENCY_WINDOW, PAYLOAD_GRACE};
use hookwire_core::{EndpointKey, Timestamp};
use hookwire_store::upkeep::RetentionStep;
use tokio_postgres::Row;

use crate::catalog::remove;
use crate::connection::params;
use crate::fault::Done;
use crate::migrate::LOCK_SPACE;
use crate::open::meta;
use crate::queue::deliver::unpack;
use crate::row::{get, key, time};
use crate::sql::{history, node, upkeep as sql};
use crate::work::Work;

/// Rows that a step looks at for each row that it may remove.
const LOOKS_PER_ROW: u32 = 5;

/// Whether no other node does the same just now. The lock lasts as long as the transaction.
async fn is_first(work: &Work) -> Done<bool> {
    let row = work.link().one(sql::RETENTION_LOCK, params![LOCK_SPACE]).await?;
    row.map_or(Ok(false), |row| get(&row, 0))
}

/// A payload whose time is up.
struct Expired {
    message: i64,
    owed: Vec<EndpointKey>,
}

impl Expired {
    /// From a row that begins with the key and the packed endpoints.
    fn read(row: &Row) -> Done<Self> {
        Ok(Self { message: get(row, 0)?, owed: unpack(get(row, 1)?) })
    }
}

/// Until the end of the transaction nothing goes by its time: what has a payload now can be owed to somebody more. To be
/// asked for before any other lock.
pub(crate) async fn lock_shared(work: &Work) -> Done<()> {
    work.link().query(sql::EXPIRY_LOCK_SHARED, params![LOCK_SPACE]).await?;
    Ok(())
}

/// Until the end of the transaction nothing is owed to anybody more. To be asked for before any other lock.
pub(crate) async fn lock(work: &Work) -> Done<()> {
    work.link().query(sql::EXPIRY_LOCK, params![LOCK_SPACE]).await?;
    Ok(())
}

/// Removes payloads whose time is up, and gives those more time that a delivery needs; answers how many went and how many
/// stay.
pub(crate) async fn payloads(work: &mut Work, step: &RetentionStep) -> Done<(u64, u64)> {
    if !is_first(work).await? {
        return Ok((0, 0));
    }
    lock(work).await?;
    let bounds = params![step.now.micros(), i64::from(step.limit)];
    let rows = work.link().query(sql::EXPIRED_SHORT, bounds).await?;
    let mut expired = rows.iter().map(Expired::read).collect::<Done<Vec<_>>>()?;
    let left = step.limit.saturating_sub(expired.len() as u32);
    expired.extend(in_key_order(work, step.now, left).await?);
    let needed = needed(work, &expired).await?;
    let (kept, gone): (Vec<i64>, Vec<i64>) =
        expired.iter().map(|one| one.message).partition(|message| needed.contains(message));
    if !kept.is_empty() {
        let until = step.now.plus(PAYLOAD_GRACE).micros();
        work.link().run(sql::PAYLOADS_KEEP, params![kept, until]).await?;
    }
    if !gone.is_empty() {
        work.link().run(history::EXPUNGE_PAYLOADS, params![gone]).await?;
        work.link().run(history::EXPUNGE_REQUESTS, params![gone]).await?;
    }
    Ok((gone.len() as u64, kept.len() as u64))
}

/// Those of the messages that are owed to an endpoint that is on.
async fn needed(work: &Work, expired: &[Expired]) -> Done<HashSet<i64>> {
    let pairs = expired.iter().flat_map(|one| one.owed.iter().map(|to| (to.raw(), one.message)));
    let (endpoints, messages): (Vec<i64>, Vec<i64>) = pairs.unzip();
    if messages.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = work.link().query(sql::PAYLOADS_NEEDED, params![endpoints, messages]).await?;
    rows.iter().map(|row| get(row, 0)).collect()
}

/// Those that have no index entry: they expire in the order of their keys, so the first that may stay ends the search.
async fn in_key_order(work: &mut Work, now: Timestamp, limit: u32) -> Done<Vec<Expired>> {
    let before = meta(work.link(), "sweep_payload").await?.unwrap_or(0);
    let looks = i64::from(limit.saturating_mul(LOOKS_PER_ROW));
    let rows = work.link().query(sql::EXPIRED_LONG, params![before, looks]).await?;
    let (mut expired, mut place) = (Vec::new(), before);
    for row in &rows {
        let is_ours = !get::<bool>(row, 3)? && get::<bool>(row, 4)?;
        if is_ours && (time(row, 2)? > now || expired.len() >= limit as usize) {
            break;
        }
        place = get(row, 0)?;
        if is_ours {
            expired.push(Expired::read(row)?);
        }
    }
    if place != before {
        work.link().run(node::META_SET, params!["sweep_payload", place]).await?;
    }
    Ok(expired)
}

/// Forgets requests whose repeats are not expected any more, and cancels what was owed to deleted endpoints.
pub(crate) async fn others(work: &mut Work, step: &RetentionStep) -> Done<u64> {
    if !is_first(work).await? {
        return Ok(0);
    }
    let old = step.now.minus(IDEMPOTENCY_WINDOW).micros();
    let requests = work.link().run(sql::REQUESTS_FORGET, params![old, i64::from(step.limit)]).await?;
    Ok(requests + removals(work, step).await?)
}

/// Deleted endpoints are looked at until nothing is owed to them any more.
async fn removals(work: &mut Work, step: &RetentionStep) -> Done<u64> {
    let mut left = step.limit;
    let mut after = i64::MIN;
    while left > 0
        && let Some(row) = work.link().one(sql::REMOVAL_NEXT, params![after]).await?
    {
        let endpoint: EndpointKey = key(&row, 0)?;
        after = endpoint.raw();
        let canceled = remove::cancel(work, endpoint, left, step.now).await?;
        left -= canceled.min(left);
        work.link().run(sql::REMOVAL_DONE, params![after]).await?;
    }
    Ok(u64::from(step.limit - left))
}
