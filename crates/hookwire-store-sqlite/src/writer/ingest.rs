//! `ingest`: one message in, whatever it makes out.
//!
//! Who wants it is found out here if that is quick. Otherwise the message goes back to its caller with the app's
//! subscriptions, and comes again with those who want it; then only what has changed meanwhile is looked at.

use std::rc::Rc;
use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::subscription::{Subscription, Subscriptions};
use hookwire_core::{EndpointKey, Message, MessageKey, NewApp, OrgId, Reference, Timestamp, Uid};
pub(crate) use hookwire_store::chooser::{Choice, Incoming, Undecided};
use hookwire_store::ingest::{Ingested, NewMessage};
use rusqlite::params;

use super::cache::AppState;
use super::deliver::deliver;
use super::request::{self, Remembered};
use super::work::Work;
use crate::catalog;
use crate::fault::Done;
use crate::row::{key, one};
use crate::sql::queue as sql;

/// What came of a message.
#[expect(
    clippy::large_enum_variant,
    reason = "an undecided message is rare, and the answer is used up at once"
)]
pub(crate) enum Taken {
    Done(Ingested),
    Undecided(Undecided),
}

/// Accepts a message.
pub(crate) fn ingest(work: &mut Work<'_>, incoming: Incoming) -> Done<Taken> {
    let Incoming { message: new, choice } = incoming;
    if let Some(request) = &new.request {
        match request::recall(work, request, new.now)? {
            Remembered::Nothing | Remembered::Running => {}
            Remembered::OtherBody | Remembered::Answer(_) => return Ok(Taken::Done(Ingested::OtherBody)),
            Remembered::Message(message) => return Ok(Taken::Done(Ingested::Repeated(message))),
        }
    }
    let Some(state) = work.resolve(&new.org, &new.app)? else { return with_new_app(work, new, &choice) };
    into_app(work, &state, new, &choice)
}

fn into_app(work: &mut Work<'_>, state: &Rc<AppState>, new: NewMessage, choice: &Choice) -> Done<Taken> {
    if let Some(event_id) = &new.event_id
        && let Some(taken) = by_event_id(work, state, event_id)?
    {
        return Ok(Taken::Done(Ingested::EventIdTaken(taken)));
    }
    let endpoints = match new.only_to.map(|only| state.endpoints.get(&only)) {
        Some(None) => return Ok(Taken::Done(Ingested::NoEndpoint)),
        Some(Some(only)) => {
            if only.disabled {
                Vec::new()
            } else {
                vec![only.key]
            }
        }
        None => match choose(state, &new, choice) {
            Some(endpoints) => endpoints,
            None => return Ok(Taken::Undecided(undecided(state, new))),
        },
    };
    let (request, now, retention, app) = (new.request, new.now, new.payload_retention, state.app.key);
    // A payload is kept for its time from when it may first be delivered.
    let due = new.deliver_at.map_or(now, |at| at.max(now));
    let message = Message {
        key: new.key,
        app,
        event_type: new.event_type,
        event_id: new.event_id,
        channels: new.channels,
        tags: new.tags,
        payload: Some(new.payload),
        created: now,
        deliver_at: new.deliver_at,
        payload_expires: due.plus(retention),
    };
    let deliveries = deliver(work, state, message, retention, &endpoints)?;
    if let Some(request) = &request {
        request::remember_message(work, request, new.key, now)?;
    }
    Ok(Taken::Done(Ingested::Accepted { app, deliveries }))
}

/// The endpoints that want the message; `None` when it may take long to find out.
fn choose(state: &AppState, new: &NewMessage, choice: &Choice) -> Option<Vec<EndpointKey>> {
    let (event_type, payload) = (new.event_type.as_str(), Some(&*new.payload.json));
    let soon = |all: &Subscriptions| all.wanted_soon(event_type, &new.channels, payload);
    let at_last = |all: &Subscriptions| all.wanted_by(event_type, &new.channels, payload);
    let Choice::Made { version, endpoints, is_last } = choice else { return soon(state.subscriptions()) };
    let Some(changed) = state.changed_since(*version) else {
        return is_last.then(|| at_last(state.subscriptions()));
    };
    if changed.is_empty() {
        return Some(endpoints.clone());
    }
    let changed_now = changed.iter().filter_map(|key| state.endpoints.get(key));
    let others = Subscriptions::new(changed_now.filter_map(|endpoint| Subscription::of(endpoint)));
    let mut wanting = if *is_last { at_last(&others) } else { soon(&others)? };
    wanting.extend(endpoints.iter().filter(|key| !changed.contains(key)));
    wanting.sort_unstable();
    Some(wanting)
}

fn undecided(state: &AppState, message: NewMessage) -> Undecided {
    let (app, version) = (state.app.key, state.version());
    Undecided { message, app, version, subscriptions: Arc::clone(state.subscriptions()) }
}

fn by_event_id(work: &Work<'_>, state: &AppState, event_id: &Uid) -> Done<Option<MessageKey>> {
    one(work.db, sql::MESSAGE_BY_EVENT_ID, params![state.app.key.raw(), event_id.as_str()], |row| key(row, 0))
}

/// There is no such app: it is made, when the caller said so.
fn with_new_app(work: &mut Work<'_>, new: NewMessage, choice: &Choice) -> Done<Taken> {
    let Some(words) = new.create_app.clone() else { return Ok(Taken::Done(Ingested::NoApp)) };
    let state = find_or_make(work, &new.org, words, new.now)?;
    into_app(work, &state, new, choice)
}

fn find_or_make(work: &mut Work<'_>, org: &OrgId, words: NewApp, now: Timestamp) -> Done<Rc<AppState>> {
    if let Some(uid) = &words.uid
        && let Some(state) = work.resolve(org, &Reference::Uid(uid.as_str().to_owned()))?
    {
        return Ok(state);
    }
    catalog::app::insert(work, org, words, now)
}

#[cfg(test)]
mod tests;
