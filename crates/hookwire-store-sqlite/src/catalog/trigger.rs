//! Registered triggers.

use std::collections::BTreeMap;

use hookwire_core::id::Key;
use hookwire_core::limits::TRIGGERS_MAX;
use hookwire_core::trigger::{ChainError, check_chains};
use hookwire_core::{AppKey, Timestamp, Trigger, TriggerId};
use hookwire_store::triggers::{Registered, Viewer};
use hookwire_store::{Error, Page, Slice};
use rusqlite::params;

use crate::fault::Done;
use crate::reader::Reading;
use crate::row::{TriggerRow, all, is_hidden, one, read_followers, read_trigger, run, time};
use crate::sql::triggers as sql;
use crate::walk::{direction, from_name};
use crate::writer::work::Work;

pub(crate) fn register(work: &mut Work<'_>, trigger: &Trigger) -> Done<Registered> {
    let app = trigger.app.raw();
    if work.app(trigger.app)?.is_none() {
        return Err(Error::Conflict("the application is gone").into());
    }
    let followers = all(work.db, sql::TRIGGER_CONFIGS, [app], read_followers)?;
    let mut follows: BTreeMap<TriggerId, Vec<TriggerId>> = followers.into_iter().collect();
    if !follows.contains_key(&trigger.id) && follows.len() >= TRIGGERS_MAX {
        return Ok(Registered::TooMany);
    }
    let own = trigger.next.iter().map(|next| next.trigger.clone()).collect();
    let is_new = follows.insert(trigger.id.clone(), own).is_none();
    match check_chains(&follows) {
        Ok(()) => {}
        Err(ChainError::Cycle(back)) => return Ok(Registered::Cycle(back)),
        Err(ChainError::TooLong) => return Ok(Registered::TooLong),
    }
    let id = trigger.id.as_str();
    let before = one(work.db, sql::TRIGGER_CREATED, params![app, id], |row| time(row, 0))?;
    let created = before.unwrap_or(trigger.created);
    let columns = TriggerRow::new(trigger, &work.shared.vault);
    let row = params![
        app,
        id,
        columns.config,
        columns.sealed,
        created.micros(),
        Timestamp::micros(trigger.updated)
    ];
    run(work.db, sql::TRIGGER_PUT, row)?;
    Ok(if is_new { Registered::Created } else { Registered::Replaced })
}

pub(crate) fn find(reading: &Reading<'_>, app: AppKey, id: &TriggerId) -> Done<Option<Trigger>> {
    one(reading.db, sql::TRIGGER_GET, params![app.raw(), id.as_str()], |row| {
        read_trigger(row, &reading.shared.vault)
    })
}

/// Whether a trigger of that id is registered, and hidden from clients.
pub(crate) fn hides(reading: &Reading<'_>, app: AppKey, id: &TriggerId) -> Done<bool> {
    let row = params![app.raw(), id.as_str()];
    Ok(one(reading.db, sql::TRIGGER_GET, row, is_hidden)?.unwrap_or(false))
}

pub(crate) fn list(
    reading: &Reading<'_>,
    app: AppKey,
    viewer: Viewer,
    page: &Page<String>,
) -> Done<Slice<Trigger, String>> {
    let (sql, from) = from_name(page, sql::TRIGGERS_AFTER, sql::TRIGGERS_BEFORE);
    let mut statement = reading.db.prepare_cached(sql)?;
    let mut rows = statement.query(params![app.raw(), from])?;
    let mut items = Vec::new();
    while items.len() <= usize::from(page.limit)
        && let Some(row) = rows.next()?
    {
        if viewer == Viewer::Org || !is_hidden(row)? {
            items.push(read_trigger(row, &reading.shared.vault)?);
        }
    }
    let mut slice = Slice::cut(items, page.limit);
    if direction(page).1 {
        slice.items.reverse();
    }
    Ok(slice)
}

pub(crate) fn delete(work: &Work<'_>, app: AppKey, id: &TriggerId) -> Done<bool> {
    Ok(run(work.db, sql::TRIGGER_REMOVE, params![app.raw(), id.as_str()])? > 0)
}
