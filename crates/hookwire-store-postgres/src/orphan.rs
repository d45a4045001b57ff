//! Frees the leases of nodes that are gone: a pass through the queue, a page at a time, that holds nobody up.

use hookwire_core::{EndpointKey, Timestamp};
use std::collections::BTreeMap;

use crate::connection::params;
use crate::fault::Done;
use crate::row::{get, key, time_or_none};
use crate::shared::Shared;
use crate::sql::{node, upkeep as sql};

/// Rows of a page.
const PAGE: i64 = 5_000;

/// Frees what these lives have leased, and tells everybody that it waits.
pub(crate) async fn free(shared: &Shared, departed: &[i64]) -> Done<()> {
    let link = shared.pool.take().await?;
    let mut after = (i64::MIN, i64::MIN);
    loop {
        let rows = link.query(sql::LEASES_VOID, params![after.0, after.1, PAGE, departed]).await?;
        let mut freed: BTreeMap<EndpointKey, Timestamp> = BTreeMap::new();
        let mut end = None;
        for row in &rows {
            match (time_or_none(row, 1)?, get::<Option<i64>>(row, 2)?) {
                (Some(due), _) => drop(freed.insert(key(row, 0)?, due)),
                (None, Some(message)) => end = Some((get(row, 0)?, message)),
                (None, None) => {}
            }
        }
        tell(shared, freed);
        match end {
            Some(place) => after = place,
            None => break,
        }
    }
    link.run(node::DEPARTED_DONE, params![departed]).await?;
    Ok(())
}

fn tell(shared: &Shared, freed: BTreeMap<EndpointKey, Timestamp>) {
    shared.bell.ring(&freed, false);
    let dispatch = shared.dispatch.read().expect("nobody panics with this lock");
    if let Some(dispatch) = dispatch.as_deref() {
        freed.into_iter().for_each(|(endpoint, due)| dispatch.waiting(endpoint, due));
    }
}
