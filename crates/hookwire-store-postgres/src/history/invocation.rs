//! The records of invocations.

use std::collections::HashSet;

use hookwire_core::id::Key;
use hookwire_core::{AppKey, ErrorClass, Invocation, InvocationKey, Timestamp, TriggerId};
use hookwire_store::record::is_hidden;
use hookwire_store::triggers::{InvocationFilter, Viewer};
use hookwire_store::walk::{Pick, Range};
use hookwire_store::{Page, Slice};
use tokio_postgres::Row;

use crate::connection::{Link, params};
use crate::fault::Done;
use crate::row::{get, read_invocation};
use crate::sql::triggers as sql;
use crate::walk::Walking;

pub(crate) async fn record(link: &Link, record: &Invocation) -> Done<()> {
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
        outcome.map(|outcome| i32::from(outcome.status)),
        outcome.map(|outcome| outcome.succeeded),
        outcome.and_then(|outcome| outcome.error).map(ErrorClass::name),
        outcome.map(|outcome| count(outcome.response_bytes)),
        outcome.map(|outcome| outcome.response.replace('\0', "\u{fffd}")),
    ];
    link.run(sql::INVOCATION_PUT, row).await?;
    Ok(())
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) async fn find(link: &Link, app: AppKey, key: InvocationKey) -> Done<Option<Invocation>> {
    let row = link.one(sql::INVOCATION_GET, params![key.raw(), app.raw()]).await?;
    row.map(|row| read_invocation(&row)).transpose()
}

pub(crate) async fn list(
    link: &Link,
    app: AppKey,
    filter: &InvocationFilter,
    page: Page,
) -> Done<Slice<Invocation>> {
    let hidden = match filter.viewer {
        Viewer::Org => HashSet::new(),
        Viewer::Client => hidden(link, app).await?,
    };
    let is_wanted = |record: &Invocation| {
        let is_asked_for = filter.trigger.as_ref().is_none_or(|trigger| record.trigger == *trigger);
        let is_open =
            filter.viewer == Viewer::Org || record.is_root() && !hidden.contains(record.trigger.as_str());
        is_asked_for && is_open
    };
    let pick = |row: &Row| {
        let record = read_invocation(row)?;
        Ok(if is_wanted(&record) { Pick::Take(record) } else { Pick::Skip })
    };
    let range = Range::of(page);
    let owner = app.raw();
    if let Some(root) = filter.root {
        let more = params![root.raw()];
        return Walking::new(link, sql::INVOCATIONS_OF_ROOT, owner, range, more).page(pick).await;
    }
    if let Some(trigger) = filter.trigger.as_ref().map(TriggerId::as_str) {
        let more = params![trigger];
        return Walking::new(link, sql::INVOCATIONS_OF_TRIGGER, owner, range, more).page(pick).await;
    }
    let walk = if filter.viewer == Viewer::Client { sql::INVOCATION_ROOTS } else { sql::INVOCATIONS };
    Walking::new(link, walk, owner, range, params![]).page(pick).await
}

/// Triggers of the app that are hidden from clients.
async fn hidden(link: &Link, app: AppKey) -> Done<HashSet<String>> {
    let mut hidden = HashSet::new();
    for row in link.query(sql::TRIGGER_CONFIGS, params![app.raw()]).await? {
        let id: &str = get(&row, 0)?;
        if is_hidden(id, get(&row, 1)?)? {
            hidden.insert(id.to_owned());
        }
    }
    Ok(hidden)
}

pub(crate) async fn forget(link: &Link, before: Timestamp, limit: u32) -> Done<u64> {
    let floor = InvocationKey::floor(before).raw();
    Ok(link.run(sql::INVOCATIONS_FORGET, params![floor, i64::from(limit)]).await?)
}
