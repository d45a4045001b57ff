//! Installs and their endpoints.

use hookwire_core::id::Key;
use hookwire_core::oauth::{Client, Install};
use hookwire_core::{AppKey, ClientKey, EndpointKey, EventTypeName, InstallKey, OrgId, Timestamp};
use hookwire_store::oauth::InstallsOf;
use hookwire_store::walk::{Pick, Range};
use hookwire_store::{Error, Page, Slice};

use crate::catalog::{endpoint, remove};
use crate::connection::{Link, params};
use crate::fault::{Done, Fault};
use crate::row::oauth::{read_install, scopes_text};
use crate::row::{get, join, key};
use crate::sql::oauth as sql;
use crate::walk::Walking;
use crate::work::Work;

/// The install, if it is there and its client too.
pub(super) async fn find(link: &Link, install: InstallKey) -> Done<Option<Install>> {
    let Some(row) = link.one(sql::INSTALL_GET, params![install.raw()]).await? else { return Ok(None) };
    Ok(if get(&row, 11)? { None } else { Some(read_install(&row)?) })
}

pub(super) async fn of_org(link: &Link, org: &OrgId, install: InstallKey) -> Done<Option<Install>> {
    Ok(find(link, install).await?.filter(|install| install.org == *org))
}

pub(super) async fn list(link: &Link, org: &OrgId, of: InstallsOf, page: Page) -> Done<Slice<Install>> {
    let (walk, owner) = match of {
        InstallsOf::App(app) => (sql::INSTALLS_OF_APP, app.raw()),
        InstallsOf::Client(client) => (sql::INSTALLS_OF_CLIENT, client.raw()),
    };
    let pick = |row: &tokio_postgres::Row| {
        let install = read_install(row)?;
        let is_shown = install.org == *org && !get::<bool>(row, 11)?;
        Ok(if is_shown { Pick::Take(install) } else { Pick::Skip })
    };
    Walking::new(link, walk, owner, Range::of(page), params![]).page(pick).await
}

/// Writes a new install with the endpoint that follows from it; an earlier one of the same pair goes.
pub(super) async fn put(work: &mut Work, client: &Client, install: Install, now: Timestamp) -> Done<Install> {
    let pair = params![install.client.raw(), install.app.raw()];
    if let Some(row) = work.link().one(sql::INSTALL_OF_PAIR, pair).await? {
        remove(work, &read_install(&row)?, remove::AT_ONCE, now).await?;
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
        install.created.micros(),
    ];
    work.link().run(sql::INSTALL_INSERT, row).await?;
    let mut install = install;
    if let Some(new) = install.endpoint_for(client) {
        let made = endpoint::provision(work, install.app, new, install.mark(), now).await?;
        set_endpoint(work, &mut install, Some(made.key)).await?;
    }
    Ok(install)
}

async fn set_endpoint(work: &Work, install: &mut Install, endpoint: Option<EndpointKey>) -> Done<()> {
    install.endpoint = endpoint;
    let row = params![install.key.raw(), endpoint.map(Key::raw)];
    if work.link().run(sql::INSTALL_ENDPOINT, row).await? == 0 {
        // The endpoint must not outlive it.
        return Err(Fault::unavailable("the install was removed meanwhile"));
    }
    Ok(())
}

/// Makes the install's endpoint what its client wants by now. Answers what is left of the `budget` of cancellations.
pub(super) async fn settle(
    work: &mut Work,
    client: &Client,
    mut install: Install,
    turn_on: bool,
    budget: u32,
    now: Timestamp,
) -> Done<u32> {
    match (install.endpoint_for(client), install.endpoint) {
        (None, None) => {}
        (None, Some(_)) => {
            let left = drop_endpoint(work, &install, budget, now).await?;
            set_endpoint(work, &mut install, None).await?;
            return Ok(left);
        }
        (Some(new), None) => match endpoint::provision(work, install.app, new, install.mark(), now).await {
            Ok(made) => set_endpoint(work, &mut install, Some(made.key)).await?,
            // There is no room for it: the app has as many endpoints as it may have. It comes with the next change.
            Err(Fault::Refused(Error::Limit(_))) => {}
            Err(fault) => return Err(fault),
        },
        (Some(new), Some(endpoint)) => {
            endpoint::adjust(work, (install.app, endpoint), new.event_types, turn_on, now).await?;
        }
    }
    Ok(budget)
}

/// Deletes the endpoint of an install, if it has one.
async fn drop_endpoint(work: &mut Work, install: &Install, budget: u32, now: Timestamp) -> Done<u32> {
    let Some(endpoint) = install.endpoint else { return Ok(budget) };
    let Some(state) = work.app_locked(install.app).await? else { return Ok(budget) };
    let Some(endpoint) = state.endpoints.get(&endpoint) else { return Ok(budget) };
    endpoint::drop_live(work, &state, endpoint, budget, now).await
}

/// Removes an install with its endpoint and tokens.
pub(super) async fn remove(work: &mut Work, install: &Install, budget: u32, now: Timestamp) -> Done<u32> {
    let left = drop_endpoint(work, install, budget, now).await?;
    work.link().run(sql::TOKENS_OF_INSTALL, params![install.key.raw()]).await?;
    work.link().run(sql::INSTALL_REMOVE, params![install.key.raw()]).await?;
    work.raise_key_high(install.key.raw()).await?;
    Ok(left)
}

pub(super) async fn revoke(work: &mut Work, org: &OrgId, install: InstallKey, now: Timestamp) -> Done<bool> {
    let Some(seen) = of_org(work.link(), org, install).await? else { return Ok(false) };
    // Whoever brings the client's installs in step has this lock, and may be making the endpoint of this one.
    work.link().query(sql::CLIENT_LOCK, params![seen.client.raw()]).await?;
    let Some(install) = of_org(work.link(), org, install).await? else { return Ok(false) };
    remove(work, &install, remove::AT_ONCE, now).await?;
    work.link().run(sql::CODES_UNUSED, params![install.client.raw(), install.app.raw()]).await?;
    Ok(true)
}

/// What goes with an app: the installs that it granted, their tokens, its codes; its endpoints go by themselves. Answers the
/// clients that it owned, whose installs are still to go.
pub(crate) async fn forget_app(work: &Work, app: AppKey) -> Done<Vec<ClientKey>> {
    for row in work.link().query(sql::INSTALL_KEYS_OF_APP, params![app.raw()]).await? {
        let install: i64 = get(&row, 0)?;
        work.link().run(sql::TOKENS_OF_INSTALL, params![install]).await?;
        work.link().run(sql::INSTALL_REMOVE, params![install]).await?;
        work.raise_key_high(install).await?;
    }
    work.link().run(sql::CODES_OF_APP, params![app.raw()]).await?;
    let rows = work.link().query(sql::CLIENTS_DELETE, params![app.raw()]).await?;
    rows.iter().map(|row| key(row, 0)).collect()
}
