//! Messages: one, and an app's by age.

use hookwire_core::id::Key;
use hookwire_core::{AppKey, Channel, Message, MessageKey, Reference, Tag, Timestamp};
use hookwire_store::history::MessageFilter;
use hookwire_store::{Page, Slice};
use rusqlite::{Row, ToSql, params};

use crate::fault::Done;
use crate::reader::Reading;
use crate::row::{key, one, read_message, text, text_or_none, time};
use crate::sql::{Walk, history as sql, queue};
use crate::walk::{Collector, Pick, Range, Read};

/// A millisecond, in microseconds: as finely as a key tells time.
const KEY_STEP: i64 = 1_000;

pub(crate) fn find(
    reading: &Reading<'_>,
    app: AppKey,
    message: &Reference<MessageKey>,
    with_payload: bool,
) -> Done<Option<Message>> {
    let found = match message {
        Reference::Key(key) => Some(*key),
        Reference::Uid(id) => {
            one(reading.db, queue::MESSAGE_BY_EVENT_ID, params![app.raw(), id], |row| key(row, 0))?
        }
    };
    let Some(message) = found else { return Ok(None) };
    let found = get(reading, message, with_payload)?;
    Ok(found.filter(|message| message.app == app))
}

/// A message by its key.
pub(crate) fn get(reading: &Reading<'_>, message: MessageKey, with_payload: bool) -> Done<Option<Message>> {
    one(reading.db, queue::MESSAGE_BY_KEY, [message.raw()], |row| read_message(row, with_payload))
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
fn passes(row: &Row<'_>, filter: &MessageFilter) -> Done<bool> {
    let created = time(row, 6)?;
    Ok(filter.after.is_none_or(|after| created > after)
        && filter.before.is_none_or(|before| created < before)
        && has_words(row, [2, 4, 5], filter)?)
}

/// Whether a stored message is of a type, in a channel and with a tag that the filter asks for; `columns` say where those are.
pub(crate) fn has_words(row: &Row<'_>, columns: [usize; 3], filter: &MessageFilter) -> Done<bool> {
    let holds =
        |names: Option<&str>, name: &str| names.is_some_and(|names| names.split(' ').any(|own| own == name));
    let [event_type, channels, tags] = columns;
    let event_type = text(row, event_type)?;
    Ok(filter.event_types.as_ref().is_none_or(|names| names.iter().any(|name| name.as_str() == event_type))
        && match &filter.channel {
            Some(channel) => holds(text_or_none(row, channels)?, channel.as_str()),
            None => true,
        }
        && match &filter.tag {
            Some(tag) => holds(text_or_none(row, tags)?, tag.as_str()),
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

pub(crate) fn list(
    reading: &Reading<'_>,
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
        (None, None, Some(names)) => return of_types(reading, app, names, filter, range),
        (None, None, None) => (sql::MESSAGES, None),
    };
    let value: Vec<&dyn ToSql> = value.iter().map(|value| value as &dyn ToSql).collect();
    range.read(reading.db, walk, app.raw(), &value, |row| pick(row, filter))
}

fn pick(row: &Row<'_>, filter: &MessageFilter) -> Done<(i64, Pick<Message>)> {
    let place = row.get(0)?;
    if !passes(row, filter)? {
        return Ok((place, Pick::Skip));
    }
    Ok((place, Pick::Take(read_message(row, filter.with_payload)?)))
}

/// Several types: the first of each by their own index, then put together.
fn of_types(
    reading: &Reading<'_>,
    app: AppKey,
    names: &[hookwire_core::EventTypeName],
    filter: &MessageFilter,
    range: Range,
) -> Done<Slice<Message>> {
    let mut keys = Vec::new();
    for name in names {
        let mut statement = reading.db.prepare_cached(range.sql(sql::MESSAGES_BY_TYPE))?;
        let mut rows = statement.query(params![app.raw(), range.above, range.below, name.as_str()])?;
        let mut left = range.wanted();
        while left > 0
            && let Some(row) = rows.next()?
        {
            if passes(row, filter)? {
                keys.push(row.get(0)?);
                left -= 1;
            }
        }
    }
    range.arrange(&mut keys);
    let mut collector: Collector<Message> = range.collector();
    for place in keys {
        let message = get(reading, MessageKey::from_raw(place), filter.with_payload)?;
        if !collector.add(place, message.map_or(Pick::Skip, Pick::Take)) {
            break;
        }
    }
    Ok(collector.finish())
}
