//! The records of invocations.

use std::collections::HashMap;

use hookwire_core::id::Key;
use hookwire_core::{AppKey, ErrorClass, Invocation, InvocationKey, Timestamp, TriggerId};
use hookwire_store::triggers::{InvocationFilter, Viewer};
use hookwire_store::{Page, Slice};
use rusqlite::{ToSql, params};

use crate::catalog::trigger::hides;
use crate::fault::Done;
use crate::reader::Reading;
use crate::row::{one, read_invocation, run};
use crate::sql::triggers as sql;
use crate::walk::{Pick, Range};
use crate::writer::work::Work;

pub(crate) fn record(work: &Work<'_>, record: &Invocation) -> Done<()> {
    let outcome = record.outcome.as_ref();
    let row = params![
        record.key.raw(),
        record.app.raw(),
        record.trigger.as_str(),
        record.root.raw(),
        record.caller,
        record.at.micros(),
        count(record.request_bytes),
        outcome.map(|outcome| count(outcome.duration_us)),
        outcome.map(|outcome| outcome.status),
        outcome.map(|outcome| outcome.succeeded),
        outcome.and_then(|outcome| outcome.error).map(ErrorClass::name),
        outcome.map(|outcome| count(outcome.response_bytes)),
        outcome.map(|outcome| &outcome.response),
    ];
    run(work.db, sql::INVOCATION_PUT, row)?;
    Ok(())
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn find(reading: &Reading<'_>, app: AppKey, key: InvocationKey) -> Done<Option<Invocation>> {
    one(reading.db, sql::INVOCATION_GET, [key.raw(), app.raw()], read_invocation)
}

pub(crate) fn list(
    reading: &Reading<'_>,
    app: AppKey,
    filter: &InvocationFilter,
    page: Page,
) -> Done<Slice<Invocation>> {
    let root = filter.root.map(Key::raw);
    let trigger = filter.trigger.as_ref().map(TriggerId::as_str);
    let (walk, more): (_, &[&dyn ToSql]) = match (&root, &trigger) {
        (Some(root), _) => (sql::INVOCATIONS_OF_ROOT, &[root]),
        (None, Some(trigger)) => (sql::INVOCATIONS_OF_TRIGGER, &[trigger]),
        (None, None) if filter.viewer == Viewer::Client => (sql::INVOCATION_ROOTS, &[]),
        (None, None) => (sql::INVOCATIONS, &[]),
    };
    let mut hidden = HashMap::new();
    let mut is_hidden = |id: &TriggerId| -> Done<bool> {
        if let Some(known) = hidden.get(id) {
            return Ok(*known);
        }
        let is_hidden = hides(reading, app, id)?;
        hidden.insert(id.clone(), is_hidden);
        Ok(is_hidden)
    };
    let mut is_wanted = |record: &Invocation| -> Done<bool> {
        let is_asked_for = filter.trigger.as_ref().is_none_or(|trigger| record.trigger == *trigger);
        let is_open = filter.viewer == Viewer::Org || record.is_root() && !is_hidden(&record.trigger)?;
        Ok(is_asked_for && is_open)
    };
    Range::of(page).read(reading.db, walk, app.raw(), more, |row| {
        let record = read_invocation(row)?;
        let place = record.key.raw();
        Ok((place, if is_wanted(&record)? { Pick::Take(record) } else { Pick::Skip }))
    })
}

pub(crate) fn forget(work: &Work<'_>, before: Timestamp, limit: u32) -> Done<u64> {
    let floor = InvocationKey::floor(before).raw();
    Ok(run(work.db, sql::INVOCATIONS_FORGET, params![floor, limit])? as u64)
}
