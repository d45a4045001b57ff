//! `claim`: leases due deliveries of one endpoint.

use std::rc::Rc;
use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::{Delivery, Endpoint, Message, MessageKey, Payload, TriggerType};
use hookwire_store::dispatch::Claim;
use hookwire_store::queue::{ClaimRequest, Claimed};
use rusqlite::params;

use super::cache::AppState;
use super::fifo;
use super::work::Work;
use crate::fault::Done;
use crate::lease::{Lease, Origin};
use crate::row::{all, key, one, read_message, time_or_none};
use crate::sql::queue as sql;

/// Leases deliveries that are due.
pub(crate) fn claim(work: &mut Work<'_>, request: &ClaimRequest) -> Done<Claimed> {
    let Some((state, endpoint)) = work.endpoint(request.endpoint)? else { return Ok(Claimed::default()) };
    if endpoint.disabled {
        return Ok(Claimed::default());
    }
    if fifo::is_fifo(&endpoint) {
        return fifo::claim(work, request, &state, &endpoint);
    }
    // All are read before the first is leased: what can't be read concerns nobody but the caller.
    let mut messages = Vec::new();
    let mut bytes = 0;
    for message in candidates(work, request)? {
        let message = load(work, message, &endpoint)?;
        bytes += message.payload.as_ref().map_or(0, Payload::len);
        if !messages.is_empty() && bytes > request.bytes_max {
            break;
        }
        messages.push(message);
    }
    let lease = |message| lease(work, request, &state, &endpoint, message);
    let claims = messages.into_iter().map(lease).collect::<Done<_>>()?;
    let next_due = work.queued_due(request.endpoint)?;
    Ok(Claimed { claims, next_due })
}

/// Messages whose deliveries may be leased: those with an expired lease, then those that were never leased.
fn candidates(work: &Work<'_>, request: &ClaimRequest) -> Done<Vec<MessageKey>> {
    let limit = request.limit as usize;
    let hints = {
        let mut leases = work.shared.leases.lock().expect("nobody panics with this lock");
        leases.expired(request.endpoint, request.now)
    };
    let mut found = Vec::new();
    for message in hints.into_iter().take(limit) {
        let row = params![message.raw(), request.endpoint.raw(), request.now.micros()];
        if one(work.db, sql::CLAIMABLE_LEASED, row, |_| Ok(()))?.is_some() {
            found.push(message);
        }
    }
    let rest = (limit - found.len()) as i64;
    if rest > 0 {
        let bounds = params![request.endpoint.raw(), request.now.micros(), rest];
        found.extend(all(work.db, sql::CLAIMABLE, bounds, |row| key::<MessageKey>(row, 0))?);
    }
    Ok(found)
}

/// The message; when retention has removed it, what is left of it: a name without a payload.
pub(super) fn load(work: &Work<'_>, key: MessageKey, endpoint: &Endpoint) -> Done<Message> {
    let found = one(work.db, sql::MESSAGE_BY_KEY, [key.raw()], |row| read_message(row, true))?;
    Ok(found.unwrap_or_else(|| Message {
        key,
        app: endpoint.app,
        event_type: hookwire_core::EventTypeName::stored(""),
        event_id: None,
        channels: Vec::new(),
        tags: Vec::new(),
        payload: None,
        created: key.created(),
        deliver_at: None,
        payload_expires: key.created(),
    }))
}

pub(super) fn lease(
    work: &mut Work<'_>,
    request: &ClaimRequest,
    state: &Rc<AppState>,
    endpoint: &Arc<Endpoint>,
    message: Message,
) -> Done<Claim> {
    let row =
        params![message.key.raw(), endpoint.key.raw(), -work.shared.epoch, request.lease_until.micros(),];
    let delivery = one(work.db, sql::CLAIM, row, |row| {
        Ok(Delivery {
            message: message.key,
            endpoint: endpoint.key,
            app: key(row, 0)?,
            attempts: row.get(1)?,
            trigger: TriggerType::from_code(row.get(2)?),
            resume_at: time_or_none(row, 3)?,
            fence: row.get(4)?,
            lease_until: request.lease_until,
        })
    })?;
    let delivery = delivery.expect("the row was found in this transaction");
    let lease = Lease { until: request.lease_until, origin: Origin::Claim };
    work.effects.lease(endpoint.key, message.key, lease);
    Ok(Claim {
        delivery,
        message: Arc::new(message),
        endpoint: Arc::clone(endpoint),
        app: Arc::clone(&state.app),
    })
}
