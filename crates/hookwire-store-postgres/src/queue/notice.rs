//! Operational notices: messages of an internal app, written in the transaction of what they tell.

use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::notice::{self, Event, MessageFacts, NOTICES_ORG, notices_org};
use hookwire_core::{Attempt, Endpoint, Message, OrgId, Payload, Reference, Timestamp, Transition, Uid};
use hookwire_store::queue::Settlement;

use super::deliver::deliver;
use crate::cache::AppState;
use crate::connection::params;
use crate::fault::Done;
use crate::row::get;
use crate::sql::queue as sql;
use crate::work::Work;

/// Tells the org of `state`'s app that something happened to `endpoint`, when it wants to know.
pub(crate) async fn tell(
    work: &mut Work,
    state: &AppState,
    endpoint: &Endpoint,
    event: &Event,
    now: Timestamp,
) -> Done<()> {
    let Some(internal) = internal_app(work, &state.app.org).await? else { return Ok(()) };
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
    deliver(work, &internal, message, &wanting).await
}

/// The internal app that carries notices about `org`, as it is now. There are no notices about notices.
pub(super) async fn internal_app(work: &Work, org: &OrgId) -> Done<Option<Arc<AppState>>> {
    if !work.shared.settings.notices || org.as_str() == NOTICES_ORG {
        return Ok(None);
    }
    let (org, reference) = (notices_org(), Reference::Uid(org.as_str().to_owned()));
    let shared = &work.shared;
    let Some(known) = shared.cache.resolve(work.link(), &shared.vault, &org, &reference).await? else {
        return Ok(None);
    };
    let row = work.link().one(sql::APP_VERSIONS, params![vec![known.app.key.raw()]]).await?;
    if row.map_or(Ok(0), |row| get::<i64>(&row, 1))? == known.version {
        return Ok(Some(known));
    }
    shared.cache.forget(known.app.key);
    shared.cache.resolve(work.link(), &shared.vault, &org, &reference).await
}

/// What an attempt means for its message, if that is worth telling.
pub(crate) fn event_of(settlement: &Settlement, attempt: &Attempt) -> Option<Event> {
    let delivery = &settlement.delivery;
    // A failed attempt by hand uses up nothing of the schedule, so it is not reported either.
    if delivery.resume_at.is_some() && matches!(settlement.transition, Transition::RetryAt(_)) {
        return None;
    }
    let facts = MessageFacts {
        message: delivery.message,
        event_id: None,
        attempt: attempt.key,
        response_code: attempt.response_code,
        at: attempt.at,
    };
    notice::of_attempt(delivery.attempts + 1, settlement.transition, facts)
}

/// Tells the org what an attempt means for its message.
pub(crate) async fn of_attempt(
    work: &mut Work,
    settlement: &Settlement,
    attempt: &Attempt,
    state: &AppState,
    endpoint: &Endpoint,
    now: Timestamp,
) -> Done<()> {
    let Some(mut event) = event_of(settlement, attempt) else { return Ok(()) };
    if internal_app(work, &state.app.org).await?.is_none() {
        return Ok(());
    }
    if let Event::AttemptFailing(facts) | Event::AttemptExhausted(facts) | Event::AttemptRecovered(facts) =
        &mut event
    {
        let row = work.link().one(sql::MESSAGE_STATE, params![settlement.delivery.message.raw()]).await?;
        let id = row.as_ref().map_or(Ok(None), |row| get::<Option<&str>>(row, 2))?;
        facts.event_id = id.map(Uid::stored);
    }
    tell(work, state, endpoint, &event, now).await
}
