//! Attempts: one, an endpoint's and a message's.

use std::collections::BTreeSet;

use hookwire_core::id::Key;
use hookwire_core::{
    AppKey, Attempt, AttemptKey, AttemptStatus, EndpointKey, EventTypeName, Message, MessageKey,
};
use hookwire_store::history::AttemptFilter;
use hookwire_store::{Page, Slice};
use rusqlite::{Row, params};

use super::message;
use crate::fault::Done;
use crate::reader::Reading;
use crate::row::{attempt_status, key, one, read_attempt, time};
use crate::sql::history as sql;
use crate::walk::{Pick, ROWS_MAX, Range, Read};

/// Most messages of a type for which attempts are looked up message by message.
const FEW: usize = 1_000;

pub(crate) fn find(
    reading: &Reading<'_>,
    app: AppKey,
    message: MessageKey,
    attempt: AttemptKey,
) -> Done<Option<Attempt>> {
    let found = one(reading.db, sql::ATTEMPT_GET, [message.raw(), attempt.raw()], read_attempt)?;
    Ok(found.filter(|attempt| attempt.app == app))
}

/// Whether a stored attempt is the app's and what the filter asks for, its message aside; it is looked at column by column.
fn passes(row: &Row<'_>, app: AppKey, filter: &AttemptFilter) -> Done<bool> {
    let is_ours = row.get::<_, i64>(3)? == app.raw();
    Ok(is_ours && filter.admits(key(row, 2)?, time(row, 4)?, attempt_status(row)?, row.get(8)?))
}

/// The page's part of the list. A key tells when the attempt ended, which is not before it began: so only the earlier
/// bound can be one of keys.
fn range(filter: &AttemptFilter, page: Page) -> Range {
    let (above, _) = message::bounds::<AttemptKey>(filter.message.after, None);
    Range::of(page).within(above, None)
}

pub(crate) fn of_endpoint(
    reading: &Reading<'_>,
    app: AppKey,
    endpoint: EndpointKey,
    filter: &AttemptFilter,
    with_message: bool,
    page: Page,
) -> Done<Slice<(Attempt, Option<Message>)>> {
    let with_payload = filter.message.with_payload;
    let take = |row: &Row<'_>| -> Done<_> {
        let attempt = read_attempt(row)?;
        let message = if with_message { message::get(reading, attempt.message, with_payload)? } else { None };
        Ok(Pick::Take((attempt, message)))
    };
    let is_failed = filter.status == Some(AttemptStatus::Failed);
    let range = range(filter, page);
    if !message::asks(&filter.message) {
        let walk = if is_failed { sql::ATTEMPTS_FAILED } else { sql::ATTEMPTS_OF_ENDPOINT };
        return range.read(reading.db, walk, endpoint.raw(), &[], |row| {
            Ok((row.get(1)?, if passes(row, app, filter)? { take(row)? } else { Pick::Skip }))
        });
    }
    // Few may be about such a message, so a message is asked before its attempt is read.
    let mut words = reading.db.prepare_cached(sql::MESSAGE_WORDS)?;
    let mut attempts = reading.db.prepare_cached(sql::ATTEMPT_GET)?;
    let mut look = |message: i64, place: i64| -> Done<Pick<_>> {
        let is_about = match words.query([message])?.next()? {
            Some(row) => message::has_words(row, [0, 1, 2], &filter.message)?,
            None => false,
        };
        if !is_about {
            return Ok(Pick::Skip);
        }
        match attempts.query([message, place])?.next()? {
            Some(row) if passes(row, app, filter)? => take(row),
            _ => Ok(Pick::Skip),
        }
    };
    if let Some(found) = about_few(reading, app, endpoint, filter, range)? {
        let mut collector = range.collector();
        for (place, message) in found {
            if !collector.add(place, look(message, place)?) {
                break;
            }
        }
        return Ok(collector.finish());
    }
    let walk = if is_failed { sql::ATTEMPT_KEYS_FAILED } else { sql::ATTEMPT_KEYS_OF_ENDPOINT };
    range.read(reading.db, walk, endpoint.raw(), &[], |row| {
        let (message, place) = (row.get(0)?, row.get(1)?);
        Ok((place, look(message, place)?))
    })
}

/// Of types with few messages: all attempts about them at the endpoint, in the range and its order, each with its message.
/// `None`: there are too many, so the endpoint's attempts are to be gone through.
fn about_few(
    reading: &Reading<'_>,
    app: AppKey,
    endpoint: EndpointKey,
    filter: &AttemptFilter,
    range: Range,
) -> Done<Option<Vec<(i64, i64)>>> {
    let Some(names) = &filter.message.event_types else { return Ok(None) };
    let mut messages: Vec<i64> = Vec::new();
    let mut of_type = reading.db.prepare_cached(sql::MESSAGE_KEYS_OF_TYPE)?;
    for name in names.iter().map(EventTypeName::as_str).collect::<BTreeSet<_>>() {
        // No attempt is older than its message.
        let limit = (FEW + 1 - messages.len()) as i64;
        let mut rows = of_type.query(params![app.raw(), name, range.below, limit])?;
        while let Some(row) = rows.next()? {
            messages.push(row.get(0)?);
        }
        if messages.len() > FEW {
            return Ok(None);
        }
    }
    let mut found: Vec<(i64, i64)> = Vec::new();
    let (mut at, mut seen) = (reading.db.prepare_cached(sql::ATTEMPTS_AT)?, 0);
    for message in messages {
        let mut rows = at.query([message, range.above, range.below])?;
        while let Some(row) = rows.next()? {
            seen += 1;
            if seen > ROWS_MAX {
                return Ok(None);
            }
            if row.get::<_, i64>(1)? == endpoint.raw() {
                found.push((row.get(0)?, message));
            }
        }
    }
    found.sort_unstable();
    if !range.is_upwards() {
        found.reverse();
    }
    Ok(Some(found))
}

pub(crate) fn of_message(
    reading: &Reading<'_>,
    app: AppKey,
    message: MessageKey,
    filter: &AttemptFilter,
    page: Page,
) -> Done<Slice<Attempt>> {
    if message::asks(&filter.message) {
        let found = message::get(reading, message, false)?;
        if !found.is_some_and(|message| message::is_wanted(&message, &filter.message)) {
            return Ok(Slice::cut(Vec::new(), page.limit));
        }
    }
    range(filter, page).read(reading.db, sql::ATTEMPTS_OF_MESSAGE, message.raw(), &[], |row| {
        let pick = if passes(row, app, filter)? { Pick::Take(read_attempt(row)?) } else { Pick::Skip };
        Ok((row.get(1)?, pick))
    })
}
