//! Registered triggers.

use std::collections::BTreeMap;

use hookwire_core::id::Key;
use hookwire_core::limits::TRIGGERS_MAX;
use hookwire_core::trigger::{ChainError, check_chains};
use hookwire_core::{AppKey, Timestamp, Trigger, TriggerId};
use hookwire_store::record::{TriggerRecord, is_hidden, read_followers};
use hookwire_store::triggers::{Registered, Viewer};
use hookwire_store::walk::direction;
use hookwire_store::{Error, Page, Slice, Vault};

use crate::connection::{Link, params};
use crate::fault::Done;
use crate::row::{count, get, read_trigger, time};
use crate::sql::triggers as sql;
use crate::walk::from_name;
use crate::work::Work;

pub(crate) async fn register(work: &mut Work, trigger: &Trigger) -> Done<Registered> {
    let app = trigger.app.raw();
    // Locked, so that two that are registered together make no chain that neither could make alone.
    if work.app_locked(trigger.app).await?.is_none() {
        return Err(Error::Conflict("the application is gone").into());
    }
    let id = trigger.id.as_str();
    let before = work.link().one(sql::TRIGGER_CREATED, params![app, id]).await?;
    let all = work.link().one(sql::TRIGGERS_COUNT, params![app]).await?;
    let all = all.map_or(Ok(0), |row| count(&row, 0))?;
    if before.is_none() && all >= TRIGGERS_MAX as u64 {
        return Ok(Registered::TooMany);
    }
    match check_chains(&chains(work.link(), trigger).await?) {
        Ok(()) => {}
        Err(ChainError::Cycle(back)) => return Ok(Registered::Cycle(back)),
        Err(ChainError::TooLong) => return Ok(Registered::TooLong),
    }
    let is_new = before.is_none();
    let created = before.map_or(Ok(trigger.created), |row| time(&row, 0))?;
    let record = TriggerRecord::new(trigger, &work.shared.vault);
    let (created, updated) = (created.micros(), Timestamp::micros(trigger.updated));
    let row = params![app, id, record.config, record.sealed, created, updated];
    work.link().run(sql::TRIGGER_PUT, row).await?;
    Ok(if is_new { Registered::Created } else { Registered::Replaced })
}

/// Which triggers follow which, once this one is registered. Those that nothing follows are left out.
async fn chains(link: &Link, trigger: &Trigger) -> Done<BTreeMap<TriggerId, Vec<TriggerId>>> {
    let mut follows = BTreeMap::new();
    for row in link.query(sql::TRIGGERS_CHAINED, params![trigger.app.raw()]).await? {
        let (id, followers) = read_followers(get(&row, 0)?, get(&row, 1)?)?;
        follows.insert(id, followers);
    }
    follows.insert(trigger.id.clone(), trigger.next.iter().map(|next| next.trigger.clone()).collect());
    Ok(follows)
}

pub(crate) async fn find(link: &Link, vault: &Vault, app: AppKey, id: &TriggerId) -> Done<Option<Trigger>> {
    let row = link.one(sql::TRIGGER_GET, params![app.raw(), id.as_str()]).await?;
    row.map(|row| read_trigger(&row, vault)).transpose()
}

pub(crate) async fn list(
    link: &Link,
    vault: &Vault,
    app: AppKey,
    viewer: Viewer,
    page: &Page<String>,
) -> Done<Slice<Trigger, String>> {
    let (sql, from) = from_name(page, sql::TRIGGERS_AFTER, sql::TRIGGERS_BEFORE);
    // An app has so few of them that the hidden ones may be read along.
    let rows = link.query(sql, params![app.raw(), from, TRIGGERS_MAX as i64]).await?;
    let mut items = Vec::new();
    for row in &rows {
        let is_shown = viewer == Viewer::Org || !is_hidden(get(row, 1)?, get(row, 2)?)?;
        if is_shown && items.len() <= usize::from(page.limit) {
            items.push(read_trigger(row, vault)?);
        }
    }
    let mut slice = Slice::cut(items, page.limit);
    if direction(page).1 {
        slice.items.reverse();
    }
    Ok(slice)
}

pub(crate) async fn delete(link: &Link, app: AppKey, id: &TriggerId) -> Done<bool> {
    Ok(link.run(sql::TRIGGER_REMOVE, params![app.raw(), id.as_str()]).await? > 0)
}
