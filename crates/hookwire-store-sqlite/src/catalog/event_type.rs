//! Event types.

use hookwire_core::{EventType, EventTypeChange, EventTypeName, OrgId, Timestamp};
use hookwire_store::catalog::Created;
use hookwire_store::{Page, Slice};
use rusqlite::{Connection, params};

use crate::fault::Done;
use crate::reader::Reading;
use crate::row::{feature_flags, one, read_event_type, run};
use crate::sql::catalog as sql;
use crate::walk::{direction, from_name};
use crate::writer::work::Work;

fn get(db: &Connection, org: i64, name: &str) -> Done<Option<EventType>> {
    one(db, sql::EVENT_TYPE_GET, params![org, name], read_event_type)
}

fn put(db: &Connection, org: i64, event_type: &EventType) -> Done<()> {
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
    run(db, sql::EVENT_TYPE_PUT, row)?;
    Ok(())
}

pub(crate) fn find(reading: &Reading<'_>, org: &OrgId, name: &str) -> Done<Option<EventType>> {
    reading.org(org)?.map_or(Ok(None), |org| get(reading.db, org, name))
}

pub(crate) fn list(
    reading: &Reading<'_>,
    org: &OrgId,
    page: &Page<String>,
    include_archived: bool,
    visible_to: Option<&[String]>,
) -> Done<Slice<EventType, String>> {
    let Some(org) = reading.org(org)? else { return Ok(Slice::cut(Vec::new(), page.limit)) };
    let (sql, from) = from_name(page, sql::EVENT_TYPES_AFTER, sql::EVENT_TYPES_BEFORE);
    let mut statement = reading.db.prepare_cached(sql)?;
    let mut rows = statement.query(params![org, from])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        let event_type = read_event_type(row)?;
        let is_live = include_archived || !event_type.archived;
        if is_live && is_visible(&event_type.feature_flags, visible_to) {
            items.push(event_type);
            if items.len() > usize::from(page.limit) {
                break;
            }
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

pub(crate) fn create(work: &mut Work<'_>, org: &OrgId, new: EventType) -> Done<Created<EventType>> {
    let org = work.cache.org_or_new(work.db, org)?;
    if let Some(taken) = get(work.db, org, new.name.as_str())?.filter(|taken| !taken.archived) {
        return Ok(Created::Existing(taken));
    }
    put(work.db, org, &new)?;
    Ok(Created::Fresh(new))
}

pub(crate) fn upsert(work: &mut Work<'_>, org: &OrgId, new: EventType) -> Done<Created<EventType>> {
    let org = work.cache.org_or_new(work.db, org)?;
    let Some(old) = get(work.db, org, new.name.as_str())? else {
        put(work.db, org, &new)?;
        return Ok(Created::Fresh(new));
    };
    let changed = EventType { created: old.created, ..new };
    put(work.db, org, &changed)?;
    Ok(Created::Existing(changed))
}

pub(crate) fn change(
    work: &mut Work<'_>,
    org: &OrgId,
    name: &str,
    change: EventTypeChange,
    now: Timestamp,
) -> Done<Option<EventType>> {
    let Some(org) = work.cache.org(work.db, org)? else { return Ok(None) };
    let Some(mut event_type) = get(work.db, org, name)? else { return Ok(None) };
    change.apply(&mut event_type, now);
    put(work.db, org, &event_type)?;
    Ok(Some(event_type))
}

pub(crate) fn delete(
    work: &mut Work<'_>,
    org: &OrgId,
    name: &str,
    expunge: bool,
    now: Timestamp,
) -> Done<bool> {
    if !expunge {
        let archive = EventTypeChange { archived: Some(true), ..EventTypeChange::default() };
        return Ok(change(work, org, name, archive, now)?.is_some());
    }
    let Some(org) = work.cache.org(work.db, org)? else { return Ok(false) };
    Ok(run(work.db, sql::EVENT_TYPE_REMOVE, params![org, name])? > 0)
}

pub(crate) fn missing(
    reading: &Reading<'_>,
    org: &OrgId,
    names: Vec<EventTypeName>,
    visible_to: Option<&[String]>,
) -> Done<Vec<EventTypeName>> {
    let Some(org) = reading.org(org)? else { return Ok(names) };
    let mut missing = Vec::new();
    for name in names {
        let row = params![org, name.as_str()];
        let flags = one(reading.db, sql::EVENT_TYPE_LIVE, row, |row| feature_flags(row, 0))?;
        if !flags.is_some_and(|flags| is_visible(&flags, visible_to)) {
            missing.push(name);
        }
    }
    Ok(missing)
}
