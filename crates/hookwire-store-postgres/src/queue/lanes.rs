//! Endpoints with unsettled deliveries.

use std::collections::{BTreeMap, BTreeSet};

use hookwire_core::EndpointKey;
use hookwire_core::id::Key;
use hookwire_store::queue::Lane;

use crate::connection::{Link, params};
use crate::fault::Done;
use crate::row::{key, time};
use crate::shared::Shared;
use crate::sql::queue as sql;

/// Most lanes that are looked at when nobody asked.
pub(crate) const LOOK_MAX: i64 = 1_000;

/// Open endpoints above `after` with deliveries that nobody has leased.
pub(crate) async fn queued(link: &Link, after: i64, limit: i64) -> Done<Vec<Lane>> {
    let rows = link.query(sql::LANES, params![after, limit]).await?;
    rows.iter().map(|row| Ok(Lane { endpoint: key(row, 0)?, next_due: time(row, 1)? })).collect()
}

/// Open endpoints above `after` with deliveries that nobody has leased, or this node.
pub(crate) async fn lanes(
    shared: &Shared,
    link: &Link,
    after: Option<EndpointKey>,
    limit: usize,
) -> Done<Vec<Lane>> {
    let from = after.map_or(i64::MIN, EndpointKey::raw);
    let queued = queued(link, from, limit as i64).await?;
    let mut found: BTreeMap<_, _> = queued.into_iter().map(|lane| (lane.endpoint, lane.next_due)).collect();
    let leased = shared.leases().lanes(after.unwrap_or_else(|| EndpointKey::from_raw(0)));
    let others: Vec<_> =
        leased.into_iter().filter(|lane| !found.contains_key(&lane.endpoint)).take(limit).collect();
    if !others.is_empty() {
        let keys: Vec<i64> = others.iter().map(|lane| lane.endpoint.raw()).collect();
        let rows = link.query(sql::OPEN_AMONG, params![keys]).await?;
        let open = rows.iter().map(|row| key::<EndpointKey>(row, 0)).collect::<Done<BTreeSet<_>>>()?;
        let others = others.into_iter().filter(|lane| open.contains(&lane.endpoint));
        found.extend(others.map(|lane| (lane.endpoint, lane.next_due)));
    }
    Ok(found.into_iter().take(limit).map(|(endpoint, next_due)| Lane { endpoint, next_due }).collect())
}
