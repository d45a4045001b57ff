//! The parameters of the statement that settles: a column of each kind, a place for each settlement.

use hookwire_core::id::Key;
use hookwire_core::{Attempt, AttemptStatus, DeliveryState, ErrorClass, Timestamp};
use hookwire_store::queue::{Settled, Settlement};
use tokio_postgres::Row;

use super::{Next, One, next};
use crate::connection::{Link, params};
use crate::effects::hour;
use crate::fault::Done;
use crate::row::{get, status_code};
use crate::sql::queue as sql;

/// What is to be written for some settlements.
#[derive(Default)]
pub(super) struct Columns {
    slot: i32,
    places: Vec<i32>,
    endpoints: Vec<i64>,
    messages: Vec<i64>,
    fences: Vec<i64>,
    states: Vec<i16>,
    attempts: Vec<i32>,
    dues: Vec<i64>,
    triggers: Vec<i16>,
    resumes: Vec<Option<i64>>,
    log: Log,
    counted: Counted,
}

/// Attempts to log.
#[derive(Default)]
pub(super) struct Log {
    places: Vec<i32>,
    pub(super) messages: Vec<i64>,
    pub(super) keys: Vec<i64>,
    pub(super) endpoints: Vec<i64>,
    pub(super) apps: Vec<i64>,
    pub(super) times: Vec<i64>,
    pub(super) urls: Vec<String>,
    statuses: Vec<i16>,
    pub(super) triggers: Vec<i16>,
    pub(super) codes: Vec<i32>,
    pub(super) responses: Vec<String>,
    errors: Vec<Option<&'static str>>,
    pub(super) resolve_us: Vec<Option<i64>>,
    pub(super) connect_us: Vec<Option<i64>>,
    pub(super) tls_us: Vec<Option<i64>>,
    pub(super) first_byte_us: Vec<Option<i64>>,
    pub(super) total_us: Vec<i64>,
    pub(super) requests: Vec<Option<String>>,
}

#[derive(Default)]
struct Counted {
    places: Vec<i32>,
    endpoints: Vec<i64>,
    hours: Vec<i64>,
    succeeded: Vec<i64>,
    failed: Vec<i64>,
    canceled: Vec<i64>,
}

impl Columns {
    /// `has_endpoint`: whether the delivery's endpoint is still there.
    pub(super) fn of(all: &[One<'_>], slot: i32, has_endpoint: impl Fn(&Settlement) -> bool) -> Self {
        let mut columns = Self { slot, ..Self::default() };
        for One { settlement, now } in all {
            columns.push(settlement, next(settlement, has_endpoint(settlement)), *now);
        }
        columns
    }

    /// Adds a settlement.
    fn push(&mut self, settlement: &Settlement, next: Next, now: Timestamp) {
        let (delivery, place) = (&settlement.delivery, self.places.len() as i32);
        self.places.push(place);
        self.endpoints.push(delivery.endpoint.raw());
        self.messages.push(delivery.message.raw());
        self.fences.push(delivery.fence);
        let (state, attempts, due, trigger, resume_at) = match next {
            Next::Final(state) => {
                (state.code(), delivery.attempts + u32::from(settlement.attempt.is_some()), 0, 0, None)
            }
            Next::Waiting { attempts, due, trigger, resume_at } => {
                (0, attempts, due.micros(), trigger.code(), resume_at)
            }
        };
        self.states.push(state as i16);
        self.attempts.push(attempts as i32);
        self.dues.push(due);
        self.triggers.push(trigger as i16);
        self.resumes.push(resume_at.map(Timestamp::micros));
        if let Some(attempt) = &settlement.attempt {
            self.log.push(place, attempt);
        }
        self.counted.push(place, settlement, next, now);
    }

    /// Writes; answers the places of those that took effect.
    pub(super) async fn query(&self, link: &Link) -> Result<Vec<Row>, tokio_postgres::Error> {
        let (log, counted) = (&self.log, &self.counted);
        let (lowest, highest) = log.requested();
        let params = params![
            self.places,
            self.endpoints,
            self.messages,
            self.fences,
            self.states,
            self.attempts,
            self.dues,
            self.triggers,
            self.resumes,
            log.places,
            log.messages,
            log.keys,
            log.endpoints,
            log.apps,
            log.times,
            log.urls,
            log.statuses,
            log.triggers,
            log.codes,
            log.responses,
            log.errors,
            log.resolve_us,
            log.connect_us,
            log.tls_us,
            log.first_byte_us,
            log.total_us,
            log.requests,
            self.slot,
            counted.places,
            counted.endpoints,
            counted.hours,
            counted.succeeded,
            counted.failed,
            counted.canceled,
            lowest,
            highest,
        ];
        link.query(sql::SETTLE, params).await
    }

    /// What came of each, in order.
    pub(super) fn settled(&self, rows: &[Row]) -> Done<Vec<Settled>> {
        let mut settled = vec![Settled::Stale; self.places.len()];
        for row in rows {
            let place: i32 = get(row, 0)?;
            if let Some(one) = settled.get_mut(place as usize) {
                *one = Settled::Done;
            }
        }
        Ok(settled)
    }
}

impl Log {
    pub(super) fn push(&mut self, place: i32, attempt: &Attempt) {
        let timings = &attempt.timings;
        self.places.push(place);
        self.messages.push(attempt.message.raw());
        self.keys.push(attempt.key.raw());
        self.endpoints.push(attempt.endpoint.raw());
        self.apps.push(attempt.app.raw());
        self.times.push(attempt.at.micros());
        self.urls.push(storable(&attempt.url));
        self.statuses.push(status_code(attempt.status));
        self.triggers.push(attempt.trigger.code() as i16);
        self.codes.push(i32::from(attempt.response_code));
        self.responses.push(storable(&attempt.response));
        self.errors.push(attempt.error.map(ErrorClass::name));
        self.resolve_us.push(timings.resolve_us.map(i64::from));
        self.connect_us.push(timings.connect_us.map(i64::from));
        self.tls_us.push(timings.tls_us.map(i64::from));
        self.first_byte_us.push(timings.first_byte_us.map(i64::from));
        self.total_us.push(i64::from(timings.total_us));
        self.requests.push(attempt.request.as_deref().map(storable));
    }

    /// The lowest and the highest message whose request is kept; a range that holds nothing if there is none.
    pub(super) fn requested(&self) -> (i64, i64) {
        let kept = self.messages.iter().zip(&self.requests).filter(|(_, request)| request.is_some());
        kept.fold((i64::MAX, i64::MIN), |(lowest, highest), (message, _)| {
            (lowest.min(*message), highest.max(*message))
        })
    }
}

/// A text that may hold anything, without what PostgreSQL takes in no text.
fn storable(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() }
}

impl Counted {
    fn push(&mut self, place: i32, settlement: &Settlement, next: Next, now: Timestamp) {
        let is_canceled = next == Next::Final(DeliveryState::Canceled);
        let status = settlement.attempt.as_ref().map(|attempt| attempt.status);
        if status.is_none() && !is_canceled {
            return;
        }
        self.places.push(place);
        self.endpoints.push(settlement.delivery.endpoint.raw());
        self.hours.push(hour(now));
        self.succeeded.push(i64::from(status == Some(AttemptStatus::Succeeded)));
        self.failed.push(i64::from(status == Some(AttemptStatus::Failed)));
        self.canceled.push(i64::from(is_canceled));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_text_may_hold_is_replaced() {
        assert_eq!(storable("a\0b"), "a\u{fffd}b");
        assert_eq!(storable("plain"), "plain");
    }
}
