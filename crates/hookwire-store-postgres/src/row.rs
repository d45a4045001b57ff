//! Rows and nouns, converted by hand: what is on disk never changes because a noun's field is renamed.

pub(crate) mod oauth;

use bytes::Bytes;
use hookwire_core::endpoint::ManagedBy;
use hookwire_core::id::Key;
use hookwire_core::invocation::InvocationOutcome;
use hookwire_core::message::RawBody;
use hookwire_core::task::{Task, TaskKind, TaskStatus};
use hookwire_core::{
    App, Attempt, AttemptStatus, ClientKey, Endpoint, ErrorClass, EventType, EventTypeName, InstallKey,
    Invocation, Message, Metadata, OrgId, Payload, ProfileName, Timestamp, Timings, Trigger, TriggerId,
    TriggerType, Uid,
};
use hookwire_store::Vault;
use hookwire_store::record::{StoredEndpoint, StoredTrigger};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use crate::fault::{Done, Fault};

/// Reads a column.
pub(crate) fn get<'r, T: FromSql<'r>>(row: &'r Row, at: usize) -> Done<T> {
    row.try_get(at).map_err(|error| Fault::corrupt(error.to_string()))
}

/// Reads a key.
pub(crate) fn key<K: Key>(row: &Row, at: usize) -> Done<K> {
    Ok(K::from_raw(get(row, at)?))
}

/// Reads a time.
pub(crate) fn time(row: &Row, at: usize) -> Done<Timestamp> {
    Ok(Timestamp::from_micros(get(row, at)?))
}

/// Reads a time that may be absent.
pub(crate) fn time_or_none(row: &Row, at: usize) -> Done<Option<Timestamp>> {
    Ok(get::<Option<i64>>(row, at)?.map(Timestamp::from_micros))
}

/// Reads a number that is never negative.
pub(crate) fn count(row: &Row, at: usize) -> Done<u64> {
    Ok(get::<i64>(row, at)?.unsigned_abs())
}

/// Reads a small number that is never negative.
pub(crate) fn small(row: &Row, at: usize) -> Done<u32> {
    Ok(get::<i32>(row, at)?.unsigned_abs())
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
pub(crate) fn read_profile(row: &Row, at: usize) -> Done<ProfileName> {
    Ok(get::<Option<&str>>(row, at)?.map_or_else(ProfileName::standard, ProfileName::stored))
}

/// Reads an app of this org, which has that profile.
pub(crate) fn read_app(row: &Row, org: &OrgId, profile: &ProfileName) -> Done<App> {
    Ok(App {
        key: key(row, 0)?,
        org: org.clone(),
        profile: profile.clone(),
        uid: get::<Option<&str>>(row, 1)?.map(Uid::stored),
        name: get(row, 2)?,
        throttle_rate: get::<Option<i32>>(row, 3)?.map(i32::unsigned_abs),
        metadata: metadata(get(row, 4)?)?,
        created: time(row, 5)?,
        updated: time(row, 6)?,
    })
}

/// Reads an endpoint whose columns begin at `at`, and whether it is deleted.
pub(crate) fn read_endpoint(row: &Row, at: usize, vault: &Vault) -> Done<(Endpoint, bool)> {
    let is_deleted = get(row, at + 9)?;
    let install = get::<Option<i64>>(row, at + 10)?.map(InstallKey::from_raw);
    let client = get::<Option<i64>>(row, at + 11)?.map(ClientKey::from_raw);
    let managed = match install.zip(client) {
        // Of one that is deleted the client may be gone.
        Some((install, client)) => {
            Some((ManagedBy { install, client }, get::<Option<&[u8]>>(row, at + 12)?.unwrap_or_default()))
        }
        None => None,
    };
    let stored = StoredEndpoint {
        key: key(row, at)?,
        app: key(row, at + 1)?,
        uid: get::<Option<&str>>(row, at + 2)?.map(Uid::stored),
        disabled: get(row, at + 3)?,
        is_deleted,
        failing_since: time_or_none(row, at + 4)?,
        created: time(row, at + 5)?,
        updated: time(row, at + 6)?,
        config: get(row, at + 7)?,
        sealed: get(row, at + 8)?,
        managed,
    };
    Ok((stored.read(vault)?, is_deleted))
}

/// Reads an event type's feature flags.
pub(crate) fn feature_flags(row: &Row, at: usize) -> Done<Vec<String>> {
    get::<Option<&str>>(row, at)?.map_or(Ok(Vec::new()), |text| {
        serde_json::from_str(text).map_err(|error| Fault::corrupt(format!("feature flags: {error}")))
    })
}

/// Reads an event type.
pub(crate) fn read_event_type(row: &Row) -> Done<EventType> {
    Ok(EventType {
        name: EventTypeName::stored(get(row, 0)?),
        description: get(row, 1)?,
        archived: get(row, 2)?,
        deprecated: get(row, 3)?,
        schemas: get(row, 4)?,
        group_name: get(row, 5)?,
        feature_flags: feature_flags(row, 6)?,
        created: time(row, 7)?,
        updated: time(row, 8)?,
    })
}

/// Reads a message whose columns begin at `at`; its payload only when it is wanted.
pub(crate) fn read_message(row: &Row, at: usize, with_payload: bool) -> Done<Message> {
    Ok(Message {
        key: key(row, at)?,
        app: key(row, at + 1)?,
        event_type: EventTypeName::stored(get(row, at + 2)?),
        event_id: get::<Option<&str>>(row, at + 3)?.map(Uid::stored),
        channels: split(get(row, at + 4)?, hookwire_core::Channel::stored),
        tags: split(get(row, at + 5)?, hookwire_core::Tag::stored),
        created: time(row, at + 6)?,
        deliver_at: time_or_none(row, at + 7)?,
        payload_expires: time(row, at + 8)?,
        payload: if with_payload { read_payload(row, at + 9)? } else { None },
    })
}

fn read_payload(row: &Row, at: usize) -> Done<Option<Payload>> {
    let Some(json) = get::<Option<&[u8]>>(row, at + 1)? else { return Ok(None) };
    let raw = match get::<Option<&[u8]>>(row, at + 2)? {
        Some(bytes) => Some(RawBody { bytes: Bytes::copy_from_slice(bytes), content_type: get(row, at)? }),
        None => None,
    };
    Ok(Some(Payload { json: Bytes::copy_from_slice(json), raw }))
}

/// The code of an attempt's status.
pub(crate) const fn status_code(status: AttemptStatus) -> i16 {
    match status {
        AttemptStatus::Succeeded => 0,
        AttemptStatus::Failed => 1,
    }
}

/// Reads an attempt whose columns begin at `at`.
pub(crate) fn read_attempt(row: &Row, at: usize) -> Done<Attempt> {
    let span = |at| Ok::<_, Fault>(get::<Option<i64>>(row, at)?.map(narrow));
    let code = small(row, at + 8)?;
    Ok(Attempt {
        message: key(row, at)?,
        key: key(row, at + 1)?,
        endpoint: key(row, at + 2)?,
        app: key(row, at + 3)?,
        at: time(row, at + 4)?,
        url: get(row, at + 5)?,
        status: if get::<i16>(row, at + 6)? == 0 { AttemptStatus::Succeeded } else { AttemptStatus::Failed },
        trigger: TriggerType::from_code(get::<i16>(row, at + 7)?.into()),
        response_code: u16::try_from(code).unwrap_or_default(),
        response: get(row, at + 9)?,
        error: get::<Option<&str>>(row, at + 10)?.and_then(ErrorClass::from_name),
        timings: Timings {
            resolve_us: span(at + 11)?,
            connect_us: span(at + 12)?,
            tls_us: span(at + 13)?,
            first_byte_us: span(at + 14)?,
            total_us: narrow(get(row, at + 15)?),
        },
        request: get(row, at + 16)?,
    })
}

/// A span in microseconds as nouns have it.
fn narrow<T: TryFrom<i64> + Default>(span: i64) -> T {
    T::try_from(span).unwrap_or_default()
}

/// Reads a task.
pub(crate) fn read_task(row: &Row, org: &OrgId) -> Done<Task> {
    let (kind, status): (&str, &str) = (get(row, 3)?, get(row, 6)?);
    Ok(Task {
        key: key(row, 0)?,
        org: org.clone(),
        app: key(row, 1)?,
        endpoint: key(row, 2)?,
        kind: TaskKind::from_name(kind).ok_or_else(|| Fault::corrupt(format!("task kind {kind}")))?,
        since: time(row, 4)?,
        until: time(row, 5)?,
        status: TaskStatus::from_name(status)
            .ok_or_else(|| Fault::corrupt(format!("task status {status}")))?,
        queued: count(row, 7)?,
        updated: time(row, 8)?,
    })
}

/// Reads a registered trigger.
pub(crate) fn read_trigger(row: &Row, vault: &Vault) -> Done<Trigger> {
    let stored = StoredTrigger {
        app: key(row, 0)?,
        id: get(row, 1)?,
        config: get(row, 2)?,
        sealed: get(row, 3)?,
        created: time(row, 4)?,
        updated: time(row, 5)?,
    };
    Ok(stored.read(vault)?)
}

/// Reads the record of an invocation.
pub(crate) fn read_invocation(row: &Row) -> Done<Invocation> {
    let outcome = match get::<Option<i64>>(row, 7)? {
        None => None,
        Some(duration) => Some(InvocationOutcome {
            duration_us: duration.unsigned_abs(),
            status: u16::try_from(get::<i32>(row, 8)?).unwrap_or_default(),
            succeeded: get(row, 9)?,
            error: get::<Option<&str>>(row, 10)?.and_then(ErrorClass::from_name),
            response_bytes: count(row, 11)?,
            response: get(row, 12)?,
        }),
    };
    Ok(Invocation {
        key: key(row, 0)?,
        app: key(row, 1)?,
        trigger: TriggerId::stored(get(row, 2)?),
        root: key(row, 3)?,
        caller: get(row, 4)?,
        at: time(row, 5)?,
        request_bytes: count(row, 6)?,
        outcome,
    })
}
