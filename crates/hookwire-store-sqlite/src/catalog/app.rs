//! Apps.

use std::rc::Rc;
use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::{App, AppChange, AppKey, ClientKey, NewApp, OrgId, Reference, Timestamp, Uid};
use hookwire_store::catalog::{AppExclusion, Created};
use hookwire_store::{Error, Page, Slice};
use rusqlite::params;

use super::remove;
use crate::fault::Done;
use crate::oauth;
use crate::reader::Reading;
use crate::row::{metadata_text, one, read_app, read_endpoint, run};
use crate::sql::{catalog as sql, triggers};
use crate::walk::{Pick, Range};
use crate::writer::cache::AppState;
use crate::writer::work::Work;

const UID_TAKEN: Error = Error::Conflict("another application has this uid");

pub(crate) fn find(reading: &Reading<'_>, org: &OrgId, app: &Reference<AppKey>) -> Done<Option<App>> {
    let Some((org_key, profile)) = reading.org_with_profile(org)? else { return Ok(None) };
    match app {
        Reference::Key(key) => {
            let found = one(reading.db, sql::APP_BY_KEY, [key.raw()], |row| {
                Ok((read_app(row, org, &profile)?, row.get::<_, i64>(7)?))
            })?;
            Ok(found.filter(|(_, owner)| *owner == org_key).map(|(app, _)| app))
        }
        Reference::Uid(uid) => {
            one(reading.db, sql::APP_BY_UID, params![org_key, uid], |row| read_app(row, org, &profile))
        }
    }
}

pub(crate) fn list(
    reading: &Reading<'_>,
    org: &OrgId,
    page: Page,
    without: &[AppExclusion],
) -> Done<Slice<App>> {
    let Some((org_key, profile)) = reading.org_with_profile(org)? else {
        return Ok(Slice::cut(Vec::new(), page.limit));
    };
    Range::of(page).read(reading.db, sql::APPS, org_key, &[], |row| {
        let app = read_app(row, org, &profile)?;
        let is_out = !without.is_empty() && is_covered(reading, app.key, without)?;
        Ok((row.get(0)?, if is_out { Pick::Skip } else { Pick::Take(app) }))
    })
}

/// Whether one of the exclusions covers all endpoints of the app. Reads only as many as it takes to know.
fn is_covered(reading: &Reading<'_>, app: AppKey, without: &[AppExclusion]) -> Done<bool> {
    let mut statement = reading.db.prepare_cached(sql::ENDPOINTS_OF_APP)?;
    let mut rows = statement.query([app.raw()])?;
    let mut open: Vec<&AppExclusion> = without.iter().collect();
    let mut is_bare = true;
    while let Some(row) = rows.next()? {
        is_bare = false;
        let endpoint = match read_endpoint(row, &reading.shared.vault) {
            Ok((endpoint, _)) => endpoint,
            // What can't be read is nothing that an exclusion is known to cover.
            Err(fault) if fault.is_corrupt() => return Ok(false),
            Err(fault) => return Err(fault),
        };
        open.retain(|exclusion| exclusion.covers(Some(&endpoint)));
        if open.is_empty() {
            return Ok(false);
        }
    }
    Ok(if is_bare { without.iter().any(|exclusion| exclusion.covers(None)) } else { !open.is_empty() })
}

/// Writes a new app. Its uid must be free.
pub(crate) fn insert(work: &mut Work<'_>, org: &OrgId, new: NewApp, now: Timestamp) -> Done<Rc<AppState>> {
    let org_key = work.cache.org_or_new(work.db, org)?;
    let profile = work.cache.profile(work.db, org)?;
    let app = new.into_app(work.shared.mint.next(now), org.clone(), profile, now);
    let row = params![
        app.key.raw(),
        org_key,
        app.uid.as_ref().map(Uid::as_str),
        app.name,
        app.throttle_rate,
        metadata_text(&app.metadata),
        now.micros(),
        now.micros(),
    ];
    run(work.db, sql::APP_INSERT, row)?;
    Ok(work.cache.put_new(app, org_key))
}

fn by_uid(work: &mut Work<'_>, org: &OrgId, uid: Option<&Uid>) -> Done<Option<Rc<AppState>>> {
    let Some(uid) = uid else { return Ok(None) };
    work.resolve(org, &Reference::Uid(uid.as_str().to_owned()))
}

pub(crate) fn create(work: &mut Work<'_>, org: &OrgId, new: NewApp, now: Timestamp) -> Done<Created<App>> {
    if let Some(taken) = by_uid(work, org, new.uid.as_ref())? {
        return Ok(Created::Existing(App::clone(&taken.app)));
    }
    let state = insert(work, org, new, now)?;
    Ok(Created::Fresh(App::clone(&state.app)))
}

pub(crate) fn upsert(
    work: &mut Work<'_>,
    org: &OrgId,
    app: &Reference<AppKey>,
    new: NewApp,
    now: Timestamp,
) -> Done<Created<App>> {
    if work.resolve(org, app)?.is_some() {
        let changed = change(work, org, app, new.into_change(), now)?;
        return Ok(Created::Existing(changed.expect("the app was there a moment ago, in this transaction")));
    }
    if by_uid(work, org, new.uid.as_ref())?.is_some() {
        return Err(UID_TAKEN.into());
    }
    let state = insert(work, org, new, now)?;
    Ok(Created::Fresh(App::clone(&state.app)))
}

pub(crate) fn change(
    work: &mut Work<'_>,
    org: &OrgId,
    app: &Reference<AppKey>,
    change: AppChange,
    now: Timestamp,
) -> Done<Option<App>> {
    let Some(state) = work.resolve(org, app)? else { return Ok(None) };
    let mut app = App::clone(&state.app);
    drop(state);
    change.apply(&mut app, now);
    if by_uid(work, org, app.uid.as_ref())?.is_some_and(|other| other.app.key != app.key) {
        return Err(UID_TAKEN.into());
    }
    let row = params![
        app.key.raw(),
        app.uid.as_ref().map(Uid::as_str),
        app.name,
        app.throttle_rate,
        metadata_text(&app.metadata),
        app.updated.micros(),
    ];
    run(work.db, sql::APP_UPDATE, row)?;
    let app = Arc::new(app);
    work.cache.replace_app(&app);
    work.effects.app_changed(Arc::clone(&app));
    Ok(Some(App::clone(&app)))
}

/// Deletes an app; answers the OAuth clients that it owned, whose installs are still to go.
pub(crate) fn delete(
    work: &mut Work<'_>,
    org: &OrgId,
    app: &Reference<AppKey>,
    now: Timestamp,
) -> Done<Option<Vec<ClientKey>>> {
    let Some(state) = work.resolve(org, app)? else { return Ok(None) };
    let mut budget = remove::AT_ONCE;
    for endpoint in state.endpoints.values() {
        budget = remove::endpoint(work, endpoint, budget, now)?;
    }
    for endpoint in state.damaged.keys() {
        budget = remove::damaged(work, *endpoint, budget, now)?;
    }
    run(work.db, sql::APP_DELETE, [state.app.key.raw()])?;
    work.raise_key_high(state.app.key.raw())?;
    run(work.db, triggers::TRIGGERS_REMOVE, [state.app.key.raw()])?;
    let clients = oauth::forget_app(work, state.app.key)?;
    work.cache.forget(state.app.key);
    Ok(Some(clients))
}
