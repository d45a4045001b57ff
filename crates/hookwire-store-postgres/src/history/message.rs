//! Messages: one, and an app's by age.

use std::collections::HashMap;

use hookwire_core::id::Key;
use hookwire_core::{AppKey, Channel, EventTypeName, Message, MessageKey, Reference, Tag, Timestamp};
use hookwire_store::history::MessageFilter;
use hookwire_store::walk::{Collector, Pick, Range};
use hookwire_store::{Page, Slice};
use tokio_postgres::Row;

use crate::connection::{Link, params};
use crate::fault::Done;
use crate::row::{get, key, read_message, time};
use crate::sql::{Walk, history as sql, queue};
use crate::walk::Walking;

/// A millisecond, in microseconds: as finely as a key tells time.
const KEY_STEP: i64 = 1_000;

pub(crate) async fn find(
    link: &Link,
    app: AppKey,
    message: &Reference<MessageKey>,
    with_payload: bool,
) -> Done<Option<Message>> {
    let message = match message {
        Reference::Key(key) => *key,
        Reference::Uid(id) => match link.one(queue::MESSAGE_BY_EVENT_ID, params![app.raw(), id]).await? {
            Some(row) => key(&row, 0)?,
            None => return Ok(None),
        },
    };
    let mut found = get_all(link, &[message], with_payload).await?;
    Ok(found.remove(&message).filter(|message| message.app == app))
}

/// Messages by their keys.
pub(crate) async fn get_all(
    link: &Link,
    keys: &[MessageKey],
    with_payload: bool,
) -> Done<HashMap<MessageKey, Message>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let keys: Vec<i64> = keys.iter().map(|key| key.raw()).collect();
    let rows = link.query(sql::MESSAGES_BY_KEYS, params![keys, with_payload]).await?;
    by_key(&rows, with_payload)
}

fn by_key(rows: &[Row], with_payload: bool) -> Done<HashMap<MessageKey, Message>> {
    let read = |row: &Row| {
        let message = read_message(row, 0, with_payload)?;
        Ok((message.key, message))
    };
    rows.iter().map(read).collect()
}

/// Messages by their keys, but only those that the filter may want.
pub(crate) async fn get_wanted(
    link: &Link,
    keys: &[MessageKey],
    filter: &MessageFilter,
    with_payload: bool,
) -> Done<HashMap<MessageKey, Message>> {
    let Some(types) = &filter.event_types else { return get_all(link, keys, with_payload).await };
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let keys: Vec<i64> = keys.iter().map(|key| key.raw()).collect();
    let types: Vec<&str> = types.iter().map(EventTypeName::as_str).collect();
    let rows = link.query(sql::MESSAGES_OF_TYPES, params![keys, with_payload, types]).await?;
    by_key(&rows, with_payload)
}

/// The keys that may have been made after `after` and before `before`, as exclusive bounds.
pub(crate) fn bounds<K: Key>(
    after: Option<Timestamp>,
    before: Option<Timestamp>,
) -> (Option<i64>, Option<i64>) {
    let above = after.map(|after| K::floor(after).raw() - 1);
    let below = before.map(|before| K::floor(Timestamp::from_micros(before.micros() + KEY_STEP - 1)).raw());
    (above, below)
}

/// Whether a stored message passes the filter; it is looked at column by column.
fn passes(row: &Row, filter: &MessageFilter) -> Done<bool> {
    let created = time(row, 6)?;
    let holds =
        |names: Option<&str>, name: &str| names.is_some_and(|names| names.split(' ').any(|own| own == name));
    let event_type: &str = get(row, 2)?;
    Ok(filter.after.is_none_or(|after| created > after)
        && filter.before.is_none_or(|before| created < before)
        && filter
            .event_types
            .as_ref()
            .is_none_or(|names| names.iter().any(|name| name.as_str() == event_type))
        && match &filter.channel {
            Some(channel) => holds(get(row, 4)?, channel.as_str()),
            None => true,
        }
        && match &filter.tag {
            Some(tag) => holds(get(row, 5)?, tag.as_str()),
            None => true,
        })
}

/// Whether a message passes the filter, whenever it was made.
pub(crate) fn is_wanted(message: &Message, filter: &MessageFilter) -> bool {
    filter.event_types.as_ref().is_none_or(|names| names.contains(&message.event_type))
        && filter.channel.as_ref().is_none_or(|channel| message.channels.contains(channel))
        && filter.tag.as_ref().is_none_or(|tag| message.tags.contains(tag))
}

/// Whether the filter asks anything of the message itself.
pub(crate) const fn asks(filter: &MessageFilter) -> bool {
    filter.event_types.is_some() || filter.channel.is_some() || filter.tag.is_some()
}

pub(crate) async fn list(
    link: &Link,
    app: AppKey,
    filter: &MessageFilter,
    page: Page,
) -> Done<Slice<Message>> {
    let (above, below) = bounds::<MessageKey>(filter.after, filter.before);
    let range = Range::of(page).within(above, below);
    let names = filter.event_types.as_deref();
    let (walk, value): (Walk, Option<&str>) = match (&filter.tag, &filter.channel, names) {
        (Some(tag), _, _) => (sql::MESSAGES_BY_TAG, Some(Tag::as_str(tag))),
        (None, Some(channel), _) => (sql::MESSAGES_BY_CHANNEL, Some(Channel::as_str(channel))),
        (None, None, Some([name])) => (sql::MESSAGES_BY_TYPE, Some(name.as_str())),
        (None, None, Some(names)) => return of_types(link, app, names, filter, range).await,
        (None, None, None) => (sql::MESSAGES, None),
    };
    let pick = |row: &Row| pick(row, filter);
    match value {
        Some(value) => {
            let more = params![filter.with_payload, value];
            Walking::new(link, walk, app.raw(), range, more).page(pick).await
        }
        None => Walking::new(link, walk, app.raw(), range, params![filter.with_payload]).page(pick).await,
    }
}

fn pick(row: &Row, filter: &MessageFilter) -> Done<Pick<Message>> {
    if !passes(row, filter)? {
        return Ok(Pick::Skip);
    }
    Ok(Pick::Take(read_message(row, 0, filter.with_payload)?))
}

/// Several types: the first of each by their own index, then put together.
async fn of_types(
    link: &Link,
    app: AppKey,
    names: &[EventTypeName],
    filter: &MessageFilter,
    range: Range,
) -> Done<Slice<Message>> {
    let mut keys = Vec::new();
    for name in names {
        let without_payload = false;
        let more = params![without_payload, name.as_str()];
        let mut walking = Walking::new(link, sql::MESSAGES_BY_TYPE, app.raw(), range, more);
        let mut left = range.wanted();
        while left > 0 {
            let rows = walking.next().await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                if left > 0 && passes(row, filter)? {
                    keys.push(get(row, 0)?);
                    left -= 1;
                }
            }
        }
    }
    range.arrange(&mut keys);
    keys.truncate(range.wanted());
    let wanted: Vec<_> = keys.iter().map(|key| MessageKey::from_raw(*key)).collect();
    let mut messages = get_all(link, &wanted, filter.with_payload).await?;
    let mut collector: Collector<Message> = range.collector();
    for key in wanted {
        if !collector.add(key.raw(), messages.remove(&key).map_or(Pick::Skip, Pick::Take)) {
            break;
        }
    }
    Ok(collector.finish())
}
