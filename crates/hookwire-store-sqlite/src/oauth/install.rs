//! Installs and their endpoints.

use hookwire_core::id::Key;
use hookwire_core::oauth::{Client, Install};
use hookwire_core::{AppKey, ClientKey, EventTypeName, InstallKey, OrgId, Timestamp};
use hookwire_store::oauth::InstallsOf;
use hookwire_store::{Error, Page, Slice};
use rusqlite::{Connection, params};

use crate::catalog::{endpoint, remove};
use crate::fault::{Done, Fault};
use crate::reader::Reading;
use crate::row::oauth::{read_install, scopes_text};
use crate::row::{all, join, key, one, run};
use crate::sql::oauth as sql;
use crate::walk::{Pick, Range, Read};
use crate::writer::work::Work;

/// The install, if it is there and its client too.
pub(super) fn find(db: &Connection, install: InstallKey) -> Done<Option<Install>> {
    let found =
        one(db, sql::INSTALL_GET, [install.raw()], |row| Ok((read_install(row)?, row.get::<_, bool>(11)?)))?;
    Ok(found.filter(|(_, is_going)| !is_going).map(|(install, _)| install))
}

pub(super) fn of_org(db: &Connection, org: &OrgId, install: InstallKey) -> Done<Option<Install>> {
    Ok(find(db, install)?.filter(|install| install.org == *org))
}

pub(super) fn list(reading: &Reading<'_>, org: &OrgId, of: InstallsOf, page: Page) -> Done<Slice<Install>> {
    let (walk, owner) = match of {
        InstallsOf::App(app) => (sql::INSTALLS_OF_APP, app.raw()),
        InstallsOf::Client(client) => (sql::INSTALLS_OF_CLIENT, client.raw()),
    };
    Range::of(page).read(reading.db, walk, owner, &[], |row| {
        let install = read_install(row)?;
        let is_shown = install.org == *org && !row.get::<_, bool>(11)?;
        Ok((row.get(0)?, if is_shown { Pick::Take(install) } else { Pick::Skip }))
    })
}

/// Writes a new install with the endpoint that follows from it; an earlier one of the same pair goes.
pub(super) fn put(work: &mut Work<'_>, client: &Client, install: Install, now: Timestamp) -> Done<Install> {
    let pair = params![install.client.raw(), install.app.raw()];
    if let Some(earlier) = one(work.db, sql::INSTALL_OF_PAIR, pair, read_install)? {
        remove(work, &earlier, remove::AT_ONCE, now)?;
    }
    let row = params![
        install.key.raw(),
        install.client.raw(),
        install.app.raw(),
        install.user,
        install.actor.name(),
        scopes_text(&install.scopes),
        join(install.events.iter().map(EventTypeName::as_str)),
        install.granted.micros(),
        None::<i64>,
        install.created.micros(),
    ];
    run(work.db, sql::INSTALL_INSERT, row)?;
    let mut install = install;
    if let Some(new) = install.endpoint_for(client) {
        let made = endpoint::provision(work, install.app, new, install.mark(), now)?;
        set_endpoint(work, &mut install, Some(made.key))?;
    }
    Ok(install)
}

fn set_endpoint(
    work: &Work<'_>,
    install: &mut Install,
    endpoint: Option<hookwire_core::EndpointKey>,
) -> Done<()> {
    install.endpoint = endpoint;
    run(work.db, sql::INSTALL_ENDPOINT, params![install.key.raw(), endpoint.map(Key::raw)])?;
    Ok(())
}

/// Makes the install's endpoint what its client wants by now. Answers what is left of the `budget` of cancellations.
pub(super) fn settle(
    work: &mut Work<'_>,
    client: &Client,
    mut install: Install,
    turn_on: bool,
    budget: u32,
    now: Timestamp,
) -> Done<u32> {
    match (install.endpoint_for(client), install.endpoint) {
        (None, None) => {}
        (None, Some(_)) => {
            let left = drop_endpoint(work, &install, budget, now)?;
            set_endpoint(work, &mut install, None)?;
            return Ok(left);
        }
        (Some(new), None) => match endpoint::provision(work, install.app, new, install.mark(), now) {
            Ok(made) => set_endpoint(work, &mut install, Some(made.key))?,
            // There is no room for it: the app has as many endpoints as it may have. It comes with the next change.
            Err(Fault::Refused(Error::Limit(_))) => {}
            Err(fault) => return Err(fault),
        },
        (Some(new), Some(endpoint)) => {
            endpoint::adjust(work, install.app, endpoint, new.event_types, turn_on, now)?;
        }
    }
    Ok(budget)
}

/// Deletes the endpoint of an install, if it has one.
fn drop_endpoint(work: &mut Work<'_>, install: &Install, budget: u32, now: Timestamp) -> Done<u32> {
    let Some(endpoint) = install.endpoint else { return Ok(budget) };
    let Some((state, endpoint)) = work.endpoint(endpoint)? else { return Ok(budget) };
    endpoint::drop_live(work, state, &endpoint, budget, now)
}

/// Removes an install with its endpoint and tokens.
pub(super) fn remove(work: &mut Work<'_>, install: &Install, budget: u32, now: Timestamp) -> Done<u32> {
    let left = drop_endpoint(work, install, budget, now)?;
    run(work.db, sql::TOKENS_OF_INSTALL, [install.key.raw()])?;
    run(work.db, sql::INSTALL_REMOVE, [install.key.raw()])?;
    work.raise_key_high(install.key.raw())?;
    Ok(left)
}

pub(super) fn revoke(work: &mut Work<'_>, org: &OrgId, install: InstallKey, now: Timestamp) -> Done<bool> {
    let Some(install) = of_org(work.db, org, install)? else { return Ok(false) };
    remove(work, &install, remove::AT_ONCE, now)?;
    run(work.db, sql::CODES_UNUSED, [install.client.raw(), install.app.raw()])?;
    Ok(true)
}

/// What goes with an app: the installs that it granted, their tokens, its codes; its endpoints go by themselves. Answers the
/// clients that it owned, whose installs are still to go.
pub(crate) fn forget_app(work: &Work<'_>, app: AppKey) -> Done<Vec<ClientKey>> {
    for install in all(work.db, sql::INSTALL_KEYS_OF_APP, [app.raw()], |row| key::<InstallKey>(row, 0))? {
        run(work.db, sql::TOKENS_OF_INSTALL, [install.raw()])?;
        run(work.db, sql::INSTALL_REMOVE, [install.raw()])?;
        work.raise_key_high(install.raw())?;
    }
    run(work.db, sql::CODES_OF_APP, [app.raw()])?;
    all(work.db, sql::CLIENTS_DELETE, [app.raw()], |row| key::<ClientKey>(row, 0))
}
