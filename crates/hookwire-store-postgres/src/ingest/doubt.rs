//! After a connection was lost in the middle: what may have been leased without anybody having it is freed.

use std::collections::BTreeMap;

use hookwire_core::EndpointKey;
use hookwire_core::id::Key;

use crate::connection::{Link, params};
use crate::fault::Done;
use crate::migrate::LOCK_SPACE;
use crate::row::{key, time};
use crate::shared::{Identity, Shared};
use crate::sql::{node, queue as sql};

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

/// Frees deliveries of an endpoint that this node has leased without knowing it.
pub(crate) async fn free_unknown(shared: &Shared, identity: Identity, endpoint: EndpointKey) -> Done<()> {
    let link = loop {
        if shared.is_closed() || shared.identity() != identity {
            return Ok(());
        }
        match shared.pool.take().await {
            Ok(link) => break link,
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(500)).await,
        }
    };
    let mut link = link;
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
        freed.into_iter().for_each(|(endpoint, due)| dispatch.waiting(endpoint, due));
    }
    Ok(())
}
