//! Clients.

use hookwire_core::id::Key;
use hookwire_core::limits::OAUTH_CLIENTS_MAX;
use hookwire_core::oauth::{Client, ClientChange, NewClient};
use hookwire_core::{AppKey, ClientKey, OrgId, Reference, Timestamp};
use hookwire_store::oauth::ClientChanged;
use hookwire_store::record::oauth::ClientRecord;
use hookwire_store::walk::{Pick, Range};
use hookwire_store::{Error, Page, Slice, Vault};

use crate::catalog::org;
use crate::connection::{Link, params};
use crate::fault::Done;
use crate::row::oauth::read_client;
use crate::row::{count, get, key};
use crate::sql::{catalog, oauth as sql};
use crate::walk::Walking;
use crate::work::Work;

pub(super) async fn find(link: &Link, vault: &Vault, client: ClientKey) -> Done<Option<Client>> {
    let row = link.one(sql::CLIENT_GET, params![client.raw()]).await?;
    row.map(|row| read_client(&row, OrgId::stored(get(&row, 9)?), vault)).transpose()
}

/// The client, which nobody else changes until the end.
pub(super) async fn locked(work: &Work, client: ClientKey) -> Done<Option<Client>> {
    work.link().query(sql::CLIENT_LOCK, params![client.raw()]).await?;
    find(work.link(), &work.shared.vault, client).await
}

pub(super) async fn list(
    link: &Link,
    vault: &Vault,
    org: &OrgId,
    owner: AppKey,
    page: Page,
) -> Done<Slice<Client>> {
    let none = Slice::cut(Vec::new(), page.limit);
    let Some(org_key) = org::key_of(link, org).await? else { return Ok(none) };
    let row = link.one(catalog::APP_BY_KEY, params![owner.raw()]).await?;
    let home = row.map(|row| get::<i64>(&row, 7)).transpose()?;
    if home != Some(org_key) {
        return Ok(none);
    }
    let walking = Walking::new(link, sql::CLIENTS, owner.raw(), Range::of(page), params![]);
    walking.page(|row| Ok(Pick::Take(read_client(row, org.clone(), vault)?))).await
}

pub(super) async fn create(work: &mut Work, new: NewClient, now: Timestamp) -> Done<Client> {
    let Some(owner) = work.resolve_locked(&new.org, &Reference::Key(new.owner)).await? else {
        return Err(Error::Conflict("the application is gone").into());
    };
    let row = work.link().one(sql::CLIENTS_OF_OWNER, params![new.owner.raw()]).await?;
    if row.map_or(Ok(0), |row| count(&row, 0))? >= OAUTH_CLIENTS_MAX as u64 {
        return Err(Error::Limit("an application can own at most 100 OAuth clients").into());
    }
    let client = new.into_client(work.shared.mint.next(now), now);
    let record = ClientRecord::new(&client, None, &work.shared.vault);
    let secret = client.secret.map(|secret| secret.0.to_vec());
    let row = params![
        client.key.raw(),
        owner.org,
        client.owner.raw(),
        record.config,
        secret,
        record.hook,
        now.micros(),
        now.micros(),
    ];
    work.link().run(sql::CLIENT_INSERT, row).await?;
    Ok(client)
}

pub(super) async fn change(
    work: &mut Work,
    owner: AppKey,
    client: ClientKey,
    change: ClientChange,
    now: Timestamp,
) -> Done<ClientChanged> {
    let found = locked(work, client).await?.filter(|client| client.owner == owner);
    let Some(before) = found else { return Ok(ClientChanged::Absent) };
    let resumes = change.suspended == Some(false) || change.barred == Some(false);
    let turns_on = resumes || matches!(change.webhook_url, Some(Some(_)));
    let after = match change.apply(&before, now) {
        Ok(after) => after,
        Err(error) => return Ok(ClientChanged::Refused(error)),
    };
    let record = ClientRecord::new(&after, before.webhook_url.as_deref(), &work.shared.vault);
    let pending = if turns_on { 2 } else { 1 };
    let row = params![
        client.raw(),
        record.config,
        record.hook,
        after.suspended,
        after.barred,
        after.updated.micros(),
        pending,
    ];
    work.link().run(sql::CLIENT_UPDATE, row).await?;
    for row in work.link().query(sql::CLIENT_APPS_CHANGED, params![client.raw()]).await? {
        work.effects.outdated(key(&row, 0)?, get(&row, 1)?);
    }
    Ok(ClientChanged::Done(after))
}

pub(super) async fn delete(work: &mut Work, owner: AppKey, client: ClientKey) -> Done<bool> {
    let found = locked(work, client).await?.filter(|client| client.owner == owner);
    if found.is_none() {
        return Ok(false);
    }
    work.link().run(sql::CLIENT_DELETE, params![client.raw()]).await?;
    Ok(true)
}
