//! Frees the leases of nodes that are gone: a pass through the queue, a page at a time, that holds nobody up.

use std::collections::BTreeMap;

use hookwire_core::{EndpointKey, Timestamp};

use crate::connection::{Link, params};
use crate::fault::Done;
use crate::queue::lanes;
use crate::row::{get, key, time_or_none};
use crate::shared::Shared;
use crate::sql::{node, upkeep as sql};

/// Rows of a page.
const PAGE: i64 = 5_000;

/// Pages that an opening looks at. What is left is for the keeper.
const EARLY_PAGES: usize = 10;

/// Frees what lives that ended before this one began have leased, as far as that is quick: then nobody has to wait for it.
pub(crate) async fn free_early(shared: &Shared, link: &Link) -> Done<()> {
    let rows = link.query(node::DEPARTED, params![]).await?;
    let departed = rows.iter().map(|row| get(row, 0)).collect::<Done<Vec<i64>>>()?;
    if !departed.is_empty() {
        pages(shared, link, &departed, EARLY_PAGES).await?;
    }
    // An earlier opening may have freed more, with nobody there to hear it.
    let lanes = lanes::queued(link, i64::MIN, lanes::LOOK_MAX).await?;
    let waiting = lanes.into_iter().map(|lane| (lane.endpoint, lane.next_due));
    shared.early.lock().expect("nobody panics with this lock").extend(waiting);
    Ok(())
}

/// Frees what these lives have leased, and tells everybody that it waits.
pub(crate) async fn free(shared: &Shared, departed: &[i64]) -> Done<()> {
    let link = shared.pool.take().await?;
    pages(shared, &link, departed, usize::MAX).await?;
    link.run(node::DEPARTED_DONE, params![departed]).await?;
    Ok(())
}

async fn pages(shared: &Shared, link: &Link, departed: &[i64], most: usize) -> Done<()> {
    let mut after = (i64::MIN, i64::MIN);
    for _ in 0..most {
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
    Ok(())
}

fn tell(shared: &Shared, freed: BTreeMap<EndpointKey, Timestamp>) {
    shared.bell.ring(&freed, false);
    let dispatch = shared.dispatch.read().expect("nobody panics with this lock");
    if let Some(dispatch) = dispatch.as_deref() {
        for (endpoint, due) in freed {
            dispatch.waiting(endpoint, due);
        }
    }
}
