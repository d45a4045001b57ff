//! Clients.

use hookwire_core::id::Key;
use hookwire_core::limits::OAUTH_CLIENTS_MAX;
use hookwire_core::oauth::{Client, ClientChange, NewClient};
use hookwire_core::{AppKey, ClientKey, OrgId, Reference, Timestamp};
use hookwire_store::oauth::ClientChanged;
use hookwire_store::{Error, Page, Slice, Vault};
use rusqlite::{Connection, params};

use crate::fault::Done;
use crate::reader::Reading;
use crate::row::oauth::{ClientRow, Hook, read_client, read_org};
use crate::row::{one, run};
use crate::sql::{catalog, oauth as sql};
use crate::walk::{Pick, Range};
use crate::writer::work::Work;

pub(super) fn find(db: &Connection, vault: &Vault, client: ClientKey) -> Done<Option<Client>> {
    one(db, sql::CLIENT_GET, [client.raw()], |row| read_client(row, read_org(row, 9)?, vault))
}

pub(super) fn list(reading: &Reading<'_>, org: &OrgId, owner: AppKey, page: Page) -> Done<Slice<Client>> {
    let Some(org_key) = reading.org(org)? else { return Ok(Slice::cut(Vec::new(), page.limit)) };
    let home = one(reading.db, catalog::APP_BY_KEY, [owner.raw()], |row| Ok(row.get::<_, i64>(7)?))?;
    if home != Some(org_key) {
        return Ok(Slice::cut(Vec::new(), page.limit));
    }
    Range::of(page).read(reading.db, sql::CLIENTS, owner.raw(), &[], |row| {
        Ok((row.get(0)?, Pick::Take(read_client(row, org.clone(), &reading.shared.vault)?)))
    })
}

pub(super) fn create(work: &mut Work<'_>, new: NewClient, now: Timestamp) -> Done<Client> {
    let Some(owner) = work.resolve(&new.org, &Reference::Key(new.owner))? else {
        return Err(Error::Conflict("the application is gone").into());
    };
    let owned = one(work.db, sql::CLIENTS_OF_OWNER, [new.owner.raw()], |row| Ok(row.get::<_, i64>(0)?))?;
    if owned.unwrap_or(0) >= OAUTH_CLIENTS_MAX as i64 {
        return Err(Error::Limit("an application can own at most 100 OAuth clients").into());
    }
    let client = new.into_client(work.shared.mint.next(now), now);
    let columns = ClientRow::new(&client, None, &work.shared.vault);
    let row = params![
        client.key.raw(),
        owner.org,
        client.owner.raw(),
        columns.config,
        client.secret.map(|secret| secret.0),
        columns.hook,
        now.micros(),
        now.micros(),
    ];
    run(work.db, sql::CLIENT_INSERT, row)?;
    Ok(client)
}

pub(super) fn change(
    work: &mut Work<'_>,
    owner: AppKey,
    client: ClientKey,
    change: ClientChange,
    now: Timestamp,
) -> Done<ClientChanged> {
    let found = find(work.db, &work.shared.vault, client)?.filter(|client| client.owner == owner);
    let Some(before) = found else { return Ok(ClientChanged::Absent) };
    let resumes = change.suspended == Some(false) || change.barred == Some(false);
    let turns_on = resumes || matches!(change.webhook_url, Some(Some(_)));
    let after = match change.apply(&before, now) {
        Ok(after) => after,
        Err(error) => return Ok(ClientChanged::Refused(error)),
    };
    let columns = ClientRow::new(&after, before.webhook_url.as_deref(), &work.shared.vault);
    let hook = Hook::open(&columns.hook, client, &work.shared.vault)?;
    let pending = if turns_on { 2 } else { 1 };
    let row = params![
        client.raw(),
        columns.config,
        columns.hook,
        after.suspended,
        after.barred,
        after.updated.micros(),
        pending
    ];
    run(work.db, sql::CLIENT_UPDATE, row)?;
    work.cache.put_hook(client, &hook)?;
    Ok(ClientChanged::Done(after))
}

pub(super) fn delete(work: &mut Work<'_>, owner: AppKey, client: ClientKey) -> Done<bool> {
    let found = find(work.db, &work.shared.vault, client)?.filter(|client| client.owner == owner);
    if found.is_none() {
        return Ok(false);
    }
    run(work.db, sql::CLIENT_DELETE, [client.raw()])?;
    Ok(true)
}
