//! The parameters of the statement that settles first attempts which all got through: a column of each kind.

use std::collections::BTreeMap;

use hookwire_core::id::Key as _;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;

use super::One;
use super::columns::Log;
use crate::connection::{Link, param, params};
use crate::effects::hour;
use crate::sql::queue as sql;

/// How many of the parameters, the last ones, concern what was sent and is kept.
const REQUEST_PARAMS: usize = 3;

/// What is to be written for some deliveries that got through.
#[derive(Default)]
pub(super) struct Well {
    slot: i32,
    fences: Vec<i64>,
    /// Of each its one attempt.
    log: Log,
    /// How many in which hour of an endpoint.
    hours: BTreeMap<(i64, i64), i64>,
}

impl Well {
    /// Each of them has an attempt.
    pub(super) fn of(all: &[One<'_>], slot: i32) -> Self {
        let mut well = Self { slot, ..Self::default() };
        for One { settlement, now } in all {
            let Some(attempt) = &settlement.attempt else { continue };
            well.log.push(well.fences.len() as i32, attempt);
            well.fences.push(settlement.delivery.fence);
            *well.hours.entry((attempt.endpoint.raw(), hour(*now))).or_default() += 1;
        }
        well
    }

    /// Keys for which there must be partitions.
    pub(super) fn days(&self) -> impl Iterator<Item = i64> {
        self.log.keys.iter().chain(&self.log.messages).copied()
    }

    /// The highest attempt key.
    pub(super) fn attempt_high(&self) -> i64 {
        self.log.keys.iter().copied().max().unwrap_or(0)
    }

    /// Writes all of it; `false`: something is stale, or its attempt is there already, so nothing is written.
    pub(super) async fn write(&self, link: &Link) -> Result<bool, tokio_postgres::Error> {
        let Err(error) = self.query(link).await else { return Ok(true) };
        let for_the_long_way = [&SqlState::INVALID_TEXT_REPRESENTATION, &SqlState::UNIQUE_VIOLATION];
        match error.code() {
            Some(code) if for_the_long_way.contains(&code) => Ok(false),
            _ => Err(error),
        }
    }

    async fn query(&self, link: &Link) -> Result<Vec<Row>, tokio_postgres::Error> {
        let (endpoints, hours): (Vec<i64>, Vec<i64>) = self.hours.keys().copied().unzip();
        let counts: Vec<i64> = self.hours.values().copied().collect();
        let log = &self.log;
        let (lowest, highest) = log.requested();
        let params = params![
            log.endpoints,
            log.messages,
            self.fences,
            log.apps,
            log.keys,
            log.times,
            log.urls,
            log.triggers,
            log.codes,
            log.responses,
            param::sparse(&log.resolve_us),
            param::sparse(&log.connect_us),
            param::sparse(&log.tls_us),
            param::sparse(&log.first_byte_us),
            log.total_us,
            self.slot,
            endpoints,
            hours,
            counts,
            log.requests,
            lowest,
            highest,
        ];
        if lowest <= highest {
            return link.query(sql::SETTLE_WELL_KEPT, params).await;
        }
        let (without_requests, _) = params.split_at(params.len() - REQUEST_PARAMS);
        link.query(sql::SETTLE_WELL, without_requests).await
    }
}
