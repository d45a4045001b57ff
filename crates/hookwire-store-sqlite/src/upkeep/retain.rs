//! Retention in small steps, each of which finds what may go by an index or by the order of keys.

use hookwire_core::id::Key;
use hookwire_core::limits::{IDEMPOTENCY_WINDOW, PAYLOAD_GRACE};
use hookwire_core::{AppKey, AttemptKey, EndpointKey, MessageKey, Timestamp};
use hookwire_store::upkeep::RetentionStep;
use rusqlite::params;

use crate::catalog::remove;
use crate::fault::Done;
use crate::row::{all, key, one, run, split, text_or_none, time};
use crate::sql::{catalog, history, upkeep as sql};
use crate::writer::fifo;
use crate::writer::work::Work;

/// Rows that a step looks at for each row that it may remove.
const LOOKS_PER_ROW: u32 = 5;
/// Times that a step looks on when it has found nothing yet.
const ROUNDS: usize = 10;

/// Removes payloads whose time is up, and gives those more time that a delivery needs; answers how many went and how many
/// stay.
pub(crate) fn payloads(work: &mut Work<'_>, step: &RetentionStep) -> Done<(u64, u64)> {
    let bounds = params![step.now.micros(), step.limit];
    let mut keys = all(work.db, sql::EXPIRED_SHORT, bounds, |row| key::<MessageKey>(row, 0))?;
    let left = step.limit.saturating_sub(keys.len() as u32);
    keys.extend(in_key_order(work, step.now, left)?);
    let (mut gone, mut kept) = (0, Vec::new());
    for key in keys {
        if one(work.db, sql::PAYLOAD_NEEDED, [key.raw()], |_| Ok(()))?.is_some() {
            kept.push(key);
            continue;
        }
        run(work.db, sql::PAYLOAD_REMOVE, [key.raw()])?;
        run(work.db, history::EXPUNGE_REQUESTS, [key.raw()])?;
        gone += 1;
    }
    // Last: on a full disk it may need the room that the others gave.
    let until = step.now.plus(PAYLOAD_GRACE).micros();
    for key in &kept {
        run(work.db, sql::PAYLOAD_KEEP, params![key.raw(), until])?;
    }
    Ok((gone, kept.len() as u64))
}

/// Those that have no index entry: they expire in the order of their keys, so the first that may stay ends the search.
fn in_key_order(work: &mut Work<'_>, now: Timestamp, limit: u32) -> Done<Vec<MessageKey>> {
    let bounds = params![work.sweep.payload, limit.saturating_mul(LOOKS_PER_ROW)];
    let rows = all(work.db, sql::EXPIRED_LONG, bounds, |row| {
        Ok((key::<MessageKey>(row, 0)?, time(row, 1)?, row.get::<_, bool>(2)?, row.get::<_, bool>(3)?))
    })?;
    let before = work.sweep.payload;
    let mut expired = Vec::new();
    for (key, expires, is_short_lived, has_payload) in rows {
        let is_ours = !is_short_lived && has_payload;
        if is_ours && (expires > now || expired.len() >= limit as usize) {
            break;
        }
        if is_ours {
            expired.push(key);
        }
        work.sweep.payload = key.raw();
    }
    if work.sweep.payload != before {
        run(work.db, catalog::META_SET, params!["sweep_payload", work.sweep.payload])?;
    }
    Ok(expired)
}

/// Removes attempts that are old enough. Among those of old messages, later ones stay and are passed by.
pub(crate) fn attempts(work: &mut Work<'_>, step: &RetentionStep) -> Done<u64> {
    for _ in 0..ROUNDS {
        let (removed, is_end) = attempts_round(work, step)?;
        if removed > 0 || is_end {
            return Ok(removed);
        }
    }
    Ok(0)
}

fn attempts_round(work: &mut Work<'_>, step: &RetentionStep) -> Done<(u64, bool)> {
    let old = step.now.minus(step.attempts);
    let (message_floor, attempt_floor) = (MessageKey::floor(old).raw(), AttemptKey::floor(old).raw());
    let looks = step.limit.saturating_mul(LOOKS_PER_ROW);
    let bounds = params![work.sweep.attempt.0, work.sweep.attempt.1, message_floor, looks];
    let rows =
        all(work.db, sql::OLD_ATTEMPTS, bounds, |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
    let is_end = rows.len() < looks as usize;
    let mut removed = 0;
    for (message, attempt) in rows {
        if attempt < attempt_floor {
            if removed >= u64::from(step.limit) {
                return Ok((removed, false));
            }
            run(work.db, sql::ATTEMPT_REMOVE, [message, attempt])?;
            removed += 1;
        }
        work.sweep.attempt = (message, attempt);
    }
    if is_end {
        work.sweep.attempt = (0, 0);
    }
    Ok((removed, is_end))
}

/// Removes messages that are old enough, with all that belongs to them. A pending delivery protects its message as long
/// as there is a payload to deliver.
pub(crate) fn messages(work: &mut Work<'_>, step: &RetentionStep) -> Done<u64> {
    let floor = MessageKey::floor(step.now.minus(step.messages)).raw();
    let looks = step.limit.saturating_mul(LOOKS_PER_ROW);
    let rows = all(work.db, sql::OLD_MESSAGES, params![work.sweep.message, floor, looks], |row| {
        Ok(Old {
            key: key(row, 0)?,
            app: key(row, 1)?,
            channels: split(text_or_none(row, 2)?, str::to_owned),
            tags: split(text_or_none(row, 3)?, str::to_owned),
            has_payload: row.get(4)?,
        })
    })?;
    let mut is_end = rows.len() < looks as usize;
    let (mut removed, mut highest) = (0, None);
    for old in rows {
        if removed >= u64::from(step.limit) {
            is_end = false;
            break;
        }
        work.sweep.message = old.key.raw();
        let is_needed =
            old.has_payload && one(work.db, sql::MESSAGE_PENDING, [old.key.raw()], |_| Ok(()))?.is_some();
        if !is_needed {
            remove_message(work, &old)?;
            removed += 1;
            highest = Some(old.key.raw());
        }
    }
    if let Some(key) = highest {
        work.raise_key_high(key)?;
    }
    if is_end {
        work.sweep.message = 0;
    }
    Ok(removed)
}

struct Old {
    key: MessageKey,
    app: AppKey,
    channels: Vec<String>,
    tags: Vec<String>,
    has_payload: bool,
}

fn remove_message(work: &mut Work<'_>, old: &Old) -> Done<()> {
    let message = old.key.raw();
    for channel in &old.channels {
        run(work.db, sql::MESSAGE_CHANNEL_REMOVE, params![old.app.raw(), channel, message])?;
    }
    for tag in &old.tags {
        run(work.db, sql::MESSAGE_TAG_REMOVE, params![old.app.raw(), tag, message])?;
    }
    let pending = all(work.db, sql::DELIVERIES_PENDING, [message], |row| {
        Ok((key::<EndpointKey>(row, 0)?, row.get::<_, bool>(1)?))
    })?;
    for (endpoint, is_leased) in pending {
        if is_leased {
            work.effects.free(endpoint, old.key);
        }
        if fifo::settled(work, endpoint, old.key)? {
            work.tally.fifo.insert(endpoint);
        }
    }
    run(work.db, sql::ATTEMPTS_REMOVE, [message])?;
    run(work.db, sql::DELIVERIES_REMOVE, [message])?;
    run(work.db, sql::MESSAGE_REMOVE, [message])?;
    Ok(())
}

/// Forgets requests whose repeats are not expected any more, and cancels what was owed to deleted endpoints.
pub(crate) fn others(work: &mut Work<'_>, step: &RetentionStep) -> Done<u64> {
    let old = step.now.minus(IDEMPOTENCY_WINDOW).micros();
    let requests =
        all(work.db, sql::OLD_REQUESTS, params![old, step.limit], |row| Ok(row.get::<_, [u8; 16]>(0)?))?;
    for request in &requests {
        run(work.db, sql::REQUEST_FORGET, [request])?;
    }
    Ok(requests.len() as u64 + removals(work, step)?)
}

fn removals(work: &mut Work<'_>, step: &RetentionStep) -> Done<u64> {
    let mut left = step.limit;
    while left > 0
        && let Some(endpoint) = one(work.db, sql::REMOVAL_NEXT, [], |row| key::<EndpointKey>(row, 0))?
    {
        let canceled = remove::cancel(work, endpoint, left, step.now)?;
        if canceled < left {
            run(work.db, sql::REMOVAL_DONE, [endpoint.raw()])?;
        }
        left -= canceled.max(1).min(left);
    }
    Ok(u64::from(step.limit - left))
}

/// Writes something of no consequence.
pub(crate) fn ping(work: &mut Work<'_>, number: u64) -> Done<()> {
    run(work.db, catalog::META_SET, params!["ping", number.cast_signed()])?;
    Ok(())
}
