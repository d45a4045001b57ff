//! Event types.

use std::collections::HashMap;

use hookwire_core::{EventType, EventTypeChange, EventTypeName, OrgId, Timestamp};
use hookwire_store::catalog::Created;
use hookwire_store::walk::direction;
use hookwire_store::{Page, Slice};

use super::org;
use crate::connection::{Link, params};
use crate::fault::Done;
use crate::row::{feature_flags, get, read_event_type};
use crate::sql::catalog as sql;
use crate::walk::from_name;
use crate::work::Work;

/// Event types that are read at once.
const PIECE: i64 = 500;

async fn stored(link: &Link, sql: &'static str, org: i64, name: &str) -> Done<Option<EventType>> {
    let row = link.one(sql, params![org, name]).await?;
    row.map(|row| read_event_type(&row)).transpose()
}

async fn put(link: &Link, org: i64, event_type: &EventType) -> Done<()> {
    let flags = || serde_json::to_string(&event_type.feature_flags).expect("strings are JSON");
    let row = params![
        org,
        event_type.name.as_str(),
        event_type.description,
        event_type.archived,
        event_type.deprecated,
        event_type.schemas,
        event_type.group_name,
        (!event_type.feature_flags.is_empty()).then(flags),
        event_type.created.micros(),
        event_type.updated.micros(),
    ];
    link.run(sql::EVENT_TYPE_PUT, row).await?;
    Ok(())
}

pub(crate) async fn find(link: &Link, org: &OrgId, name: &str) -> Done<Option<EventType>> {
    match org::key_of(link, org).await? {
        Some(org) => stored(link, sql::EVENT_TYPE_GET, org, name).await,
        None => Ok(None),
    }
}

pub(crate) async fn list(
    link: &Link,
    org: &OrgId,
    page: &Page<String>,
    include_archived: bool,
    visible_to: Option<&[String]>,
) -> Done<Slice<EventType, String>> {
    let Some(org) = org::key_of(link, org).await? else { return Ok(Slice::cut(Vec::new(), page.limit)) };
    let (sql, from) = from_name(page, sql::EVENT_TYPES_AFTER, sql::EVENT_TYPES_BEFORE);
    let (mut from, mut items) = (from.to_owned(), Vec::new());
    loop {
        let rows = link.query(sql, params![org, from, PIECE]).await?;
        for row in &rows {
            let event_type = read_event_type(row)?;
            event_type.name.as_str().clone_into(&mut from);
            let is_live = include_archived || !event_type.archived;
            if is_live && is_visible(&event_type.feature_flags, visible_to) {
                items.push(event_type);
            }
        }
        if (rows.len() as i64) < PIECE || items.len() > usize::from(page.limit) {
            break;
        }
    }
    let mut slice = Slice::cut(items, page.limit);
    if direction(page).1 {
        slice.items.reverse();
    }
    Ok(slice)
}

fn is_visible(feature_flags: &[String], visible_to: Option<&[String]>) -> bool {
    visible_to.is_none_or(|granted| {
        feature_flags.is_empty() || feature_flags.iter().any(|flag| granted.contains(flag))
    })
}

pub(crate) async fn create(work: &mut Work, org: &OrgId, new: EventType) -> Done<Created<EventType>> {
    let org = org::lock_or_new(work, org).await?;
    let taken = stored(work.link(), sql::EVENT_TYPE_LOCKED, org, new.name.as_str()).await?;
    if let Some(taken) = taken.filter(|taken| !taken.archived) {
        return Ok(Created::Existing(taken));
    }
    put(work.link(), org, &new).await?;
    Ok(Created::Fresh(new))
}

pub(crate) async fn upsert(work: &mut Work, org: &OrgId, new: EventType) -> Done<Created<EventType>> {
    let org = org::lock_or_new(work, org).await?;
    let old = stored(work.link(), sql::EVENT_TYPE_LOCKED, org, new.name.as_str()).await?;
    let Some(old) = old else {
        put(work.link(), org, &new).await?;
        return Ok(Created::Fresh(new));
    };
    let changed = EventType { created: old.created, ..new };
    put(work.link(), org, &changed).await?;
    Ok(Created::Existing(changed))
}

pub(crate) async fn change(
    work: &mut Work,
    org: &OrgId,
    name: &str,
    change: EventTypeChange,
    now: Timestamp,
) -> Done<Option<EventType>> {
    let Some(org) = work.org(org).await? else { return Ok(None) };
    let found = stored(work.link(), sql::EVENT_TYPE_LOCKED, org, name).await?;
    let Some(mut event_type) = found else { return Ok(None) };
    change.apply(&mut event_type, now);
    put(work.link(), org, &event_type).await?;
    Ok(Some(event_type))
}

pub(crate) async fn delete(
    work: &mut Work,
    org: &OrgId,
    name: &str,
    expunge: bool,
    now: Timestamp,
) -> Done<bool> {
    if !expunge {
        let archive = EventTypeChange { archived: Some(true), ..EventTypeChange::default() };
        return Ok(change(work, org, name, archive, now).await?.is_some());
    }
    let Some(org) = work.org(org).await? else { return Ok(false) };
    Ok(work.link().run(sql::EVENT_TYPE_REMOVE, params![org, name]).await? > 0)
}

pub(crate) async fn missing(
    link: &Link,
    org: &OrgId,
    names: Vec<EventTypeName>,
    visible_to: Option<&[String]>,
) -> Done<Vec<EventTypeName>> {
    let Some(org) = org::key_of(link, org).await? else { return Ok(names) };
    let asked: Vec<&str> = names.iter().map(EventTypeName::as_str).collect();
    let rows = link.query(sql::EVENT_TYPES_LIVE, params![org, asked]).await?;
    let mut live = HashMap::new();
    for row in &rows {
        live.insert(get::<String>(row, 0)?, feature_flags(row, 1)?);
    }
    let is_there =
        |name: &EventTypeName| live.get(name.as_str()).is_some_and(|flags| is_visible(flags, visible_to));
    Ok(names.into_iter().filter(|name| !is_there(name)).collect())
}
