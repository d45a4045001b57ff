//! Deliveries as lists show them: the messages owed to an endpoint, the endpoints that a message is owed to.

use hookwire_core::id::Key;
use hookwire_core::{AppKey, DeliveryState, Endpoint, EndpointKey, Message, MessageKey, Timestamp};
use hookwire_store::history::{DeliveryStatus, EndpointStats, MessageFilter};
use hookwire_store::{Page, Slice};
use rusqlite::{Row, params};

use super::message;
use crate::catalog::endpoint;
use crate::fault::{Done, Fault};
use crate::reader::Reading;
use crate::row::{all, one, time};
use crate::sql::{catalog, history as sql};
use crate::walk::{Collector, Pick, ROWS_MAX, Range, Read};
use crate::writer::effects::hour;

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

/// Reads state, attempts and due time from three columns. What a deleted endpoint is owed counts as cancelled.
fn status(row: &Row<'_>, at: usize, is_deleted: bool) -> Done<DeliveryStatus> {
    let code: i64 = row.get(at)?;
    let state =
        DeliveryState::from_code(code).ok_or_else(|| Fault::corrupt(format!("delivery state {code}")))?;
    let due = time(row, at + 2)?;
    let state = if is_deleted && state == DeliveryState::Pending { DeliveryState::Canceled } else { state };
    let next_attempt = (state == DeliveryState::Pending).then_some(due);
    Ok(DeliveryStatus { state, attempts: row.get(at + 1)?, next_attempt })
}

/// Whether the endpoint is deleted; `None` when there never was one.
fn is_deleted(reading: &Reading<'_>, endpoint: EndpointKey) -> Done<Option<bool>> {
    one(reading.db, catalog::ENDPOINT_STATE, [endpoint.raw()], |row| Ok(row.get(1)?))
}

pub(crate) fn of_endpoint(
    reading: &Reading<'_>,
    app: AppKey,
    endpoint: EndpointKey,
    wanted: &Wanted,
    page: Page,
) -> Done<Slice<(Message, DeliveryStatus)>> {
    let Some(is_deleted) = is_deleted(reading, endpoint)? else {
        return Ok(Slice::cut(Vec::new(), page.limit));
    };
    let (above, below) = message::bounds::<MessageKey>(wanted.filter.after, wanted.filter.before);
    let range = Range::of(page).within(above, below);
    let look = |place: i64| pick(reading, app, endpoint, wanted, is_deleted, place);
    if wanted.is_pending_only()
        && !is_deleted
        && let Some(mut keys) = few_pending(reading, endpoint)?
    {
        range.arrange(&mut keys);
        let mut collector: Collector<_> = range.collector();
        for place in keys {
            if !collector.add(place, look(place)?) {
                break;
            }
        }
        return Ok(collector.finish());
    }
    let walk = if wanted.is_failed_only() && !is_deleted {
        sql::DELIVERIES_FAILED
    } else {
        sql::DELIVERIES_OF_ENDPOINT
    };
    range.read(reading.db, walk, endpoint.raw(), &[], |row| {
        let place = row.get(0)?;
        Ok((place, look(place)?))
    })
}

fn pick(
    reading: &Reading<'_>,
    app: AppKey,
    endpoint: EndpointKey,
    wanted: &Wanted,
    is_deleted: bool,
    place: i64,
) -> Done<Pick<(Message, DeliveryStatus)>> {
    let row = params![place, endpoint.raw()];
    let Some(status) = one(reading.db, sql::DELIVERY_STATUS, row, |row| status(row, 0, is_deleted))? else {
        return Ok(Pick::Skip);
    };
    if !wanted.includes(&status) {
        return Ok(Pick::Skip);
    }
    let filter = &wanted.filter;
    let message = message::get(reading, MessageKey::from_raw(place), filter.with_payload)?;
    let is_in_time = |message: &Message| {
        filter.after.is_none_or(|after| message.created > after)
            && filter.before.is_none_or(|before| message.created < before)
    };
    let fits =
        |message: &Message| message.app == app && is_in_time(message) && message::is_wanted(message, filter);
    Ok(message.filter(fits).map_or(Pick::Skip, |message| Pick::Take((message, status))))
}

/// The messages that are pending for an endpoint, unless they are many: then going through all of its messages finds
/// enough of them soon.
fn few_pending(reading: &Reading<'_>, endpoint: EndpointKey) -> Done<Option<Vec<i64>>> {
    let most = ROWS_MAX as i64;
    let mut keys: Vec<i64> =
        all(reading.db, sql::QUEUED_MESSAGES, params![endpoint.raw(), most], |row| Ok(row.get(0)?))?;
    let leased = reading.shared.leases.lock().expect("nobody panics with this lock").messages(endpoint);
    keys.extend(leased.iter().map(|message| message.raw()));
    Ok((keys.len() < ROWS_MAX).then_some(keys))
}

pub(crate) fn of_message(
    reading: &Reading<'_>,
    app: AppKey,
    message: MessageKey,
    page: Page,
) -> Done<Slice<(Endpoint, DeliveryStatus)>> {
    Range::of(page).read(reading.db, sql::DELIVERIES_OF_MESSAGE, message.raw(), &[], |row| {
        let place = row.get(0)?;
        let found = endpoint::stored(reading, EndpointKey::from_raw(place))?;
        let Some((endpoint, is_deleted)) = found.filter(|(endpoint, _)| endpoint.app == app) else {
            return Ok((place, Pick::Skip));
        };
        Ok((place, Pick::Take((endpoint, status(row, 1, is_deleted)?))))
    })
}

pub(crate) fn stats(
    reading: &Reading<'_>,
    app: AppKey,
    endpoint: EndpointKey,
    since: Timestamp,
    until: Timestamp,
) -> Done<EndpointStats> {
    let owner = endpoint::stored(reading, endpoint)?.filter(|(endpoint, _)| endpoint.app == app);
    let Some((_, is_deleted)) = owner else { return Ok(EndpointStats::default()) };
    let last = hour(Timestamp::from_micros(until.micros().saturating_sub(1))) + 1;
    let hours = params![endpoint.raw(), hour(since), last];
    let sums =
        one(reading.db, sql::HOURS_SUM, hours, |row| Ok((count(row, 0)?, count(row, 1)?, count(row, 2)?)))?;
    let (succeeded, failed, canceled) = sums.unwrap_or_default();
    let mut stats = EndpointStats { succeeded, failed, canceled, pending: 0, sending: 0 };
    if is_deleted {
        return Ok(stats);
    }
    for walk in [sql::QUEUED_COUNT, sql::CLAIMED_COUNT] {
        let counts = one(reading.db, walk, [endpoint.raw()], |row| Ok((count(row, 0)?, count(row, 1)?)))?;
        let (all, attempted) = counts.unwrap_or_default();
        stats.pending += all - attempted;
        stats.sending += attempted;
    }
    stats.pending += reading.shared.leases.lock().expect("nobody panics with this lock").on_ingest(endpoint);
    Ok(stats)
}

fn count(row: &Row<'_>, at: usize) -> Done<u64> {
    Ok(row.get::<_, i64>(at)?.unsigned_abs())
}
