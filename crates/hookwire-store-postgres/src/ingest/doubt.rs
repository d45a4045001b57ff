//! After a connection was lost in the middle: what may have been leased without anybody having it is freed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hookwire_core::id::Key;
use hookwire_core::{EndpointKey, MessageKey, Timestamp};
use hookwire_store::dispatch::Claim;
use hookwire_store::queue::ClaimRequest;
use tokio::task::JoinHandle;
use tokio_postgres::Row;

use crate::connection::{Link, params};
use crate::fault::Done;
use crate::migrate::LOCK_SPACE;
use crate::row::{key, time};
use crate::shared::{Identity, Shared};
use crate::sql::{node, queue as sql};

/// The shortest and the longest wait between two tries.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// From one time that it is freed to another, which is the last.
const ONCE_MORE: Duration = Duration::from_secs(10);

/// What a lost transaction may have leased.
enum Doubt {
    /// These deliveries.
    Of { endpoints: Vec<i64>, messages: Vec<i64> },
    /// Whatever a claim found for the endpoint; nothing else of it is leased until exactly then.
    Claim { endpoint: EndpointKey, until: Timestamp },
}

/// Frees these, which nobody wants.
pub(crate) fn free_soon(shared: &Arc<Shared>, claims: &[Claim]) {
    ingest_lost(shared, claims.iter().map(|claim| (claim.delivery.endpoint, claim.delivery.message)), None);
}

/// A transaction that would have leased these on ingest was lost. `carrier`: ends when its connection has.
pub(crate) fn ingest_lost(
    shared: &Arc<Shared>,
    leased: impl Iterator<Item = (EndpointKey, MessageKey)>,
    carrier: Option<JoinHandle<()>>,
) {
    let (endpoints, messages): (Vec<_>, Vec<_>) =
        leased.map(|(endpoint, message)| (endpoint.raw(), message.raw())).unzip();
    if !endpoints.is_empty() {
        resolve_soon(shared, shared.identity(), Doubt::Of { endpoints, messages }, carrier);
    }
}

/// A claim of this life was lost.
pub(crate) fn claim_lost(shared: &Arc<Shared>, identity: Identity, request: &ClaimRequest) {
    resolve_soon(
        shared,
        identity,
        Doubt::Claim { endpoint: request.endpoint, until: request.lease_until },
        None,
    );
}

/// As soon as the database can be reached, however often that breaks off; unless the leases are void anyway.
fn resolve_soon(shared: &Arc<Shared>, identity: Identity, doubt: Doubt, mut carrier: Option<JoinHandle<()>>) {
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        let (mut pause, mut is_sure) = (PAUSE.0, false);
        while !shared.is_closed() && shared.identity() == identity {
            match doubt.resolve(&shared, identity).await {
                Ok(freed) => {
                    tell(&shared, &freed);
                    if is_sure {
                        return;
                    }
                    // What was lost may have been on its way still, to a database that had not begun with it.
                    is_sure = true;
                    pause = ONCE_MORE;
                    if let Some(carrier) = carrier.take() {
                        // One that panicked has ended as well.
                        drop(carrier.await);
                    }
                }
                Err(fault) => {
                    let error = fault.into_error();
                    tracing::warn!(%error, "leases that nobody has are not freed yet; trying again");
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    });
}

impl Doubt {
    /// Frees it, once the transaction has ended: from its beginning to its end it holds the lock of its node. Answers for
    /// whom something is due, and when.
    async fn resolve(
        &self,
        shared: &Arc<Shared>,
        identity: Identity,
    ) -> Done<BTreeMap<EndpointKey, Timestamp>> {
        let mut link = shared.pool.take().await?;
        link.soil();
        link.script("BEGIN").await?;
        link.query(node::NODE_LOCK, params![LOCK_SPACE, i32::from(identity.number)]).await?;
        let rows = self.free(shared, &link, identity).await?;
        link.script("COMMIT").await?;
        link.clean();
        earliest(&rows)
    }

    async fn free(&self, shared: &Shared, link: &Link, identity: Identity) -> Done<Vec<Row>> {
        let rows = match self {
            Self::Of { endpoints, messages } => {
                let these = params![endpoints, messages, identity.incarnation];
                link.query(sql::LEASED_FREE, these).await?
            }
            Self::Claim { endpoint, until } => {
                let known = shared.leases().until(*endpoint, *until);
                let known: Vec<i64> = known.into_iter().map(Key::raw).collect();
                let unknown = params![endpoint.raw(), identity.incarnation, until.micros(), known];
                link.query(sql::LEASED_FREE_UNKNOWN, unknown).await?
            }
        };
        Ok(rows)
    }
}

fn earliest(rows: &[Row]) -> Done<BTreeMap<EndpointKey, Timestamp>> {
    let mut freed = BTreeMap::new();
    for row in rows {
        let (endpoint, due) = (key(row, 0)?, time(row, 1)?);
        let earliest = freed.entry(endpoint).or_insert(due);
        *earliest = (*earliest).min(due);
    }
    Ok(freed)
}

fn tell(shared: &Shared, freed: &BTreeMap<EndpointKey, Timestamp>) {
    shared.bell.ring(freed, false);
    let dispatch = shared.dispatch.read().expect("nobody panics with this lock");
    if let Some(dispatch) = dispatch.as_deref() {
        for (endpoint, due) in freed {
            dispatch.waiting(*endpoint, *due);
        }
    }
}
