//! Settling where something follows: health, notices, orders, what goes next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hookwire_core::{EndpointKey, MessageKey};
use hookwire_store::queue::Settled;

use super::columns::Columns;
use super::{Next, One, next};
use crate::cache::AppState;
use crate::connection::Link;
use crate::fault::Done;
use crate::queue::health::{self, Failing};
use crate::queue::{fifo, notice};
use crate::shared::Shared;
use crate::work::Work;

type Homes = BTreeMap<EndpointKey, Arc<AppState>>;

/// Settles all of it in the transaction of `work`.
pub(super) async fn settle(work: &mut Work, all: &[One<'_>], slot: i32) -> Done<Vec<Settled>> {
    let homes = homes(work, all).await?;
    let columns = Columns::of(all, slot, |settlement| homes.contains_key(&settlement.delivery.endpoint));
    let rows = columns.query(work.link()).await?;
    let settled = columns.settled(&rows)?;
    let judged = all.iter().filter(|one| one.settlement.verdict.is_some());
    let endpoints: BTreeSet<_> = judged.map(|one| one.settlement.delivery.endpoint).collect();
    let mut failing = Failing::of(work, &endpoints).await?;
    let mut gone = Vec::new();
    for (place, one) in all.iter().enumerate() {
        let home = homes.get(&one.settlement.delivery.endpoint);
        if let (Settled::Done, Some(state)) = (settled[place], home) {
            follow(work, &mut failing, &mut gone, *one, state).await?;
        }
    }
    failing.write(work).await?;
    fifo::settled(work.link(), &gone).await?;
    Ok(settled)
}

/// The apps of endpoints that are there.
async fn homes(work: &Work, all: &[One<'_>]) -> Done<Homes> {
    let shared = &work.shared;
    let mut homes = Homes::new();
    for one in all {
        let endpoint = one.settlement.delivery.endpoint;
        if !homes.contains_key(&endpoint)
            && let Some(state) = home(shared, work.link(), endpoint).await?
        {
            homes.insert(endpoint, state);
        }
    }
    Ok(homes)
}

/// The app that has the endpoint. Only what is gone by now is gone, not what is not remembered.
async fn home(shared: &Shared, link: &Link, endpoint: EndpointKey) -> Done<Option<Arc<AppState>>> {
    let Some(state) = shared.cache.home(link, &shared.vault, endpoint).await? else { return Ok(None) };
    if state.endpoints.contains_key(&endpoint) {
        return Ok(Some(state));
    }
    let version = (state.app.key, state.version);
    if shared.cache.is_current(link, &shared.vault, version).await? {
        return Ok(None);
    }
    let state = shared.cache.app(link, &shared.vault, version.0).await?;
    Ok(state.filter(|state| state.endpoints.contains_key(&endpoint)))
}

/// What follows from one settlement that took effect.
async fn follow(
    work: &mut Work,
    failing: &mut Failing,
    gone: &mut Vec<(EndpointKey, MessageKey)>,
    One { settlement, now }: One<'_>,
    state: &AppState,
) -> Done<()> {
    let delivery = &settlement.delivery;
    let Some(endpoint) = state.endpoints.get(&delivery.endpoint) else { return Ok(()) };
    match next(settlement, true) {
        Next::Waiting { due, .. } => work.waiting(endpoint, due),
        Next::Final(_) => {
            work.touch(endpoint, &state.app, Some(delivery.message));
            if fifo::is_fifo(endpoint) {
                gone.push((delivery.endpoint, delivery.message));
                work.waiting(endpoint, now);
            }
        }
    }
    if let Some(attempt) = &settlement.attempt {
        notice::of_attempt(work, settlement, attempt, state, endpoint, now).await?;
    }
    if let Some(verdict) = settlement.verdict {
        health::observe(work, failing, (verdict, settlement.transition), endpoint, now).await?;
    }
    Ok(())
}
