//! Operational notices: messages of an internal app, written in the transaction of what they tell.

use std::rc::Rc;
use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::notice::{self, Event, MessageFacts, NOTICES_ORG, notices_org};
use hookwire_core::{Attempt, Endpoint, Message, OrgId, Payload, Reference, Timestamp, Transition, Uid};
use hookwire_store::queue::Settlement;

use super::cache::AppState;
use super::deliver::deliver;
use super::work::Work;
use crate::fault::Done;
use crate::row::{one, text_or_none};
use crate::sql::queue as sql;

/// Tells the org of `state`'s app that something happened to `endpoint`, when it wants to know.
pub(crate) fn tell(
    work: &mut Work<'_>,
    state: &AppState,
    endpoint: &Endpoint,
    event: &Event,
    now: Timestamp,
) -> Done<()> {
    let Some(internal) = internal_app(work, &state.app.org)? else { return Ok(()) };
    let retention = work.shared.settings.payload_retention;
    let (event_type, payload) =
        (event.event_type(), Payload::from_json(event.payload_of(&state.app, endpoint)));
    let wanting = internal.subscriptions().wanted_by(event_type.as_str(), &[], Some(&payload.json));
    let message = Message {
        key: work.shared.mint.next(now),
        app: internal.app.key,
        event_type,
        event_id: None,
        channels: Vec::new(),
        tags: Vec::new(),
        payload: Some(payload),
        created: now,
        deliver_at: None,
        payload_expires: now.plus(retention),
    };
    deliver(work, &internal, message, retention, &wanting)?;
    Ok(())
}

/// The internal app that carries notices about `org`. There are no notices about notices.
pub(super) fn internal_app(work: &mut Work<'_>, org: &OrgId) -> Done<Option<Rc<AppState>>> {
    if !work.shared.settings.notices || org.as_str() == NOTICES_ORG {
        return Ok(None);
    }
    work.resolve(&notices_org(), &Reference::Uid(org.as_str().to_owned()))
}

/// Tells the org what an attempt means for its message, if that is worth telling.
pub(crate) fn of_attempt(
    work: &mut Work<'_>,
    settlement: &Settlement,
    attempt: &Attempt,
    state: &Rc<AppState>,
    endpoint: &Arc<Endpoint>,
    now: Timestamp,
) -> Done<()> {
    let delivery = &settlement.delivery;
    // A failed attempt by hand uses up nothing of the schedule, so it is not reported either.
    if delivery.resume_at.is_some() && matches!(settlement.transition, Transition::RetryAt(_)) {
        return Ok(());
    }
    let facts = MessageFacts {
        message: delivery.message,
        event_id: None,
        attempt: attempt.key,
        response_code: attempt.response_code,
        at: attempt.at,
    };
    let Some(mut event) = notice::of_attempt(delivery.attempts + 1, settlement.transition, facts) else {
        return Ok(());
    };
    if internal_app(work, &state.app.org)?.is_none() {
        return Ok(());
    }
    if let Event::AttemptFailing(facts) | Event::AttemptExhausted(facts) | Event::AttemptRecovered(facts) =
        &mut event
    {
        let row = [delivery.message.raw()];
        facts.event_id =
            one(work.db, sql::MESSAGE_STATE, row, |row| Ok(text_or_none(row, 2)?.map(Uid::stored)))?
                .flatten();
    }
    tell(work, state, endpoint, &event, now)
}
