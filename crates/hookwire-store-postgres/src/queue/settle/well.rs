//! The parameters of the statement that settles first attempts which all got through: a column of each kind.

use std::collections::BTreeMap;

use hookwire_core::Attempt;
use hookwire_core::id::Key as _;
use tokio_postgres::error::SqlState;

use super::One;
use super::columns::storable;
use crate::connection::{Link, param, params};
use crate::effects::hour;
use crate::sql::queue as sql;

/// What is to be written for some deliveries that got through.
#[derive(Default)]
pub(super) struct Well {
    slot: i32,
    endpoints: Vec<i64>,
    messages: Vec<i64>,
    fences: Vec<i64>,
    apps: Vec<i64>,
    keys: Vec<i64>,
    times: Vec<i64>,
    urls: Vec<String>,
    triggers: Vec<i16>,
    codes: Vec<i32>,
    responses: Vec<String>,
    resolve_us: Vec<Option<i64>>,
    connect_us: Vec<Option<i64>>,
    tls_us: Vec<Option<i64>>,
    first_byte_us: Vec<Option<i64>>,
    total_us: Vec<i64>,
    requests: Vec<Option<String>>,
    /// How many in which hour of an endpoint.
    hours: BTreeMap<(i64, i64), i64>,
}

impl Well {
    /// Each of them has an attempt.
    pub(super) fn of(all: &[One<'_>], slot: i32) -> Self {
        let mut well = Self { slot, ..Self::default() };
        for One { settlement, now } in all {
            let Some(attempt) = &settlement.attempt else { continue };
            let endpoint = attempt.endpoint.raw();
            well.fences.push(settlement.delivery.fence);
            well.push(attempt);
            *well.hours.entry((endpoint, hour(*now))).or_default() += 1;
        }
        well
    }

    fn push(&mut self, attempt: &Attempt) {
        let timings = &attempt.timings;
        self.endpoints.push(attempt.endpoint.raw());
        self.messages.push(attempt.message.raw());
        self.apps.push(attempt.app.raw());
        self.keys.push(attempt.key.raw());
        self.times.push(attempt.at.micros());
        self.urls.push(storable(&attempt.url));
        self.triggers.push(attempt.trigger.code() as i16);
        self.codes.push(i32::from(attempt.response_code));
        self.responses.push(storable(&attempt.response));
        self.resolve_us.push(timings.resolve_us.map(i64::from));
        self.connect_us.push(timings.connect_us.map(i64::from));
        self.tls_us.push(timings.tls_us.map(i64::from));
        self.first_byte_us.push(timings.first_byte_us.map(i64::from));
        self.total_us.push(i64::from(timings.total_us));
        self.requests.push(attempt.request.as_deref().map(storable));
    }

    /// Keys for which there must be partitions.
    pub(super) fn days(&self) -> impl Iterator<Item = i64> {
        self.keys.iter().chain(&self.messages).copied()
    }

    /// The highest attempt key.
    pub(super) fn attempt_high(&self) -> i64 {
        self.keys.iter().copied().max().unwrap_or(0)
    }

    /// Writes all of it; `false`: something is stale, or its attempt is there already, so nothing is written.
    pub(super) async fn write(&self, link: &Link) -> Result<bool, tokio_postgres::Error> {
        let (endpoints, hours): (Vec<i64>, Vec<i64>) = self.hours.keys().copied().unzip();
        let counts: Vec<i64> = self.hours.values().copied().collect();
        let params = params![
            self.endpoints,
            self.messages,
            self.fences,
            self.apps,
            self.keys,
            self.times,
            self.urls,
            self.triggers,
            self.codes,
            self.responses,
            param::sparse(&self.resolve_us),
            param::sparse(&self.connect_us),
            param::sparse(&self.tls_us),
            param::sparse(&self.first_byte_us),
            self.total_us,
            param::sparse(&self.requests),
            self.slot,
            endpoints,
            hours,
            counts,
        ];
        let Err(error) = link.query(sql::SETTLE_WELL, params).await else { return Ok(true) };
        let for_the_long_way = [&SqlState::INVALID_TEXT_REPRESENTATION, &SqlState::UNIQUE_VIOLATION];
        match error.code() {
            Some(code) if for_the_long_way.contains(&code) => Ok(false),
            _ => Err(error),
        }
    }
}
