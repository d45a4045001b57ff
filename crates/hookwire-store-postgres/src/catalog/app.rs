//! Apps.

use std::collections::HashMap;
use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::{App, AppChange, AppKey, ClientKey, NewApp, OrgId, Reference, Timestamp, Uid};
use hookwire_store::catalog::{AppExclusion, Created};
use hookwire_store::record::EndpointRecord;
use hookwire_store::walk::{Collector, Pick, Range};
use hookwire_store::{Error, Page, Slice, Vault};
use tokio_postgres::Row;

use super::{org, remove};
use crate::connection::{Link, params};
use crate::fault::{Done, Fault};
use crate::oauth;
use crate::row::{get, key, metadata_text, read_app, read_endpoint};
use crate::sql::{catalog as sql, triggers};
use crate::walk::Walking;
use crate::work::Work;

const UID_TAKEN: Error = Error::Conflict("another application has this uid");

pub(crate) async fn find(link: &Link, org: &OrgId, app: &Reference<AppKey>) -> Done<Option<App>> {
    let Some((org_key, profile)) = org::with_profile(link, org).await? else { return Ok(None) };
    let row = match app {
        Reference::Key(key) => {
            let row = link.one(sql::APP_BY_KEY, params![key.raw()]).await?;
            let is_own = |row: &Row| get::<i64>(row, 7).is_ok_and(|owner| owner == org_key);
            row.filter(is_own)
        }
        Reference::Uid(uid) => link.one(sql::APP_BY_UID, params![org_key, uid]).await?,
    };
    row.map(|row| read_app(&row, org, &profile)).transpose()
}

pub(crate) async fn list(
    link: &Link,
    vault: &Vault,
    org: &OrgId,
    page: Page,
    without: &[AppExclusion],
) -> Done<Slice<App>> {
    let Some((org_key, profile)) = org::with_profile(link, org).await? else {
        return Ok(Slice::cut(Vec::new(), page.limit));
    };
    let range = Range::of(page);
    let mut walking = Walking::new(link, sql::APPS, org_key, range, params![]);
    let mut collector: Collector<App> = range.collector();
    loop {
        let rows = walking.next().await?;
        if rows.is_empty() {
            return Ok(collector.finish());
        }
        let apps = rows.iter().map(|row| read_app(row, org, &profile)).collect::<Done<Vec<_>>>()?;
        let left_out = left_out(link, vault, &apps, without).await?;
        for app in apps {
            let key = app.key;
            let pick = if left_out.contains(&key) { Pick::Skip } else { Pick::Take(app) };
            if !collector.add(key.raw(), pick) {
                return Ok(collector.finish());
            }
        }
    }
}

/// Those of the apps that one of the exclusions covers with all of their endpoints.
async fn left_out(link: &Link, vault: &Vault, apps: &[App], without: &[AppExclusion]) -> Done<Vec<AppKey>> {
    if without.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<i64> = apps.iter().map(|app| app.key.raw()).collect();
    let mut open: HashMap<AppKey, Vec<&AppExclusion>> = HashMap::new();
    for row in link.query(sql::ENDPOINTS_OF_APPS, params![keys]).await? {
        let endpoint = match read_endpoint(&row, 0, vault) {
            Ok((endpoint, _)) => endpoint,
            // What can't be read is nothing that an exclusion is known to cover.
            Err(fault) if fault.is_corrupt() => {
                open.insert(key(&row, 1)?, Vec::new());
                continue;
            }
            Err(fault) => return Err(fault),
        };
        let open = open.entry(endpoint.app).or_insert_with(|| without.iter().collect());
        open.retain(|exclusion| exclusion.covers(Some(&endpoint)));
    }
    let is_bare_covered = without.iter().any(|exclusion| exclusion.covers(None));
    let is_out = |app: &App| match open.get(&app.key) {
        Some(open) => !open.is_empty(),
        None => is_bare_covered,
    };
    Ok(apps.iter().filter(|app| is_out(app)).map(|app| app.key).collect())
}

/// Makes an app; when its uid is taken, answers with the app that has it.
pub(crate) async fn create(work: &mut Work, org: &OrgId, new: NewApp, now: Timestamp) -> Done<Created<App>> {
    let (org_key, profile) = org::or_new(work, org).await?;
    let app = new.into_app(work.shared.mint.next(now), org.clone(), profile.clone(), now);
    let uid = app.uid.as_ref().map(Uid::as_str);
    let row = params![
        app.key.raw(),
        org_key,
        uid,
        app.name,
        rate(&app),
        metadata_text(&app.metadata),
        now.micros(),
        now.micros(),
    ];
    if work.link().run(sql::APP_INSERT, row).await? > 0 {
        return Ok(Created::Fresh(app));
    }
    let row = work.link().one(sql::APP_BY_UID, params![org_key, uid]).await?;
    let row = row.ok_or_else(|| Fault::unavailable("the application is being changed"))?;
    Ok(Created::Existing(read_app(&row, org, &profile)?))
}

fn rate(app: &App) -> Option<i32> {
    app.throttle_rate.map(|rate| i32::try_from(rate).unwrap_or(i32::MAX))
}

pub(crate) async fn upsert(
    work: &mut Work,
    org: &OrgId,
    app: &Reference<AppKey>,
    new: NewApp,
    now: Timestamp,
) -> Done<Created<App>> {
    if let Some(changed) = change(work, org, app, new.clone().into_change(), now).await? {
        return Ok(Created::Existing(changed));
    }
    match create(work, org, new.clone(), now).await? {
        Created::Fresh(app) => Ok(Created::Fresh(app)),
        // Somebody made it a moment ago, or its uid is another's.
        Created::Existing(_) => match change(work, org, app, new.into_change(), now).await? {
            Some(changed) => Ok(Created::Existing(changed)),
            None => Err(UID_TAKEN.into()),
        },
    }
}

pub(crate) async fn change(
    work: &mut Work,
    org: &OrgId,
    app: &Reference<AppKey>,
    change: AppChange,
    now: Timestamp,
) -> Done<Option<App>> {
    let Some(state) = work.resolve_locked(org, app).await? else { return Ok(None) };
    let mut app = App::clone(&state.app);
    change.apply(&mut app, now);
    let uid = app.uid.as_ref().map(Uid::as_str);
    if uid.is_some() {
        let row = work.link().one(sql::APP_KEY_BY_UID, params![state.org, uid]).await?;
        let owner = row.map(|row| get::<i64>(&row, 0)).transpose()?;
        if owner.is_some_and(|owner| owner != app.key.raw()) {
            return Err(UID_TAKEN.into());
        }
    }
    let (metadata, updated) = (metadata_text(&app.metadata), app.updated.micros());
    let row = params![app.key.raw(), uid, app.name, rate(&app), metadata, updated];
    work.link().run(sql::APP_UPDATE, row).await.map_err(taken)?;
    work.changed(app.key).await?;
    work.effects.app_changed(Arc::new(app.clone()));
    Ok(Some(app))
}

/// Another transaction took the uid a moment ago.
fn taken(error: tokio_postgres::Error) -> Fault {
    if error.code() == Some(&tokio_postgres::error::SqlState::UNIQUE_VIOLATION) {
        UID_TAKEN.into()
    } else {
        error.into()
    }
}

/// Deletes an app; answers the OAuth clients that it owned, whose installs are still to go.
pub(crate) async fn delete(
    work: &mut Work,
    org: &OrgId,
    app: &Reference<AppKey>,
    now: Timestamp,
) -> Done<Option<Vec<ClientKey>>> {
    let Some(state) = work.resolve_locked(org, app).await? else { return Ok(None) };
    let key = state.app.key;
    let live = state.endpoints.values().map(|endpoint| (endpoint.key, EndpointRecord::tombstone(endpoint)));
    let damaged = state.damaged.keys().map(|endpoint| (*endpoint, EndpointRecord::blank_tombstone()));
    let graves: Vec<_> = live.chain(damaged).collect();
    remove::all(work, &graves, remove::AT_ONCE, now).await?;
    work.link().run(sql::APP_DELETE, params![key.raw()]).await?;
    work.raise_key_high(key.raw()).await?;
    work.link().run(triggers::TRIGGERS_REMOVE, params![key.raw()]).await?;
    work.effects.outdated(key, 0);
    Ok(Some(oauth::forget_app(work, key).await?))
}
