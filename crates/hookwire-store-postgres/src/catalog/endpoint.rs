//! Endpoints.

use std::sync::Arc;

use hookwire_core::endpoint::ManagedBy;
use hookwire_core::id::Key;
use hookwire_core::limits::{ENDPOINTS_MAX, OLD_SECRETS_MAX};
use hookwire_core::notice::Event;
use hookwire_core::{
    AppKey, Endpoint, EndpointChange, EndpointKey, EventTypeName, NewEndpoint, Reference, Timestamp, Uid,
};
use hookwire_store::catalog::{Changed, Created, Rotated, Rotation};
use hookwire_store::record::EndpointRecord;
use hookwire_store::walk::{Pick, Range};
use hookwire_store::{Error, Page, Slice, Vault};

use super::remove;
use crate::cache::AppState;
use crate::connection::{Link, params};
use crate::fault::{Done, Fault};
use crate::queue::{fifo, notice};
use crate::row::read_endpoint;
use crate::sql::catalog as sql;
use crate::walk::Walking;
use crate::work::Work;

const MANAGED: Error = Error::Conflict(
    "the endpoint belongs to an OAuth install: it changes with its client and goes with its install",
);
const UID_TAKEN: Error = Error::Conflict("another endpoint has this uid");

pub(crate) async fn find(
    link: &Link,
    vault: &Vault,
    app: AppKey,
    endpoint: &Reference<EndpointKey>,
) -> Done<Option<Endpoint>> {
    let found = match endpoint {
        Reference::Key(key) => stored(link, vault, *key).await?,
        Reference::Uid(uid) => {
            let row = link.one(sql::ENDPOINT_BY_UID, params![app.raw(), uid]).await?;
            row.map(|row| read_endpoint(&row, 0, vault)).transpose()?
        }
    };
    Ok(found
        .filter(|(endpoint, is_deleted)| endpoint.app == app && !is_deleted)
        .map(|(endpoint, _)| endpoint))
}

/// The endpoint, and whether it is deleted.
pub(crate) async fn stored(link: &Link, vault: &Vault, key: EndpointKey) -> Done<Option<(Endpoint, bool)>> {
    let row = link.one(sql::ENDPOINT_BY_KEY, params![key.raw()]).await?;
    row.map(|row| read_endpoint(&row, 0, vault)).transpose()
}

pub(crate) async fn list(link: &Link, vault: &Vault, app: AppKey, page: Page) -> Done<Slice<Endpoint>> {
    let walking = Walking::new(link, sql::ENDPOINTS, app.raw(), Range::of(page), params![]);
    let pick = |row: &tokio_postgres::Row| match read_endpoint(row, 0, vault) {
        Ok((endpoint, _)) => Ok(Pick::Take(endpoint)),
        // It must not keep the others from being seen.
        Err(fault) if fault.is_corrupt() => Ok(Pick::Skip),
        Err(fault) => Err(fault),
    };
    walking.page(pick).await
}

fn uid_is_free(state: &AppState, uid: Option<&Uid>, own: Option<EndpointKey>) -> Done<()> {
    let Some(uid) = uid else { return Ok(()) };
    let reference = Reference::Uid(uid.as_str().to_owned());
    let taken = state.endpoint(&reference).map(|other| other.key).or_else(|| state.damaged(&reference));
    if taken.is_some_and(|other| Some(other) != own) { Err(UID_TAKEN.into()) } else { Ok(()) }
}

pub(crate) async fn create(work: &mut Work, app: AppKey, new: NewEndpoint, now: Timestamp) -> Done<Endpoint> {
    let state = room(work, app).await?;
    uid_is_free(&state, new.uid.as_ref(), None)?;
    let endpoint = new.into_endpoint(work.shared.mint.next(now), app, now);
    add(work, &state, endpoint, now).await
}

/// Makes the endpoint of an install.
pub(crate) async fn provision(
    work: &mut Work,
    app: AppKey,
    new: NewEndpoint,
    mark: ManagedBy,
    now: Timestamp,
) -> Done<Endpoint> {
    let state = room(work, app).await?;
    let endpoint = new.into_endpoint(work.shared.mint.next(now), app, now);
    add(work, &state, Endpoint { managed_by: Some(mark), ..endpoint }, now).await
}

/// The app, if it can have one more endpoint; nobody else changes it until the end.
async fn room(work: &Work, app: AppKey) -> Done<Arc<AppState>> {
    let Some(state) = work.app_locked(app).await? else {
        return Err(Error::Conflict("the application is gone").into());
    };
    if state.endpoints.len() + state.damaged.len() >= ENDPOINTS_MAX {
        return Err(Error::Limit("an application can have at most 10000 endpoints").into());
    }
    Ok(state)
}

async fn add(work: &mut Work, state: &AppState, endpoint: Endpoint, now: Timestamp) -> Done<Endpoint> {
    let record = EndpointRecord::new(&endpoint, &work.shared.vault);
    let row = params![
        endpoint.key.raw(),
        endpoint.app.raw(),
        endpoint.uid.as_ref().map(Uid::as_str),
        endpoint.disabled,
        now.micros(),
        now.micros(),
        record.config,
        &record.sealed[..],
        endpoint.managed_by.map(|mark| mark.install.raw()),
        endpoint.managed_by.map(|mark| mark.client.raw()),
    ];
    work.link().run(sql::ENDPOINT_INSERT, row).await?;
    work.changed(endpoint.app).await?;
    notice::tell(work, state, &endpoint, &Event::EndpointCreated, now).await?;
    Ok(endpoint)
}

/// [`live`]; conflict when it is an install's.
async fn own(
    work: &Work,
    app: AppKey,
    endpoint: &Reference<EndpointKey>,
) -> Done<Option<(Arc<AppState>, Endpoint)>> {
    match live(work, app, endpoint).await? {
        Some((_, endpoint)) if endpoint.managed_by.is_some() => Err(MANAGED.into()),
        found => Ok(found),
    }
}

/// The live endpoint as it is now, and its app; nobody else changes them until the end.
async fn live(
    work: &Work,
    app: AppKey,
    endpoint: &Reference<EndpointKey>,
) -> Done<Option<(Arc<AppState>, Endpoint)>> {
    let Some(state) = work.app_locked(app).await? else { return Ok(None) };
    if let Some(damaged) = state.damaged(endpoint) {
        return Err(Fault::corrupt(format!("{damaged} can't be read")));
    }
    let endpoint = state.endpoint(endpoint).map(|endpoint| Endpoint::clone(endpoint));
    Ok(endpoint.map(|endpoint| (state, endpoint)))
}

async fn write(work: &mut Work, state: &AppState, endpoint: Endpoint) -> Done<Endpoint> {
    let record = EndpointRecord::new(&endpoint, &work.shared.vault);
    let row = params![
        endpoint.key.raw(),
        endpoint.uid.as_ref().map(Uid::as_str),
        endpoint.disabled,
        endpoint.updated.micros(),
        record.config.as_str(),
        record.sealed.as_slice(),
    ];
    work.link().run(sql::ENDPOINT_UPDATE, row).await?;
    if endpoint.failing_since.is_none() {
        work.link().run(sql::FAILING_REMOVE, params![vec![endpoint.key.raw()]]).await?;
    }
    work.changed(endpoint.app).await?;
    // Its log limit may be another one now.
    work.tally.touch(endpoint.key, i64::MIN);
    work.effects.changed(&Arc::new(endpoint.clone()), &state.app);
    Ok(endpoint)
}

pub(crate) async fn upsert(
    work: &mut Work,
    app: AppKey,
    endpoint: &Reference<EndpointKey>,
    new: NewEndpoint,
    now: Timestamp,
) -> Done<Created<Endpoint>> {
    match own(work, app, endpoint).await? {
        None => create(work, app, new, now).await.map(Created::Fresh),
        Some((state, endpoint)) => {
            change_in(work, &state, endpoint, new.into_change(), now).await.map(Created::Existing)
        }
    }
}

pub(crate) async fn change(
    work: &mut Work,
    app: AppKey,
    endpoint: &Reference<EndpointKey>,
    change: EndpointChange,
    now: Timestamp,
) -> Done<Option<Endpoint>> {
    let Some((state, endpoint)) = own(work, app, endpoint).await? else { return Ok(None) };
    change_in(work, &state, endpoint, change, now).await.map(Some)
}

async fn change_in(
    work: &mut Work,
    state: &AppState,
    mut endpoint: Endpoint,
    change: EndpointChange,
    now: Timestamp,
) -> Done<Endpoint> {
    let (was_disabled, order) = (endpoint.disabled, endpoint.rules.order);
    change.apply(&mut endpoint, now);
    uid_is_free(state, endpoint.uid.as_ref(), Some(endpoint.key))?;
    let endpoint = write(work, state, endpoint).await?;
    if order != endpoint.rules.order {
        fifo::reorder(work.link(), &endpoint).await?;
    }
    if was_disabled || order != endpoint.rules.order {
        work.tell_next(&endpoint).await?;
    }
    notice::tell(work, state, &endpoint, &Event::EndpointUpdated, now).await?;
    Ok(endpoint)
}

pub(crate) async fn change_as_seen(
    work: &mut Work,
    seen: &Endpoint,
    new: EndpointChange,
    now: Timestamp,
) -> Done<Changed> {
    let reference = Reference::Key(seen.key);
    let Some((state, endpoint)) = own(work, seen.app, &reference).await? else { return Ok(Changed::Absent) };
    if !endpoint.has_credentials_of(seen) {
        return Ok(Changed::Outdated);
    }
    change_in(work, &state, endpoint, new, now).await.map(Changed::Done)
}

pub(crate) async fn rotate(
    work: &mut Work,
    app: AppKey,
    endpoint: &Reference<EndpointKey>,
    rotation: Rotation,
) -> Done<Rotated> {
    let Some((state, mut endpoint)) = own(work, app, endpoint).await? else { return Ok(Rotated::Absent) };
    let Rotation { secret, old_until, now } = rotation;
    if !endpoint.secrets.rotate(secret, now, old_until, OLD_SECRETS_MAX) {
        return Ok(Rotated::TooMany);
    }
    endpoint.updated = now;
    let endpoint = write(work, &state, endpoint).await?;
    notice::tell(work, &state, &endpoint, &Event::EndpointUpdated, now).await?;
    Ok(Rotated::Done(endpoint))
}

pub(crate) async fn delete(
    work: &mut Work,
    app: AppKey,
    endpoint: &Reference<EndpointKey>,
    now: Timestamp,
) -> Done<bool> {
    if let Some(damaged) = work.app_locked(app).await?.and_then(|state| state.damaged(endpoint)) {
        remove::damaged(work, damaged, remove::AT_ONCE, now).await?;
        work.changed(app).await?;
        return Ok(true);
    }
    let Some((state, endpoint)) = own(work, app, endpoint).await? else { return Ok(false) };
    drop_live(work, &state, &endpoint, remove::AT_ONCE, now).await?;
    Ok(true)
}

/// Deletes a live endpoint, whoever manages it. Cancels at most `budget` deliveries at once, and answers what is left of it.
pub(crate) async fn drop_live(
    work: &mut Work,
    state: &AppState,
    endpoint: &Endpoint,
    budget: u32,
    now: Timestamp,
) -> Done<u32> {
    notice::tell(work, state, endpoint, &Event::EndpointDeleted, now).await?;
    let left = remove::endpoint(work, endpoint, budget, now).await?;
    work.changed(endpoint.app).await?;
    Ok(left)
}

/// Gives an install's endpoint these event types, and turns it on if that is wanted.
pub(crate) async fn adjust(
    work: &mut Work,
    (app, endpoint): (AppKey, EndpointKey),
    event_types: Option<Vec<EventTypeName>>,
    turn_on: bool,
    now: Timestamp,
) -> Done<()> {
    let found = live(work, app, &Reference::Key(endpoint)).await?;
    let Some((state, mut endpoint)) = found else { return Ok(()) };
    let is_turned_on = turn_on && endpoint.disabled;
    if !is_turned_on && endpoint.event_types == event_types {
        // Its URL may be another one all the same.
        work.effects.changed(&Arc::new(endpoint), &state.app);
        return Ok(());
    }
    let disabled = is_turned_on.then_some(false);
    let change = EndpointChange { event_types: Some(event_types), disabled, ..EndpointChange::default() };
    change.apply(&mut endpoint, now);
    let endpoint = write(work, &state, endpoint).await?;
    if is_turned_on {
        work.tell_next(&endpoint).await?;
    }
    notice::tell(work, &state, &endpoint, &Event::EndpointUpdated, now).await
}
