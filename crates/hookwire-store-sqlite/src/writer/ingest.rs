//! `ingest`: one message in, whatever it makes out.

use std::rc::Rc;

use hookwire_core::id::Key;
use hookwire_core::{Message, MessageKey, NewApp, OrgId, Reference, Timestamp, Uid};
use hookwire_store::ingest::{Ingested, NewMessage};
use rusqlite::params;

use super::cache::AppState;
use super::deliver::{Audience, deliver};
use super::request::{self, Remembered};
use super::work::Work;
use crate::catalog;
use crate::fault::Done;
use crate::row::{key, one};
use crate::sql::queue as sql;

/// Accepts a message.
pub(crate) fn ingest(work: &mut Work<'_>, new: NewMessage) -> Done<Ingested> {
    if let Some(request) = &new.request {
        match request::recall(work, request, new.now)? {
            Remembered::Nothing | Remembered::Running => {}
            Remembered::OtherBody | Remembered::Answer(_) => return Ok(Ingested::OtherBody),
            Remembered::Message(message) => return Ok(Ingested::Repeated(message)),
        }
    }
    let Some(state) = work.resolve(&new.org, &new.app)? else { return with_new_app(work, new) };
    into_app(work, &state, new)
}

fn into_app(work: &mut Work<'_>, state: &Rc<AppState>, new: NewMessage) -> Done<Ingested> {
    if let Some(event_id) = &new.event_id
        && let Some(taken) = by_event_id(work, state, event_id)?
    {
        return Ok(Ingested::EventIdTaken(taken));
    }
    let audience = match new.only_to {
        Some(endpoint) if !state.endpoints.contains_key(&endpoint) => return Ok(Ingested::NoEndpoint),
        Some(endpoint) => Audience::Only(endpoint),
        None => Audience::Subscribers,
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
    let deliveries = deliver(work, state, message, retention, audience)?;
    if let Some(request) = &request {
        request::remember_message(work, request, new.key, now)?;
    }
    Ok(Ingested::Accepted { app, deliveries })
}

fn by_event_id(work: &Work<'_>, state: &AppState, event_id: &Uid) -> Done<Option<MessageKey>> {
    one(work.db, sql::MESSAGE_BY_EVENT_ID, params![state.app.key.raw(), event_id.as_str()], |row| key(row, 0))
}

/// There is no such app: it is made, when the caller said so.
fn with_new_app(work: &mut Work<'_>, mut new: NewMessage) -> Done<Ingested> {
    let Some(words) = new.create_app.take() else { return Ok(Ingested::NoApp) };
    let org = new.org.clone();
    let state = find_or_make(work, &org, words, new.now)?;
    into_app(work, &state, new)
}

fn find_or_make(work: &mut Work<'_>, org: &OrgId, words: NewApp, now: Timestamp) -> Done<Rc<AppState>> {
    if let Some(uid) = &words.uid
        && let Some(state) = work.resolve(org, &Reference::Uid(uid.as_str().to_owned()))?
    {
        return Ok(state);
    }
    catalog::app::insert(work, org, words, now)
}
