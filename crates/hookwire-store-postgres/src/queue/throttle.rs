//! Throttles across nodes: an endpoint's or an app's time is given out a little ahead, to whoever claims.
//!
//! Each node holds to the rate by itself, too. This is what keeps several of them together from exceeding it, so a node
//! that is alone needs none of it.

use std::time::Duration;

use hookwire_core::id::Key;
use hookwire_core::{App, Endpoint, Timestamp};

use crate::connection::{Link, params};
use crate::fault::Done;
use crate::row::{get, time};
use crate::sql::queue as sql;

/// How far ahead of now time is given out.
const AHEAD: Duration = Duration::from_secs(1);

/// The rates that an endpoint's deliveries go by: each with its subject and the time that one delivery takes.
pub(crate) struct Rates(Vec<(i64, i64)>);

impl Rates {
    pub(crate) fn of(app: &App, endpoint: &Endpoint) -> Self {
        let both = [(app.key.raw(), app.throttle_rate), (endpoint.key.raw(), endpoint.throttle_rate)];
        let rates = both.into_iter().filter_map(|(subject, rate)| {
            let rate = i64::from(rate.filter(|rate| *rate > 0)?);
            Some((subject, (1_000_000 / rate).max(1)))
        });
        let mut rates: Vec<_> = rates.collect();
        rates.sort_unstable();
        Self(rates)
    }

    pub(crate) fn is_free(&self) -> bool {
        self.0.is_empty()
    }
}

/// What may be leased by now.
pub(crate) struct Allowed {
    pub(crate) count: u32,
    /// When there may be more.
    pub(crate) next: Timestamp,
    /// What lies after this was not given out, but written by a clock that is wrong.
    latest: Timestamp,
    free_at: Vec<(i64, i64, i64)>,
}

/// Looks how much may be leased, at most `limit`; the rows are locked until the transaction ends.
pub(crate) async fn allowed(link: &Link, rates: &Rates, limit: u32, now: Timestamp) -> Done<Allowed> {
    let subjects: Vec<i64> = rates.0.iter().map(|(subject, _)| *subject).collect();
    let rows = link.query(sql::THROTTLES, params![subjects]).await?;
    let mut known = std::collections::BTreeMap::new();
    for row in &rows {
        known.insert(get::<i64>(row, 0)?, time(row, 1)?);
    }
    Ok(decide(rates, &known, limit, now))
}

fn decide(
    rates: &Rates,
    known: &std::collections::BTreeMap<i64, Timestamp>,
    limit: u32,
    now: Timestamp,
) -> Allowed {
    let horizon = now.plus(AHEAD);
    let latest = horizon.plus(AHEAD);
    let mut allowed = Allowed { count: limit, next: now, latest, free_at: Vec::new() };
    for (subject, each) in &rates.0 {
        // A clock that was wrong must not stop it for long.
        let free_at = known.get(subject).copied().unwrap_or(now).max(now).min(latest);
        let room = (horizon.micros() - free_at.micros()).max(0) / each;
        allowed.count = allowed.count.min(u32::try_from(room).unwrap_or(u32::MAX));
        let more = Timestamp::from_micros(free_at.micros() + each - AHEAD.as_micros() as i64);
        allowed.next = allowed.next.max(more);
        allowed.free_at.push((*subject, free_at.micros(), *each));
    }
    allowed
}

/// So many were leased.
pub(crate) async fn used(link: &Link, allowed: &Allowed, count: usize) -> Done<()> {
    let subjects: Vec<i64> = allowed.free_at.iter().map(|(subject, ..)| *subject).collect();
    let free_at: Vec<i64> =
        allowed.free_at.iter().map(|(_, free_at, each)| free_at + each * count as i64).collect();
    link.run(sql::THROTTLES_PUT, params![subjects, free_at, allowed.latest.micros()]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_ahead_is_given_out_and_no_more() {
        let now = Timestamp::from_seconds(1_790_000_000);
        let rates = Rates(vec![(1, 100_000)]);
        let fresh = decide(&rates, &[].into(), 100, now);
        assert_eq!(fresh.count, 10);
        let used = [(1, now.plus(Duration::from_millis(950)))].into();
        let later = decide(&rates, &used, 100, now);
        assert_eq!((later.count, later.next), (0, now.plus(Duration::from_millis(50))));
        let both = Rates(vec![(1, 100_000), (2, 500_000)]);
        assert_eq!(decide(&both, &[].into(), 100, now).count, 2);
    }
}
