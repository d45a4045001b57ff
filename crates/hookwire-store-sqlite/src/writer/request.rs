//! Requests that are remembered, so that their repeats do no harm.

use std::time::Duration;

use hookwire_core::id::Key;
use hookwire_core::limits::IDEMPOTENCY_WINDOW;
use hookwire_core::{Message, MessageKey, Timestamp};
use hookwire_store::ingest::{Begun, RequestId, SavedAnswer};
use rusqlite::params;

use super::work::Work;
use crate::fault::Done;
use crate::row::{one, read_message, run, time};
use crate::sql::queue as sql;

/// A request that began before this and did not end counts as new.
const RUNNING_MAX: Duration = Duration::from_mins(1);

/// What is known of a request.
pub(crate) enum Remembered {
    /// Nothing (any more).
    Nothing,
    /// One like it began and has not ended.
    Running,
    /// It made this message.
    Message(Box<Message>),
    /// It was answered so.
    Answer(SavedAnswer),
    /// Its key came with another body.
    OtherBody,
}

/// Looks a request up.
pub(crate) fn recall(work: &Work<'_>, request: &RequestId, now: Timestamp) -> Done<Remembered> {
    type Found = ([u8; 16], Timestamp, Option<i64>, Option<u16>, Option<Vec<u8>>);
    let found: Option<Found> = one(work.db, sql::REQUEST_GET, [request.key], |row| {
        Ok((row.get(0)?, time(row, 1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    })?;
    let Some((body, at, message, status, answer)) = found else { return Ok(Remembered::Nothing) };
    let age = now.since(at);
    let unfinished = message.is_none() && status.is_none();
    if age >= IDEMPOTENCY_WINDOW || unfinished && age >= RUNNING_MAX {
        return Ok(Remembered::Nothing);
    }
    if body != request.body {
        return Ok(Remembered::OtherBody);
    }
    if let Some(message) = message {
        let message = one(work.db, sql::MESSAGE_BY_KEY, [message], |row| read_message(row, true))?;
        return Ok(message.map_or(Remembered::Nothing, |message| Remembered::Message(Box::new(message))));
    }
    let Some(status) = status else { return Ok(Remembered::Running) };
    let body = work.shared.vault.open(&answer.unwrap_or_default(), &row_name(request))?.to_vec();
    Ok(Remembered::Answer(SavedAnswer { status, body }))
}

/// What an answer is sealed for: it may hold a secret, so it is kept as one.
fn row_name(request: &RequestId) -> String {
    format!("request/{:032x}", u128::from_be_bytes(request.key))
}

/// Remembers which message a request made.
pub(crate) fn remember_message(
    work: &Work<'_>,
    request: &RequestId,
    message: MessageKey,
    now: Timestamp,
) -> Done<()> {
    put(work, request, now, Some(message), None)
}

fn put(
    work: &Work<'_>,
    request: &RequestId,
    now: Timestamp,
    message: Option<MessageKey>,
    answer: Option<&SavedAnswer>,
) -> Done<()> {
    let sealed = answer.map(|answer| work.shared.vault.seal(&answer.body, &row_name(request)));
    let row = params![
        request.key,
        request.body,
        now.micros(),
        message.map(MessageKey::raw),
        answer.map(|answer| answer.status),
        sealed,
    ];
    run(work.db, sql::REQUEST_PUT, row)?;
    Ok(())
}

/// `begin_request`.
pub(crate) fn begin(work: &Work<'_>, request: &RequestId, now: Timestamp) -> Done<Begun> {
    Ok(match recall(work, request, now)? {
        Remembered::Nothing => {
            put(work, request, now, None, None)?;
            Begun::Fresh
        }
        Remembered::Running => Begun::Running,
        Remembered::Answer(answer) => Begun::Answered(answer),
        Remembered::OtherBody | Remembered::Message(_) => Begun::OtherBody,
    })
}

/// `finish_request`.
pub(crate) fn finish(
    work: &Work<'_>,
    request: &RequestId,
    answer: Option<&SavedAnswer>,
    now: Timestamp,
) -> Done<()> {
    match answer {
        Some(answer) => put(work, request, now, None, Some(answer)),
        None => run(work.db, sql::REQUEST_REMOVE, [request.key]).map(|_| ()),
    }
}
