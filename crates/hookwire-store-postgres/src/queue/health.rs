//! What attempts do to an endpoint's health, up to turning it off. The verdicts of all nodes add up in one row.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use hookwire_core::health::{self, DisableReason, HealthChange};
use hookwire_core::id::Key;
use hookwire_core::notice::Event;
use hookwire_core::{Endpoint, EndpointKey, Timestamp, Transition, Verdict};

use super::notice;
use crate::connection::params;
use crate::fault::Done;
use crate::row::{count, key, time};
use crate::sql::{catalog as sql, queue};
use crate::work::Work;

/// The span over which the brake counts.
const BRAKE_WINDOW: Duration = Duration::from_hours(1);

/// Since when endpoints fail, as a transaction finds it and leaves it.
#[derive(Debug, Default)]
pub(crate) struct Failing {
    since: BTreeMap<EndpointKey, Timestamp>,
    began: BTreeSet<EndpointKey>,
    ended: BTreeSet<EndpointKey>,
}

impl Failing {
    /// As it is; the rows are locked until the transaction ends.
    pub(crate) async fn of(work: &Work, endpoints: &BTreeSet<EndpointKey>) -> Done<Self> {
        let keys: Vec<i64> = endpoints.iter().map(|endpoint| endpoint.raw()).collect();
        let rows = work.link().query(queue::FAILING_OF, params![keys]).await?;
        let since = rows.iter().map(|row| Ok((key(row, 0)?, time(row, 1)?))).collect::<Done<_>>()?;
        Ok(Self { since, ..Self::default() })
    }

    fn begin(&mut self, endpoint: EndpointKey, now: Timestamp) {
        self.since.insert(endpoint, now);
        self.began.insert(endpoint);
    }

    fn end(&mut self, endpoint: EndpointKey) {
        self.since.remove(&endpoint);
        self.began.remove(&endpoint);
        self.ended.insert(endpoint);
    }

    /// Writes what changed.
    pub(crate) async fn write(self, work: &Work) -> Done<()> {
        if !self.ended.is_empty() {
            let ended: Vec<i64> = self.ended.iter().map(|endpoint| endpoint.raw()).collect();
            work.link().run(sql::FAILING_REMOVE, params![ended]).await?;
        }
        if !self.began.is_empty() {
            let began: Vec<i64> = self.began.iter().map(|endpoint| endpoint.raw()).collect();
            let since: Vec<i64> = self.began.iter().map(|endpoint| self.since[endpoint].micros()).collect();
            work.link().run(queue::FAILING_PUT, params![began, since]).await?;
        }
        Ok(())
    }
}

/// Takes one verdict on `endpoint` into account.
pub(crate) async fn observe(
    work: &mut Work,
    failing: &mut Failing,
    (verdict, transition): (Verdict, Transition),
    endpoint: &Endpoint,
    now: Timestamp,
) -> Done<()> {
    let since = failing.since.get(&endpoint.key).copied();
    match health::observe(since, verdict, transition, now, work.shared.settings.disable_after) {
        HealthChange::Unchanged => {}
        HealthChange::BeginsToFail => failing.begin(endpoint.key, now),
        HealthChange::Recovered => failing.end(endpoint.key),
        HealthChange::Disable(reason) => turn_off(work, endpoint, reason, since, now).await?,
    }
    Ok(())
}

async fn turn_off(
    work: &mut Work,
    endpoint: &Endpoint,
    reason: DisableReason,
    failing_since: Option<Timestamp>,
    now: Timestamp,
) -> Done<()> {
    // As it is by now: another node, or an earlier settlement of this transaction, may have turned it off.
    let Some(state) = work.app_locked(endpoint.app).await? else { return Ok(()) };
    let Some(endpoint) = state.endpoints.get(&endpoint.key) else { return Ok(()) };
    if endpoint.disabled {
        return Ok(());
    }
    if brake_holds(work, now).await? {
        tracing::warn!(endpoint = %endpoint.key, "not turned off: too many endpoints were within the hour");
        return Ok(());
    }
    work.link().run(sql::ENDPOINT_DISABLE, params![endpoint.key.raw(), now.micros()]).await?;
    work.changed(endpoint.app).await?;
    let off = Arc::new(Endpoint { disabled: true, failing_since, ..Endpoint::clone(endpoint) });
    work.effects.changed(&off, &state.app);
    let event = Event::EndpointDisabled {
        failing_since: match reason {
            DisableReason::Gone => None,
            DisableReason::FailingSince(since) => Some(since),
        },
    };
    notice::tell(work, &state, &off, &event, now).await
}

async fn brake_holds(work: &Work, now: Timestamp) -> Done<bool> {
    let since = now.minus(BRAKE_WINDOW).micros();
    let disabled = work.link().one(sql::DISABLED_SINCE, params![since]).await?;
    let endpoints = work.link().one(sql::ENDPOINTS_LIVE, params![]).await?;
    let number = |row: Option<tokio_postgres::Row>| row.map_or(Ok(0), |row| count(&row, 0));
    Ok(health::brake_holds(number(disabled)?, number(endpoints)?))
}
