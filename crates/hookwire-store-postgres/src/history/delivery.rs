//! Deliveries as lists show them: the messages owed to an endpoint, the endpoints that a message is owed to.

use std::collections::HashMap;

use hookwire_core::id::Key;
use hookwire_core::{AppKey, DeliveryState, Endpoint, EndpointKey, Message, MessageKey, Timestamp};
use hookwire_store::Vault;
use hookwire_store::history::{DeliveryStatus, EndpointStats, MessageFilter};
use hookwire_store::walk::{Collector, Pick, Range};
use hookwire_store::{Page, Slice};
use tokio_postgres::Row;

use super::message;
use crate::catalog::endpoint;
use crate::connection::{Link, params};
use crate::effects::hour;
use crate::fault::{Done, Fault};
use crate::queue::deliver::unpack;
use crate::row::{count, get, key, read_endpoint, small, time};
use crate::sql::{catalog, history as sql};
use crate::walk::Walking;

/// Which deliveries of an endpoint.
pub(crate) struct Wanted {
    pub(crate) filter: MessageFilter,
    pub(crate) states: Option<Vec<DeliveryState>>,
    pub(crate) attempted: Option<bool>,
}

impl Wanted {
    fn includes(&self, status: &DeliveryStatus) -> bool {
        let is_as_attempted =
            |attempted: bool| status.state == DeliveryState::Pending && (status.attempts > 0) == attempted;
        self.states.as_ref().is_none_or(|states| states.contains(&status.state))
            && self.attempted.is_none_or(is_as_attempted)
    }

    fn is_pending_only(&self) -> bool {
        self.attempted.is_some() || self.states.as_deref() == Some(&[DeliveryState::Pending])
    }

    fn is_failed_only(&self) -> bool {
        let is_failed =
            |state: &DeliveryState| matches!(state, DeliveryState::Exhausted | DeliveryState::Canceled);
        self.states.as_ref().is_some_and(|states| !states.is_empty() && states.iter().all(is_failed))
    }
}

/// Reads state, attempts and due time. What a deleted endpoint is owed counts as cancelled.
fn status(row: &Row, at: usize, is_deleted: bool) -> Done<DeliveryStatus> {
    let code = i64::from(get::<i16>(row, at)?);
    let state =
        DeliveryState::from_code(code).ok_or_else(|| Fault::corrupt(format!("delivery state {code}")))?;
    let due = time(row, at + 2)?;
    let state = if is_deleted && state == DeliveryState::Pending { DeliveryState::Canceled } else { state };
    let next_attempt = (state == DeliveryState::Pending).then_some(due);
    Ok(DeliveryStatus { state, attempts: small(row, at + 1)?, next_attempt })
}

pub(crate) async fn of_endpoint(
    link: &Link,
    vault: &Vault,
    app: AppKey,
    endpoint: EndpointKey,
    wanted: &Wanted,
    page: Page,
) -> Done<Slice<(Message, DeliveryStatus)>> {
    let Some((_, is_deleted)) = endpoint::stored(link, vault, endpoint).await? else {
        return Ok(Slice::cut(Vec::new(), page.limit));
    };
    let filter = &wanted.filter;
    let (above, below) = message::bounds::<MessageKey>(filter.after, filter.before);
    let range = Range::of(page).within(above, below);
    let walk = if wanted.is_pending_only() {
        sql::DELIVERIES_PENDING
    } else if wanted.is_failed_only() && !is_deleted {
        sql::DELIVERIES_FAILED
    } else {
        sql::DELIVERIES_OF_ENDPOINT
    };
    let mut walking = Walking::new(link, walk, endpoint.raw(), range, params![]);
    let mut collector: Collector<_> = range.collector();
    loop {
        let rows = walking.next().await?;
        if rows.is_empty() {
            return Ok(collector.finish());
        }
        let read = |row: &Row| Ok((key::<MessageKey>(row, 0)?, status(row, 1, is_deleted)?));
        let found = rows.iter().map(read).collect::<Done<Vec<_>>>()?;
        let included: Vec<MessageKey> =
            found.iter().filter(|(_, status)| wanted.includes(status)).map(|(key, _)| *key).collect();
        let mut messages = message::get_all(link, &included, filter.with_payload).await?;
        messages.retain(|_, message| fits(message, app, filter));
        for (key, status) in found {
            let pick = match messages.remove(&key) {
                Some(message) if wanted.includes(&status) => Pick::Take((message, status)),
                _ => Pick::Skip,
            };
            if !collector.add(key.raw(), pick) {
                return Ok(collector.finish());
            }
        }
    }
}

fn fits(message: &Message, app: AppKey, filter: &MessageFilter) -> bool {
    message.app == app
        && filter.after.is_none_or(|after| message.created > after)
        && filter.before.is_none_or(|before| message.created < before)
        && message::is_wanted(message, filter)
}

pub(crate) async fn of_message(
    link: &Link,
    vault: &Vault,
    app: AppKey,
    message: MessageKey,
    page: Page,
) -> Done<Slice<(Endpoint, DeliveryStatus)>> {
    let range = Range::of(page);
    let mut collector: Collector<_> = range.collector();
    let Some(row) = link.one(sql::MESSAGE_ENDPOINTS, params![message.raw(), app.raw()]).await? else {
        return Ok(collector.finish());
    };
    let mut keys: Vec<i64> = unpack(get(&row, 0)?).into_iter().map(Key::raw).collect();
    range.arrange(&mut keys);
    for some in keys.chunks(range.wanted()) {
        let rows = link.query(catalog::ENDPOINTS_BY_KEYS, params![some]).await?;
        let mut endpoints = HashMap::new();
        for row in &rows {
            endpoints.insert(get::<i64>(row, 0)?, read_endpoint(row, 0, vault)?);
        }
        let rows = link.query(sql::DELIVERIES_AT, params![some, message.raw()]).await?;
        let mut owed = HashMap::new();
        for row in &rows {
            owed.insert(get::<i64>(row, 0)?, row);
        }
        for place in some {
            let pick = match (endpoints.remove(place), owed.get(place)) {
                (Some((endpoint, is_deleted)), Some(row)) => {
                    Pick::Take((endpoint, status(row, 1, is_deleted)?))
                }
                // Its log was trimmed.
                _ => Pick::Skip,
            };
            if !collector.add(*place, pick) {
                return Ok(collector.finish());
            }
        }
    }
    Ok(collector.finish())
}

pub(crate) async fn stats(
    link: &Link,
    vault: &Vault,
    app: AppKey,
    endpoint: EndpointKey,
    since: Timestamp,
    until: Timestamp,
) -> Done<EndpointStats> {
    let stored = endpoint::stored(link, vault, endpoint).await?;
    let owner = stored.filter(|(endpoint, _)| endpoint.app == app);
    let Some((_, is_deleted)) = owner else { return Ok(EndpointStats::default()) };
    let last = hour(Timestamp::from_micros(until.micros().saturating_sub(1))) + 1;
    let mut stats = EndpointStats::default();
    if let Some(row) = link.one(sql::HOURS_SUM, params![endpoint.raw(), hour(since), last]).await? {
        (stats.succeeded, stats.failed, stats.canceled) = (count(&row, 0)?, count(&row, 1)?, count(&row, 2)?);
    }
    if is_deleted {
        return Ok(stats);
    }
    if let Some(row) = link.one(sql::PENDING_COUNT, params![endpoint.raw()]).await? {
        stats.sending = count(&row, 1)?;
        stats.pending = count(&row, 0)?.saturating_sub(stats.sending);
    }
    Ok(stats)
}
