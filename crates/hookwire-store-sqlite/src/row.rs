//! Rows and nouns, converted by hand: what is on disk never changes because a noun's field is renamed.

mod endpoint;
pub(crate) mod oauth;
mod trigger;

use bytes::Bytes;
use hookwire_core::id::Key;
use hookwire_core::message::RawBody;
use hookwire_core::task::{Task, TaskKind, TaskStatus};
use hookwire_core::{
    App, AppKey, Attempt, AttemptKey, AttemptStatus, EndpointKey, ErrorClass, EventType, EventTypeName,
    Message, MessageKey, Metadata, OrgId, Payload, ProfileName, TaskKey, Timestamp, Timings, TriggerType,
    Uid,
};
use rusqlite::{OptionalExtension, Params, Row};

use crate::fault::{Done, Fault};

pub(crate) use endpoint::read_endpoint;
pub(crate) use trigger::{is_hidden, read_followers, read_invocation, read_trigger};

/// Reads a key.
pub(crate) fn key<K: Key>(row: &Row<'_>, at: usize) -> Done<K> {
    Ok(K::from_raw(row.get(at)?))
}

/// Reads a time.
pub(crate) fn time(row: &Row<'_>, at: usize) -> Done<Timestamp> {
    Ok(Timestamp::from_micros(row.get(at)?))
}

/// Reads a time that may be absent.
pub(crate) fn time_or_none(row: &Row<'_>, at: usize) -> Done<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(at)?.map(Timestamp::from_micros))
}

/// The text in a column, borrowed.
pub(crate) fn text<'r>(row: &'r Row<'_>, at: usize) -> Done<&'r str> {
    row.get_ref(at)?.as_str().map_err(|error| Fault::corrupt(error.to_string()))
}

/// The text in a column that may be NULL.
pub(crate) fn text_or_none<'r>(row: &'r Row<'_>, at: usize) -> Done<Option<&'r str>> {
    row.get_ref(at)?.as_str_or_null().map_err(|error| Fault::corrupt(error.to_string()))
}

/// Runs a statement that finds one row or none.
pub(crate) fn one<T>(
    db: &rusqlite::Connection,
    sql: &'static str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Done<T>,
) -> Done<Option<T>> {
    let mut statement = db.prepare_cached(sql)?;
    statement.query_row(params, |row| Ok(read(row))).optional()?.transpose()
}

/// Runs a statement that finds some rows.
pub(crate) fn all<T>(
    db: &rusqlite::Connection,
    sql: &'static str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Done<T>,
) -> Done<Vec<T>> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// Runs a statement that writes; answers how many rows it changed.
pub(crate) fn run(db: &rusqlite::Connection, sql: &'static str, params: impl Params) -> Done<usize> {
    Ok(db.prepare_cached(sql)?.execute(params)?)
}

/// Names with a space between them; `None` for none. Names hold no spaces.
pub(crate) fn join<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut text = names.next()?.to_owned();
    for name in names {
        text.push(' ');
        text.push_str(name);
    }
    Some(text)
}

/// The names in a text that [`join`] made.
pub(crate) fn split<T>(text: Option<&str>, make: impl Fn(&str) -> T) -> Vec<T> {
    text.map(|text| text.split(' ').map(make).collect()).unwrap_or_default()
}

/// Metadata as it is stored.
pub(crate) fn metadata_text(metadata: &Metadata) -> Option<String> {
    let text = || serde_json::to_string(metadata).expect("a map of strings is JSON");
    (!metadata.is_empty()).then(text)
}

fn metadata(text: Option<&str>) -> Done<Metadata> {
    text.map_or(Ok(Metadata::new()), |text| {
        serde_json::from_str(text).map_err(|error| Fault::corrupt(format!("metadata: {error}")))
    })
}

/// Reads the name of an org's profile.
pub(crate) fn read_profile(row: &Row<'_>, at: usize) -> Done<ProfileName> {
    Ok(text_or_none(row, at)?.map_or_else(ProfileName::standard, ProfileName::stored))
}

/// Reads an app of this org, which has that profile.
pub(crate) fn read_app(row: &Row<'_>, org: &OrgId, profile: &ProfileName) -> Done<App> {
    Ok(App {
        key: key(row, 0)?,
        org: org.clone(),
        profile: profile.clone(),
        uid: text_or_none(row, 1)?.map(Uid::stored),
        name: text(row, 2)?.to_owned(),
        throttle_rate: row.get(3)?,
        metadata: metadata(text_or_none(row, 4)?)?,
        created: time(row, 5)?,
        updated: time(row, 6)?,
    })
}

/// Reads an event type's feature flags.
pub(crate) fn feature_flags(row: &Row<'_>, at: usize) -> Done<Vec<String>> {
    text_or_none(row, at)?.map_or(Ok(Vec::new()), |text| {
        serde_json::from_str(text).map_err(|error| Fault::corrupt(format!("feature flags: {error}")))
    })
}

/// Reads an event type.
pub(crate) fn read_event_type(row: &Row<'_>) -> Done<EventType> {
    Ok(EventType {
        name: EventTypeName::stored(text(row, 0)?),
        description: text(row, 1)?.to_owned(),
        archived: row.get(2)?,
        deprecated: row.get(3)?,
        schemas: row.get(4)?,
        group_name: row.get(5)?,
        feature_flags: feature_flags(row, 6)?,
        created: time(row, 7)?,
        updated: time(row, 8)?,
    })
}

/// Reads a message; its payload only when it is wanted.
pub(crate) fn read_message(row: &Row<'_>, with_payload: bool) -> Done<Message> {
    Ok(Message {
        key: key(row, 0)?,
        app: key(row, 1)?,
        event_type: EventTypeName::stored(text(row, 2)?),
        event_id: text_or_none(row, 3)?.map(Uid::stored),
        channels: split(text_or_none(row, 4)?, hookwire_core::Channel::stored),
        tags: split(text_or_none(row, 5)?, hookwire_core::Tag::stored),
        created: time(row, 6)?,
        deliver_at: time_or_none(row, 7)?,
        payload_expires: time(row, 8)?,
        payload: if with_payload { read_payload(row)? } else { None },
    })
}

fn read_payload(row: &Row<'_>) -> Done<Option<Payload>> {
    let Some(json) = row.get::<_, Option<Vec<u8>>>(10)? else { return Ok(None) };
    let raw = match row.get::<_, Option<Vec<u8>>>(11)? {
        Some(bytes) => Some(RawBody { bytes: Bytes::from(bytes), content_type: row.get(9)? }),
        None => None,
    };
    Ok(Some(Payload { json: Bytes::from(json), raw }))
}

/// The code of an attempt's status.
pub(crate) const fn status_code(status: AttemptStatus) -> i64 {
    match status {
        AttemptStatus::Succeeded => 0,
        AttemptStatus::Failed => 1,
    }
}

/// How the attempt of a row ended that [`read_attempt`] reads.
pub(crate) fn attempt_status(row: &Row<'_>) -> Done<AttemptStatus> {
    Ok(if row.get::<_, i64>(6)? == 0 { AttemptStatus::Succeeded } else { AttemptStatus::Failed })
}

/// Reads an attempt.
pub(crate) fn read_attempt(row: &Row<'_>) -> Done<Attempt> {
    Ok(Attempt {
        message: key::<MessageKey>(row, 0)?,
        key: key::<AttemptKey>(row, 1)?,
        endpoint: key::<EndpointKey>(row, 2)?,
        app: key::<AppKey>(row, 3)?,
        at: time(row, 4)?,
        url: text(row, 5)?.to_owned(),
        status: attempt_status(row)?,
        trigger: TriggerType::from_code(row.get(7)?),
        request: row.get(16)?,
        response_code: row.get(8)?,
        response: text(row, 9)?.to_owned(),
        error: text_or_none(row, 10)?.and_then(ErrorClass::from_name),
        timings: Timings {
            resolve_us: row.get(11)?,
            connect_us: row.get(12)?,
            tls_us: row.get(13)?,
            first_byte_us: row.get(14)?,
            total_us: row.get(15)?,
        },
    })
}

/// Reads a task.
pub(crate) fn read_task(row: &Row<'_>, org: &OrgId) -> Done<Task> {
    let kind = text(row, 3)?;
    let status = text(row, 6)?;
    Ok(Task {
        key: key::<TaskKey>(row, 0)?,
        org: org.clone(),
        app: key(row, 1)?,
        endpoint: key(row, 2)?,
        kind: TaskKind::from_name(kind).ok_or_else(|| Fault::corrupt(format!("task kind {kind}")))?,
        since: time(row, 4)?,
        until: time(row, 5)?,
        status: TaskStatus::from_name(status)
            .ok_or_else(|| Fault::corrupt(format!("task status {status}")))?,
        queued: row.get::<_, i64>(7)?.unsigned_abs(),
        updated: time(row, 8)?,
    })
}
