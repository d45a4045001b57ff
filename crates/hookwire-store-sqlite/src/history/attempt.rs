//! Attempts: one, an endpoint's and a message's.

use hookwire_core::id::Key;
use hookwire_core::{AppKey, Attempt, AttemptKey, AttemptStatus, EndpointKey, Message, MessageKey};
use hookwire_store::history::AttemptFilter;
use hookwire_store::{Page, Slice};

use super::message;
use crate::fault::Done;
use crate::reader::Reading;
use crate::row::{one, read_attempt};
use crate::sql::history as sql;
use crate::walk::{Pick, Range, Read};

pub(crate) fn find(
    reading: &Reading<'_>,
    app: AppKey,
    message: MessageKey,
    attempt: AttemptKey,
) -> Done<Option<Attempt>> {
    let found = one(reading.db, sql::ATTEMPT_GET, [message.raw(), attempt.raw()], read_attempt)?;
    Ok(found.filter(|attempt| attempt.app == app))
}

/// Whether an attempt is what the filter asks for, its message aside.
fn is_wanted(attempt: &Attempt, filter: &AttemptFilter) -> bool {
    let times = &filter.message;
    let is_of_class = |class: u16| match class {
        0 => attempt.response_code == 0,
        class => (class..class.saturating_add(100)).contains(&attempt.response_code),
    };
    filter.status.is_none_or(|status| attempt.status == status)
        && filter.code_class.is_none_or(is_of_class)
        && filter.endpoint.is_none_or(|endpoint| attempt.endpoint == endpoint)
        && times.after.is_none_or(|after| attempt.at > after)
        && times.before.is_none_or(|before| attempt.at < before)
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
    let walk = match filter.status {
        Some(AttemptStatus::Failed) => sql::ATTEMPTS_FAILED,
        Some(AttemptStatus::Succeeded) | None => sql::ATTEMPTS_OF_ENDPOINT,
    };
    let asks = message::asks(&filter.message);
    let with_payload = with_message && filter.message.with_payload;
    range(filter, page).read(reading.db, walk, endpoint.raw(), &[], |row| {
        let place = row.get(1)?;
        let attempt = read_attempt(row)?;
        if attempt.app != app || !is_wanted(&attempt, filter) {
            return Ok((place, Pick::Skip));
        }
        if !asks && !with_message {
            return Ok((place, Pick::Take((attempt, None))));
        }
        let message = message::get(reading, attempt.message, with_payload)?;
        if asks && !message.as_ref().is_some_and(|message| message::is_wanted(message, &filter.message)) {
            return Ok((place, Pick::Skip));
        }
        Ok((place, Pick::Take((attempt, message.filter(|_| with_message)))))
    })
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
        let attempt = read_attempt(row)?;
        let place = attempt.key.raw();
        let is_wanted = attempt.app == app && is_wanted(&attempt, filter);
        Ok((place, if is_wanted { Pick::Take(attempt) } else { Pick::Skip }))
    })
}
