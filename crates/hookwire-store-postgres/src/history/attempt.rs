//! Attempts: one, an endpoint's and a message's.

use std::collections::HashMap;

use hookwire_core::id::Key;
use hookwire_core::{AppKey, Attempt, AttemptKey, AttemptStatus, EndpointKey, Message, MessageKey};
use hookwire_store::history::AttemptFilter;
use hookwire_store::walk::{Collector, Pick, Range};
use hookwire_store::{Page, Slice};

use super::message;
use crate::connection::{Link, params};
use crate::fault::Done;
use crate::row::read_attempt;
use crate::sql::history as sql;
use crate::walk::Walking;

/// By how much a message's key may be ahead of an attempt's at it, as keys count: a minute. A node that has just joined
/// makes keys above all that the others may have made until then, and another node may deliver what it accepts.
const LEAD: i64 = 60_000 << 22;

pub(crate) async fn find(
    link: &Link,
    app: AppKey,
    message: MessageKey,
    attempt: AttemptKey,
) -> Done<Option<Attempt>> {
    let row = link.one(sql::ATTEMPT_GET, params![message.raw(), attempt.raw()]).await?;
    let found = row.map(|row| read_attempt(&row, 0)).transpose()?;
    Ok(found.filter(|attempt| attempt.app == app))
}

/// Whether an attempt is the app's and what the filter asks for, its message aside.
fn is_wanted(attempt: &Attempt, app: AppKey, filter: &AttemptFilter) -> bool {
    attempt.app == app && filter.admits(attempt.endpoint, attempt.at, attempt.status, attempt.response_code)
}

/// The page's part of the list. A key tells when the attempt ended, which is not before it began: so only the earlier
/// bound can be one of keys.
fn range(filter: &AttemptFilter, page: Page) -> Range {
    let (above, _) = message::bounds::<AttemptKey>(filter.message.after, None);
    Range::of(page).within(above, None)
}

pub(crate) async fn of_endpoint(
    link: &Link,
    app: AppKey,
    endpoint: EndpointKey,
    filter: &AttemptFilter,
    with_message: bool,
    page: Page,
) -> Done<Slice<(Attempt, Option<Message>)>> {
    let walk = match filter.status {
        Some(AttemptStatus::Failed) => sql::ATTEMPTS_FAILED,
        Some(AttemptStatus::Succeeded) | None => sql::ATTEMPTS_OF_ENDPOINT,
    };
    let asks = message::asks(&filter.message);
    let with_payload = with_message && filter.message.with_payload;
    let range = range(filter, page);
    let mut walking = Walking::new(link, walk, endpoint.raw(), range, params![]).keyed_by(1);
    let mut collector: Collector<_> = range.collector();
    loop {
        let rows = walking.next().await?;
        if rows.is_empty() {
            return Ok(collector.finish());
        }
        let attempts = rows.iter().map(|row| read_attempt(row, 0)).collect::<Done<Vec<_>>>()?;
        let is_ours = |attempt: &Attempt| is_wanted(attempt, app, filter);
        let messages = if asks || with_message {
            let mut keys: Vec<MessageKey> =
                attempts.iter().filter(|attempt| is_ours(attempt)).map(|attempt| attempt.message).collect();
            keys.sort_unstable();
            keys.dedup();
            message::get_wanted(link, &keys, &filter.message, with_payload).await?
        } else {
            HashMap::new()
        };
        for attempt in attempts {
            let place = attempt.key.raw();
            let message = messages.get(&attempt.message);
            let fits = || message.is_some_and(|message| message::is_wanted(message, &filter.message));
            let pick = if is_ours(&attempt) && (!asks || fits()) {
                Pick::Take((attempt, message.filter(|_| with_message).cloned()))
            } else {
                Pick::Skip
            };
            if !collector.add(place, pick) {
                return Ok(collector.finish());
            }
        }
    }
}

pub(crate) async fn of_message(
    link: &Link,
    app: AppKey,
    message: MessageKey,
    filter: &AttemptFilter,
    page: Page,
) -> Done<Slice<Attempt>> {
    if message::asks(&filter.message) {
        let found = message::get_all(link, &[message], false).await?;
        if !found.get(&message).is_some_and(|message| message::is_wanted(message, &filter.message)) {
            return Ok(Slice::cut(Vec::new(), page.limit));
        }
    }
    // No attempt is much older than its message, so older partitions need not be looked at.
    let range = range(filter, page).within(Some(message.raw().saturating_sub(LEAD)), None);
    let walking = Walking::new(link, sql::ATTEMPTS_OF_MESSAGE, message.raw(), range, params![]).keyed_by(1);
    let pick = |row: &tokio_postgres::Row| {
        let attempt = read_attempt(row, 0)?;
        let is_wanted = is_wanted(&attempt, app, filter);
        Ok(if is_wanted { Pick::Take(attempt) } else { Pick::Skip })
    };
    walking.page(pick).await
}
