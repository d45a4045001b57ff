//! Endpoints.

use std::rc::Rc;
use std::sync::Arc;

use hookwire_core::endpoint::ManagedBy;
use hookwire_core::id::Key;
use hookwire_core::limits::{ENDPOINTS_MAX, OLD_SECRETS_MAX};
use hookwire_core::notice::Event;
use hookwire_core::{
    AppKey, Endpoint, EndpointChange, EndpointKey, EventTypeName, NewEndpoint, Reference, Timestamp, Uid,
};
use hookwire_store::catalog::{Changed, Created, Rotated, Rotation};
use hookwire_store::{Error, Page, Slice};
use rusqlite::params;

use super::remove;
use crate::fault::Done;
use crate::reader::Reading;
use crate::row::{EndpointRow, one, read_endpoint, run};
use crate::sql::catalog as sql;
use crate::walk::{Pick, Range};
use crate::writer::cache::{AppState, unreadable};
use crate::writer::fifo;
use crate::writer::health::refresh;
use crate::writer::notice;
use crate::writer::work::Work;

const MANAGED: Error = Error::Conflict(
    "the endpoint belongs to an OAuth install: it changes with its client and goes with its install",
);
const UID_TAKEN: Error = Error::Conflict("another endpoint has this uid");

pub(crate) fn find(
    reading: &Reading<'_>,
    app: AppKey,
    endpoint: &Reference<EndpointKey>,
) -> Done<Option<Endpoint>> {
    let found = match endpoint {
        Reference::Key(key) => stored(reading, *key)?,
        Reference::Uid(uid) => one(reading.db, sql::ENDPOINT_BY_UID, params![app.raw(), uid], |row| {
            read_endpoint(row, &reading.shared.vault)
        })?,
    };
    Ok(found
        .filter(|(endpoint, is_deleted)| endpoint.app == app && !is_deleted)
        .map(|(endpoint, _)| endpoint))
}

/// The endpoint, and whether it is deleted.
pub(crate) fn stored(reading: &Reading<'_>, key: EndpointKey) -> Done<Option<(Endpoint, bool)>> {
    one(reading.db, sql::ENDPOINT_BY_KEY, [key.raw()], |row| read_endpoint(row, &reading.shared.vault))
}

pub(crate) fn list(reading: &Reading<'_>, app: AppKey, page: Page) -> Done<Slice<Endpoint>> {
    Range::of(page).read(reading.db, sql::ENDPOINTS, app.raw(), &[], |row| {
        let picked = match read_endpoint(row, &reading.shared.vault) {
            Ok((endpoint, _)) => Pick::Take(endpoint),
            // It must not keep the others from being seen.
            Err(fault) if fault.is_corrupt() => Pick::Skip,
            Err(fault) => return Err(fault),
        };
        Ok((row.get(0)?, picked))
    })
}

fn uid_is_free(state: &AppState, uid: Option<&Uid>, own: Option<EndpointKey>) -> Done<()> {
    let Some(uid) = uid else { return Ok(()) };
    let reference = Reference::Uid(uid.as_str().to_owned());
    let taken = state.endpoint(&reference).map(|other| other.key).or_else(|| state.damaged(&reference));
    if taken.is_some_and(|other| Some(other) != own) { Err(UID_TAKEN.into()) } else { Ok(()) }
}

pub(crate) fn create(work: &mut Work<'_>, app: AppKey, new: NewEndpoint, now: Timestamp) -> Done<Endpoint> {
    let state = room(work, app)?;
    uid_is_free(&state, new.uid.as_ref(), None)?;
    let endpoint = new.into_endpoint(work.shared.mint.next(now), app, now);
    add(work, state, endpoint, now)
}

/// Makes the endpoint of an install.
pub(crate) fn provision(
    work: &mut Work<'_>,
    app: AppKey,
    new: NewEndpoint,
    mark: ManagedBy,
    now: Timestamp,
) -> Done<Endpoint> {
    let state = room(work, app)?;
    let endpoint = new.into_endpoint(work.shared.mint.next(now), app, now);
    add(work, state, Endpoint { managed_by: Some(mark), ..endpoint }, now)
}

/// The app, if it can have one more endpoint.
fn room(work: &mut Work<'_>, app: AppKey) -> Done<Rc<AppState>> {
    let Some(state) = work.app(app)? else { return Err(Error::Conflict("the application is gone").into()) };
    if state.endpoints.len() + state.damaged.len() >= ENDPOINTS_MAX {
        return Err(Error::Limit("an application can have at most 10000 endpoints").into());
    }
    Ok(state)
}

fn add(work: &mut Work<'_>, state: Rc<AppState>, endpoint: Endpoint, now: Timestamp) -> Done<Endpoint> {
    let endpoint = Arc::new(endpoint);
    let columns = EndpointRow::new(&endpoint, &work.shared.vault);
    let row = params![
        endpoint.key.raw(),
        endpoint.app.raw(),
        endpoint.uid.as_ref().map(Uid::as_str),
        endpoint.disabled,
        endpoint.failing_since.map(Timestamp::micros),
        now.micros(),
        now.micros(),
        columns.config,
        columns.sealed,
        endpoint.managed_by.map(|mark| mark.install.raw()),
        endpoint.managed_by.map(|mark| mark.client.raw()),
    ];
    run(work.db, sql::ENDPOINT_INSERT, row)?;
    if let Some(live) = &mut work.cache.endpoints_live {
        *live += 1;
    }
    let state = refresh(work, state, &endpoint)?;
    notice::tell(work, &state, &endpoint, &Event::EndpointCreated, now)?;
    Ok(Endpoint::clone(&endpoint))
}

/// The live endpoint with its health as it is now, and its app. Conflict when it is an install's.
fn own(
    work: &mut Work<'_>,
    app: AppKey,
    endpoint: &Reference<EndpointKey>,
) -> Done<Option<(Rc<AppState>, Endpoint)>> {
    match live(work, app, endpoint)? {
        Some((_, endpoint)) if endpoint.managed_by.is_some() => Err(MANAGED.into()),
        found => Ok(found),
    }
}

/// The live endpoint with its health as it is now, and its app.
fn live(
    work: &mut Work<'_>,
    app: AppKey,
    endpoint: &Reference<EndpointKey>,
) -> Done<Option<(Rc<AppState>, Endpoint)>> {
    let Some(state) = work.app(app)? else { return Ok(None) };
    if let Some(damaged) = state.damaged(endpoint) {
        return Err(unreadable(damaged));
    }
    let Some(endpoint) = state.endpoint(endpoint) else { return Ok(None) };
    let failing_since = work.cache.failing.get(&endpoint.key).copied();
    let endpoint = Endpoint { failing_since, ..Endpoint::clone(endpoint) };
    Ok(Some((state, endpoint)))
}

fn write(
    work: &mut Work<'_>,
    state: Rc<AppState>,
    endpoint: Endpoint,
) -> Done<(Rc<AppState>, Arc<Endpoint>)> {
    let columns = EndpointRow::new(&endpoint, &work.shared.vault);
    let row = params![
        endpoint.key.raw(),
        endpoint.uid.as_ref().map(Uid::as_str),
        endpoint.disabled,
        endpoint.failing_since.map(Timestamp::micros),
        endpoint.updated.micros(),
        columns.config,
        columns.sealed,
    ];
    run(work.db, sql::ENDPOINT_UPDATE, row)?;
    work.tally.failing.remove(&endpoint.key);
    // Its log limit may be another one now.
    work.tally.touch(endpoint.key, i64::MIN);
    let endpoint = Arc::new(endpoint);
    let state = refresh(work, state, &endpoint)?;
    work.effects.changed(&endpoint, &state.app);
    Ok((state, endpoint))
}

pub(crate) fn upsert(
    work: &mut Work<'_>,
    app: AppKey,
    endpoint: &Reference<EndpointKey>,
    new: NewEndpoint,
    now: Timestamp,
) -> Done<Created<Endpoint>> {
    if live(work, app, endpoint)?.is_none() {
        return create(work, app, new, now).map(Created::Fresh);
    }
    let changed = change(work, app, endpoint, new.into_change(), now)?;
    Ok(Created::Existing(changed.expect("the endpoint was there a moment ago, in this transaction")))
}

pub(crate) fn change(
    work: &mut Work<'_>,
    app: AppKey,
    endpoint: &Reference<EndpointKey>,
    change: EndpointChange,
    now: Timestamp,
) -> Done<Option<Endpoint>> {
    let Some((state, mut endpoint)) = own(work, app, endpoint)? else { return Ok(None) };
    let (was_disabled, order) = (endpoint.disabled, endpoint.rules.order);
    change.apply(&mut endpoint, now);
    uid_is_free(&state, endpoint.uid.as_ref(), Some(endpoint.key))?;
    let (state, endpoint) = write(work, state, endpoint)?;
    if order != endpoint.rules.order {
        fifo::forget(work, endpoint.key)?;
    }
    if was_disabled || order != endpoint.rules.order {
        work.tell_next(&endpoint)?;
    }
    notice::tell(work, &state, &endpoint, &Event::EndpointUpdated, now)?;
    Ok(Some(Endpoint::clone(&endpoint)))
}

pub(crate) fn change_as_seen(
    work: &mut Work<'_>,
    seen: &Endpoint,
    new: EndpointChange,
    now: Timestamp,
) -> Done<Changed> {
    let reference = Reference::Key(seen.key);
    let Some((_, endpoint)) = live(work, seen.app, &reference)? else { return Ok(Changed::Absent) };
    if !endpoint.has_credentials_of(seen) {
        return Ok(Changed::Outdated);
    }
    Ok(change(work, seen.app, &reference, new, now)?.map_or(Changed::Absent, Changed::Done))
}

pub(crate) fn rotate(
    work: &mut Work<'_>,
    app: AppKey,
    endpoint: &Reference<EndpointKey>,
    rotation: Rotation,
) -> Done<Rotated> {
    let Some((state, mut endpoint)) = own(work, app, endpoint)? else { return Ok(Rotated::Absent) };
    let Rotation { secret, old_until, now } = rotation;
    if !endpoint.secrets.rotate(secret, now, old_until, OLD_SECRETS_MAX) {
        return Ok(Rotated::TooMany);
    }
    endpoint.updated = now;
    let (state, endpoint) = write(work, state, endpoint)?;
    notice::tell(work, &state, &endpoint, &Event::EndpointUpdated, now)?;
    Ok(Rotated::Done(Endpoint::clone(&endpoint)))
}

pub(crate) fn delete(
    work: &mut Work<'_>,
    app: AppKey,
    endpoint: &Reference<EndpointKey>,
    now: Timestamp,
) -> Done<bool> {
    if let Some(damaged) = work.app(app)?.and_then(|state| state.damaged(endpoint)) {
        remove::damaged(work, damaged, remove::AT_ONCE, now)?;
        work.cache.remove_endpoint(app, damaged);
        return Ok(true);
    }
    let Some((state, endpoint)) = own(work, app, endpoint)? else { return Ok(false) };
    drop_live(work, state, &endpoint, remove::AT_ONCE, now)?;
    Ok(true)
}

/// Deletes a live endpoint, whoever manages it. Cancels at most `budget` deliveries at once, and answers what is left of it.
pub(crate) fn drop_live(
    work: &mut Work<'_>,
    state: Rc<AppState>,
    endpoint: &Endpoint,
    budget: u32,
    now: Timestamp,
) -> Done<u32> {
    notice::tell(work, &state, endpoint, &Event::EndpointDeleted, now)?;
    drop(state);
    let left = remove::endpoint(work, endpoint, budget, now)?;
    work.tally.failing.remove(&endpoint.key);
    work.cache.remove_endpoint(endpoint.app, endpoint.key);
    Ok(left)
}

/// Gives an install's endpoint these event types, and turns it on if that is wanted.
pub(crate) fn adjust(
    work: &mut Work<'_>,
    app: AppKey,
    endpoint: EndpointKey,
    event_types: Option<Vec<EventTypeName>>,
    turn_on: bool,
    now: Timestamp,
) -> Done<()> {
    let Some((state, mut endpoint)) = live(work, app, &Reference::Key(endpoint))? else { return Ok(()) };
    let is_turned_on = turn_on && endpoint.disabled;
    if !is_turned_on && endpoint.event_types == event_types {
        // Its URL may be another one all the same.
        if let Some(endpoint) = state.endpoints.get(&endpoint.key) {
            work.effects.changed(endpoint, &state.app);
        }
        return Ok(());
    }
    let disabled = is_turned_on.then_some(false);
    let change = EndpointChange { event_types: Some(event_types), disabled, ..EndpointChange::default() };
    change.apply(&mut endpoint, now);
    let (state, endpoint) = write(work, state, endpoint)?;
    if is_turned_on {
        work.tell_next(&endpoint)?;
    }
    notice::tell(work, &state, &endpoint, &Event::EndpointUpdated, now)
}
