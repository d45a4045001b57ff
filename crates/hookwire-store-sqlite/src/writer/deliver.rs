//! Writes a message and its deliveries, and leases those that the dispatcher takes at once.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hookwire_core::id::Key;
use hookwire_core::{
    Channel, Delivery, Endpoint, EndpointKey, Message, MessageKey, Payload, Tag, Timestamp, TriggerType,
};
use hookwire_store::Error;
use hookwire_store::dispatch::Claim;
use rusqlite::{CachedStatement, ErrorCode, params};

use super::cache::AppState;
use super::fifo;
use super::work::Work;
use crate::fault::{Done, Fault};
use crate::lease::{Lease, Origin};
use crate::row::{join, run};
use crate::sql::queue as sql;

/// Writes `message` of `state`'s app and its deliveries to those of `endpoints` that are there; answers how many.
pub(crate) fn deliver(
    work: &mut Work<'_>,
    state: &Rc<AppState>,
    message: Message,
    retention: Duration,
    endpoints: &[EndpointKey],
) -> Done<u32> {
    insert(work, &message, retention)?;
    if endpoints.is_empty() { Ok(0) } else { fan_out(work, state, message, endpoints) }
}

fn insert(work: &mut Work<'_>, message: &Message, retention: Duration) -> Done<()> {
    let (payload, raw, raw_type) = match &message.payload {
        Some(Payload { json, raw: Some(raw) }) => {
            (Some(&**json), Some(&*raw.bytes), raw.content_type.as_deref())
        }
        Some(Payload { json, raw: None }) => (Some(&**json), None, None),
        None => (None, None, None),
    };
    let inserted = run(
        work.db,
        sql::MESSAGE_INSERT,
        params![
            message.key.raw(),
            message.app.raw(),
            message.event_type.as_str(),
            message.event_id.as_ref().map(hookwire_core::Uid::as_str),
            join(message.channels.iter().map(Channel::as_str)),
            join(message.tags.iter().map(Tag::as_str)),
            message.created.micros(),
            message.deliver_at.map(Timestamp::micros),
            message.payload_expires.micros(),
            is_short_lived(work, message, retention),
            raw_type,
            payload,
            raw,
        ],
    );
    match inserted {
        Err(Fault::Broken(error)) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            return Err(Error::Internal(format!("{} is another message's key", message.key)).into());
        }
        inserted => inserted?,
    };
    for channel in &message.channels {
        let row = params![message.app.raw(), channel.as_str(), message.key.raw()];
        run(work.db, sql::MESSAGE_CHANNEL_INSERT, row)?;
    }
    for tag in &message.tags {
        run(work.db, sql::MESSAGE_TAG_INSERT, params![message.app.raw(), tag.as_str(), message.key.raw()])?;
    }
    Ok(())
}

/// Whether the payload's removal needs an index entry: retention finds the others in the order of their keys.
fn is_short_lived(work: &Work<'_>, message: &Message, retention: Duration) -> bool {
    let usual = retention == work.shared.settings.payload_retention && message.deliver_at.is_none();
    !usual || message.payload_expires < work.shared.sweep_barrier
}

fn fan_out(work: &mut Work<'_>, state: &AppState, message: Message, endpoints: &[EndpointKey]) -> Done<u32> {
    let (due, now) = (message.due(), message.created);
    let bytes = message.payload.as_ref().map_or(0, Payload::len);
    let dispatch = work.dispatch.filter(|_| due <= now);
    let lease_until = dispatch.map_or(now, |dispatch| now.plus(dispatch.lease()));
    let message = Arc::new(message);
    let mut insert = work.db.prepare_cached(sql::DELIVERY_INSERT)?;
    let mut count = 0;
    for endpoint in endpoints.iter().filter_map(|key| state.endpoints.get(key)) {
        count += 1;
        work.touch(endpoint, &state.app, None);
        let may_go = dispatch.filter(|_| !fifo::is_fifo(endpoint));
        let taken = may_go.is_some_and(|dispatch| dispatch.reserve(endpoint.key, bytes));
        let delivery = Delivery {
            message: message.key,
            endpoint: endpoint.key,
            app: message.app,
            attempts: 0,
            trigger: TriggerType::Scheduled,
            resume_at: None,
            fence: i64::from(taken),
            lease_until,
        };
        if taken {
            let (message, endpoint) = (Arc::clone(&message), Arc::clone(endpoint));
            let claim = Claim { delivery, message, endpoint, app: Arc::clone(&state.app) };
            lease(&mut insert, &claim, due, work.shared.epoch, &mut work.effects)?;
        } else {
            write(&mut insert, &delivery, due, 0)?;
            work.waiting(endpoint, due);
        }
    }
    if work.effects.leases.last().is_some_and(|change| change.message == message.key) {
        let low = work.tally.leased_low.get_or_insert(message.key.raw());
        *low = (*low).min(message.key.raw());
    }
    Ok(count)
}

/// Writes a leased delivery. Its place is reserved, so it belongs to the effects first, whatever the file says.
fn lease(
    insert: &mut CachedStatement<'_>,
    claim: &Claim,
    due: Timestamp,
    epoch: i64,
    effects: &mut super::effects::Effects,
) -> Done<()> {
    effects.claims.push(claim.clone());
    let delivery = &claim.delivery;
    let lease = Lease { until: delivery.lease_until, origin: Origin::Ingest };
    effects.lease(delivery.endpoint, delivery.message, lease);
    write(insert, delivery, due, epoch)
}

fn write(insert: &mut CachedStatement<'_>, delivery: &Delivery, due: Timestamp, leased: i64) -> Done<()> {
    insert.execute(params![
        delivery.message.raw(),
        delivery.endpoint.raw(),
        delivery.app.raw(),
        due.micros(),
        delivery.fence,
        leased,
        delivery.lease_until.micros(),
        delivery.trigger.code(),
    ])?;
    Ok(())
}

/// Queues a message for an endpoint that it was not owed to so far, by hand.
pub(crate) fn add(work: &mut Work<'_>, message: MessageKey, endpoint: &Endpoint, now: Timestamp) -> Done<()> {
    let manual = TriggerType::Manual.code();
    let row = params![message.raw(), endpoint.key.raw(), endpoint.app.raw(), now.micros(), 0, 0, 0, manual];
    run(work.db, sql::DELIVERY_INSERT, row)?;
    work.waiting(endpoint, now);
    Ok(())
}
