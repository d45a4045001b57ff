//! What attempts do to an endpoint's health, up to turning it off.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hookwire_core::health::{self, DisableReason, HealthChange};
use hookwire_core::id::Key;
use hookwire_core::notice::Event;
use hookwire_core::{Endpoint, Timestamp, Transition, Verdict};
use rusqlite::params;

use super::cache::AppState;
use super::notice;
use super::work::Work;
use crate::fault::Done;
use crate::row::{one, run};
use crate::sql::catalog as sql;

/// The span over which the brake counts.
const BRAKE_WINDOW: Duration = Duration::from_hours(1);

/// Takes one verdict on `endpoint` into account.
pub(crate) fn observe(
    work: &mut Work<'_>,
    verdict: Verdict,
    transition: Transition,
    endpoint: &Arc<Endpoint>,
    now: Timestamp,
) -> Done<()> {
    let failing_since = work.cache.failing.get(&endpoint.key).copied();
    match health::observe(failing_since, verdict, transition, now, work.shared.settings.disable_after) {
        HealthChange::Unchanged => {}
        HealthChange::BeginsToFail => {
            work.cache.failing.insert(endpoint.key, now);
            work.tally.failing.insert(endpoint.key, Some(now));
        }
        HealthChange::Recovered => {
            work.cache.failing.remove(&endpoint.key);
            work.tally.failing.insert(endpoint.key, None);
        }
        HealthChange::Disable(reason) => turn_off(work, endpoint, reason, now)?,
    }
    Ok(())
}

fn turn_off(
    work: &mut Work<'_>,
    endpoint: &Arc<Endpoint>,
    reason: DisableReason,
    now: Timestamp,
) -> Done<()> {
    // As it is by now: an earlier settlement of this transaction may have turned it off.
    let Some((state, endpoint)) = work.endpoint(endpoint.key)? else { return Ok(()) };
    if endpoint.disabled {
        return Ok(());
    }
    if brake_holds(work, now)? {
        tracing::warn!(endpoint = %endpoint.key, "not turned off: too many endpoints were within the hour");
        return Ok(());
    }
    run(work.db, sql::ENDPOINT_DISABLE, params![endpoint.key.raw(), now.micros()])?;
    let failing_since = work.cache.failing.get(&endpoint.key).copied();
    let off = Arc::new(Endpoint { disabled: true, failing_since, ..Endpoint::clone(&endpoint) });
    let state = refresh(work, state, &off)?;
    work.effects.changed(&off, &state.app);
    let event = Event::EndpointDisabled {
        failing_since: match reason {
            DisableReason::Gone => None,
            DisableReason::FailingSince(since) => Some(since),
        },
    };
    notice::tell(work, &state, &off, &event, now)
}

/// Puts the changed endpoint in place; answers the app's new state.
pub(crate) fn refresh(
    work: &mut Work<'_>,
    state: Rc<AppState>,
    endpoint: &Arc<Endpoint>,
) -> Done<Rc<AppState>> {
    let app = state.app.key;
    drop(state);
    work.cache.put_endpoint(endpoint);
    let state = work.app(app)?;
    Ok(state.expect("the app was there a moment ago, in this transaction"))
}

fn brake_holds(work: &mut Work<'_>, now: Timestamp) -> Done<bool> {
    let count = |sql, bound: &[i64]| -> Done<u64> {
        let found = one(work.db, sql, rusqlite::params_from_iter(bound), |row| Ok(row.get::<_, i64>(0)?))?;
        Ok(found.unwrap_or(0).unsigned_abs())
    };
    let disabled = count(sql::DISABLED_SINCE, &[now.minus(BRAKE_WINDOW).micros()])?;
    let endpoints = match work.cache.endpoints_live {
        Some(endpoints) => endpoints,
        None => count(sql::ENDPOINTS_LIVE, &[])?,
    };
    work.cache.endpoints_live = Some(endpoints);
    Ok(health::brake_holds(disabled, endpoints))
}
