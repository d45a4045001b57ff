//! Log limits: of each endpoint that has one, the settled deliveries beyond its latest ones go, with their attempts.
//!
//! Readers find what may go; the writer removes it in small transactions, each delivery only if nobody claimed it since.

pub(crate) mod touched;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::{App, AttemptKey, Endpoint, EndpointKey, MessageKey, ProfileName};
use hookwire_store::Result;
use hookwire_store::upkeep::TrimStep;
use rusqlite::params;

use self::touched::{Limits, Turn};
use crate::SqliteStore;
use crate::catalog::endpoint;
use crate::fault::Done;
use crate::reader::Reading;
use crate::row::{all, one, run, text_or_none};
use crate::sql::upkeep as sql;
use crate::walk::ROWS_MAX;
use crate::writer::work::Work;

/// Deliveries that one transaction removes: what waits for the writer goes in between.
const REMOVED_AT_ONCE: usize = 100;
/// Endpoints that one read looks at, in the look at all of them.
const ENDPOINTS_AT_ONCE: u32 = 200;

/// `trim_logs`.
pub(crate) async fn trim(store: &SqliteStore, step: TrimStep) -> Result<u64> {
    let touched = &store.shared.touched;
    let limits: Arc<Limits> = step.profiles.into();
    if **touched::lock(touched).limits() != *limits {
        // Through the writer: whatever it does from the next transaction on goes by the new limits.
        let limits = Arc::clone(&limits);
        let adopt = move |work: &mut Work<'_>| {
            touched::lock(&work.shared.touched).adopt(limits);
            Ok(())
        };
        store.writer.write(adopt).await?;
    }
    let (mut left, mut queue) = (u64::from(step.limit), touched::lock(touched).queue());
    while left > 0 {
        if let Some(endpoint) = queue.pop_front() {
            if let Some(turn) = Turn::take(touched, endpoint) {
                left -= trim_one(store, turn, &limits, left).await?.min(left);
            }
        } else if !look_at_more(store, &limits).await? {
            break;
        } else {
            queue = touched::lock(touched).queue();
        }
    }
    Ok(u64::from(step.limit) - left)
}

/// Goes on with the look at all endpoints; `false` at its end.
async fn look_at_more(store: &SqliteStore, limits: &Arc<Limits>) -> Result<bool> {
    let Some(after) = touched::lock(&store.shared.touched).next() else { return Ok(false) };
    let limits = Arc::clone(limits);
    let page = store.readers.read(move |reading| limited(reading, after, &limits)).await?;
    touched::lock(&store.shared.touched).advance(after, page.last, &page.limited);
    Ok(true)
}

/// A page of all endpoints.
struct EndpointPage {
    /// The last one of it; `None` = there are no more.
    last: Option<EndpointKey>,
    /// Those that have a limit.
    limited: Vec<EndpointKey>,
}

fn limited(reading: &Reading<'_>, after: EndpointKey, limits: &Limits) -> Done<EndpointPage> {
    let bounds = params![after.raw(), ENDPOINTS_AT_ONCE];
    let keys = all(reading.db, sql::ENDPOINTS_ABOVE, bounds, |row| Ok(EndpointKey::from_raw(row.get(0)?)))?;
    let last = keys.last().copied();
    let mut limited = Vec::new();
    for key in keys {
        if stored_limit(reading, key, limits)?.is_some() {
            limited.push(key);
        }
    }
    Ok(EndpointPage { last, limited })
}

/// One endpoint's turn: removes at most `most` deliveries, and answers how many.
async fn trim_one(store: &SqliteStore, mut turn: Turn<'_>, limits: &Arc<Limits>, most: u64) -> Result<u64> {
    let (endpoint, known) = (turn.endpoint, Arc::clone(limits));
    let bounds = store.readers.read(move |reading| bounds(reading, endpoint, &known)).await?;
    let Some((limit, cut)) = bounds else {
        turn.forget();
        return Ok(0);
    };
    let (mut removed, mut from) = (0, turn.from);
    while from < cut && removed < most {
        let wanted = REMOVED_AT_ONCE.min(usize::try_from(most - removed).unwrap_or(usize::MAX));
        let found = store.readers.read(move |reading| look(reading, endpoint, from, cut, wanted)).await?;
        from = found.from;
        if !found.settled.is_empty() {
            let remove = move |work: &mut Work<'_>| remove(work, endpoint, limit, &found.settled);
            // A limit that changed meanwhile has touched the endpoint again.
            let Some(gone) = store.writer.write(remove).await? else { return Ok(removed) };
            removed += gone;
        }
        turn.from = from;
    }
    turn.end(from >= cut);
    Ok(removed)
}

/// The endpoint's limit: its own goes before its profile's.
fn limit_of(endpoint: &Endpoint, profile: &ProfileName, limits: &Limits) -> Option<u32> {
    let of_profile = || limits.iter().find(|(name, _)| name == profile).map(|(_, limit)| *limit);
    endpoint.rules.log_limit.or_else(of_profile)
}

/// Whether the endpoint has a limit.
pub(crate) fn has_limit(endpoint: &Endpoint, app: &App, limits: &Limits) -> bool {
    limit_of(endpoint, &app.profile, limits).is_some()
}

fn stored_limit(reading: &Reading<'_>, key: EndpointKey, limits: &Limits) -> Done<Option<u32>> {
    let stored = match endpoint::stored(reading, key) {
        // Its log stays as it is; others' logs are cut.
        Err(fault) if fault.is_corrupt() => None,
        stored => stored?,
    };
    let live = stored.filter(|(_, is_deleted)| !is_deleted);
    let Some((endpoint, _)) = live else { return Ok(None) };
    let profile = one(reading.db, sql::PROFILE_OF_APP, [endpoint.app.raw()], |row| {
        Ok(text_or_none(row, 0)?.map_or_else(ProfileName::standard, ProfileName::stored))
    })?;
    Ok(profile.and_then(|profile| limit_of(&endpoint, &profile, limits)))
}

/// The endpoint's limit, and the oldest of the messages whose deliveries stay. `None` when there is no limit.
fn bounds(reading: &Reading<'_>, endpoint: EndpointKey, limits: &Limits) -> Done<Option<(u32, i64)>> {
    let Some(limit) = stored_limit(reading, endpoint, limits)? else { return Ok(None) };
    let newer = limit.saturating_sub(1);
    let cut = one(reading.db, sql::LOG_CUT, params![endpoint.raw(), newer], |row| Ok(row.get(0)?))?;
    // There are fewer than that: all of them stay.
    Ok(Some((limit, cut.unwrap_or(i64::MIN))))
}

/// A settled delivery with its attempts.
struct Logged {
    message: MessageKey,
    /// Of the claim that settled it.
    fence: i64,
    attempts: Vec<AttemptKey>,
}

/// What a read found.
struct Found {
    settled: Vec<Logged>,
    /// Where to go on.
    from: i64,
}

/// Settled deliveries of messages from `from` on and before `cut`. It looks at a bounded number of rows, and goes
/// through at least one delivery.
fn look(reading: &Reading<'_>, endpoint: EndpointKey, from: i64, cut: i64, wanted: usize) -> Done<Found> {
    let mut statement = reading.db.prepare_cached(sql::LOGGED)?;
    let mut rows = statement.query(params![endpoint.raw(), from, cut])?;
    let mut settled = Vec::new();
    let mut looks = 0;
    while let Some(row) = rows.next()? {
        let message: i64 = row.get(0)?;
        if looks >= ROWS_MAX || settled.len() >= wanted {
            return Ok(Found { settled, from: message });
        }
        looks += 1;
        let place = params![message, endpoint.raw()];
        let fence = one(reading.db, sql::SETTLED_FENCE, place, |row| Ok(row.get::<_, i64>(0)?))?;
        let Some(fence) = fence else { continue };
        let mut attempts = all(reading.db, sql::ATTEMPTS_OF, [message], |row| {
            Ok((row.get::<_, i64>(0)?, AttemptKey::from_raw(row.get(1)?)))
        })?;
        looks += attempts.len();
        attempts.retain(|(owner, _)| *owner == endpoint.raw());
        let attempts = attempts.into_iter().map(|(_, key)| key).collect();
        settled.push(Logged { message: MessageKey::from_raw(message), fence, attempts });
    }
    Ok(Found { settled, from: cut })
}

/// Removes what was found, if the endpoint's limit is still that.
fn remove(work: &mut Work<'_>, key: EndpointKey, limit: u32, settled: &[Logged]) -> Done<Option<u64>> {
    let home = work.endpoint(key)?;
    let now = home.and_then(|(state, endpoint)| limit_of(&endpoint, &state.app.profile, &work.limits));
    if now != Some(limit) {
        return Ok(None);
    }
    let mut removed = 0;
    for delivery in settled {
        let message = delivery.message.raw();
        if run(work.db, sql::LOGGED_REMOVE, params![message, key.raw(), delivery.fence])? == 0 {
            continue;
        }
        for attempt in &delivery.attempts {
            run(work.db, sql::ATTEMPT_REMOVE, [message, attempt.raw()])?;
        }
        removed += 1;
    }
    if let Some(latest) = settled.last().filter(|_| removed > 0) {
        run(work.db, sql::LOG_FLOOR_RAISE, [key.raw(), latest.message.raw()])?;
    }
    Ok(Some(removed))
}
