//! After a connection was lost in the middle: what may have been leased without anybody having it is freed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hookwire_core::EndpointKey;
use hookwire_core::id::Key;
use hookwire_store::dispatch::Claim;

use crate::connection::{Link, params};
use crate::fault::Done;
use crate::migrate::LOCK_SPACE;
use crate::pool::Pooled;
use crate::row::{key, time};
use crate::shared::{Identity, Shared};
use crate::sql::{node, queue as sql};

/// Between two looks for the database.
const PAUSE: Duration = Duration::from_millis(500);

/// What a lost transaction may have leased.
#[derive(Debug)]
pub(crate) struct Doubt {
    pub(crate) identity: Identity,
    pub(crate) endpoints: Vec<i64>,
    pub(crate) messages: Vec<i64>,
}

impl Doubt {
    /// Frees it, once the transaction has certainly ended: as long as it runs it holds the lock of its node.
    pub(crate) async fn resolve(&self, shared: &Shared, link: &Link) -> Done<()> {
        link.script("BEGIN").await?;
        link.query(node::NODE_LOCK, params![LOCK_SPACE, i32::from(self.identity.number)]).await?;
        let row = params![self.endpoints, self.messages, self.identity.incarnation];
        let rows = link.query(sql::LEASED_FREE, row).await?;
        link.script("COMMIT").await?;
        tell(shared, &rows)
    }
}

/// Frees these as soon as the database can be reached.
pub(crate) fn free_soon(shared: &Arc<Shared>, claims: &[Claim]) {
    if claims.is_empty() {
        return;
    }
    let doubt = Doubt {
        identity: shared.identity(),
        endpoints: claims.iter().map(|claim| claim.delivery.endpoint.raw()).collect(),
        messages: claims.iter().map(|claim| claim.delivery.message.raw()).collect(),
    };
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        let Some(mut link) = link(&shared, doubt.identity).await else { return };
        link.soil();
        match doubt.resolve(&shared, &link).await {
            Ok(()) => link.clean(),
            Err(fault) => {
                tracing::warn!(error = %fault.into_error(), "leases that nobody has were not freed");
            }
        }
    });
}

/// A connection, as soon as there is one; `None` when the leases are void anyway.
async fn link(shared: &Arc<Shared>, identity: Identity) -> Option<Pooled> {
    loop {
        if shared.is_closed() || shared.identity() != identity {
            return None;
        }
        match shared.pool.take().await {
            Ok(link) => return Some(link),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Frees deliveries of an endpoint that this node has leased without knowing it.
pub(crate) async fn free_unknown(
    shared: &Arc<Shared>,
    identity: Identity,
    endpoint: EndpointKey,
) -> Done<()> {
    let Some(mut link) = link(shared, identity).await else { return Ok(()) };
    link.soil();
    link.script("BEGIN").await?;
    link.query(node::NODE_LOCK, params![LOCK_SPACE, i32::from(identity.number)]).await?;
    let known: Vec<i64> = shared.leases().messages(endpoint).into_iter().map(Key::raw).collect();
    let row = params![endpoint.raw(), identity.incarnation, known];
    let rows = link.query(sql::LEASED_FREE_UNKNOWN, row).await?;
    link.script("COMMIT").await?;
    link.clean();
    tell(shared, &rows)
}

fn tell(shared: &Shared, rows: &[tokio_postgres::Row]) -> Done<()> {
    let mut freed: BTreeMap<EndpointKey, _> = BTreeMap::new();
    for row in rows {
        let (endpoint, due) = (key(row, 0)?, time(row, 1)?);
        let earliest = freed.entry(endpoint).or_insert(due);
        *earliest = (*earliest).min(due);
    }
    shared.bell.ring(&freed, false);
    let dispatch = shared.dispatch.read().expect("nobody panics with this lock");
    if let Some(dispatch) = dispatch.as_deref() {
        for (endpoint, due) in freed {
            dispatch.waiting(endpoint, due);
        }
    }
    Ok(())
}
