//! Queues deliveries again, by hand or by a task.

use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::{AppKey, DeliveryState, Endpoint, EndpointKey, MessageKey, Reference, Timestamp};
use hookwire_store::queue::Resend;
use rusqlite::params;

use super::deliver;
use super::work::Work;
use crate::fault::Done;
use crate::row::{key, one, run, time};
use crate::sql::queue as sql;

/// `resend`.
pub(crate) fn resend(
    work: &mut Work<'_>,
    app: AppKey,
    message: &Reference<MessageKey>,
    endpoint: &Reference<EndpointKey>,
    now: Timestamp,
) -> Done<Resend> {
    let Some(message) = find(work, app, message)? else { return Ok(Resend::NoMessage) };
    let endpoint = work.app(app)?.and_then(|state| state.endpoint(endpoint).cloned());
    let Some(endpoint) = endpoint else { return Ok(Resend::NoEndpoint) };
    if !message.has_payload {
        return Ok(Resend::NoPayload);
    }
    if endpoint.disabled {
        return Ok(Resend::Disabled);
    }
    again(work, message.key, &endpoint, now)?;
    Ok(Resend::Queued)
}

struct Found {
    key: MessageKey,
    has_payload: bool,
}

fn find(work: &Work<'_>, app: AppKey, message: &Reference<MessageKey>) -> Done<Option<Found>> {
    let found = match message {
        Reference::Key(key) => Some(*key),
        Reference::Uid(id) => {
            one(work.db, sql::MESSAGE_BY_EVENT_ID, params![app.raw(), id], |row| key(row, 0))?
        }
    };
    let Some(message) = found else { return Ok(None) };
    let state =
        one(work.db, sql::MESSAGE_STATE, [message.raw()], |row| Ok((key::<AppKey>(row, 0)?, row.get(1)?)))?;
    let own = state.filter(|(owner, _)| *owner == app);
    Ok(own.map(|(_, has_payload)| Found { key: message, has_payload }))
}

/// Queues a message for an endpoint again: a settled delivery starts anew, one that waits for a retry is tried at once,
/// and one that never was is made.
pub(crate) fn again(
    work: &mut Work<'_>,
    message: MessageKey,
    endpoint: &Arc<Endpoint>,
    now: Timestamp,
) -> Done<()> {
    let row = params![message.raw(), endpoint.key.raw()];
    let found = one(work.db, sql::DELIVERY_GET, row, |row| {
        let resume_at: Option<i64> = row.get(5)?;
        Ok((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?, time(row, 2)?, row.get::<_, i64>(3)?, resume_at))
    })?;
    let Some((state, attempts, due, leased, resume_at)) = found else {
        return deliver::add(work, message, endpoint, now);
    };
    let due = if state != DeliveryState::Pending.code() {
        run(work.db, sql::DELIVERY_AGAIN, params![message.raw(), endpoint.key.raw(), now.micros()])?;
        now
    } else if leased == 0 && attempts > 0 && due > now {
        let resume_at = resume_at.unwrap_or(due.micros());
        let row = params![message.raw(), endpoint.key.raw(), now.micros(), resume_at];
        run(work.db, sql::DELIVERY_EXTRA, row)?;
        now
    } else {
        due
    };
    if leased == 0 {
        work.waiting(endpoint, due);
    }
    Ok(())
}
