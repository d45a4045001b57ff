//! `Work`: a transaction of one verb that is not hot, on a connection of its own, with everything that it may use.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use hookwire_core::id::Key;
use hookwire_core::rules::DeliveryOrder;
use hookwire_core::{App, AppKey, Endpoint, MessageKey, OrgId, Reference, Timestamp};
use hookwire_store::touched::{Limits, has_limit};
use hookwire_store::{Dispatch, Error, Result};

use crate::cache::{self, AppState};
use crate::connection::{Link, params};
use crate::effects::{Effects, Tally};
use crate::fault::{Done, Fault, in_time};
use crate::ingest::doubt;
use crate::migrate::LOCK_SPACE;
use crate::pool::Pooled;
use crate::queue::fifo;
use crate::row::{key, time};
use crate::shared::{Identity, Shared};
use crate::sql::{catalog, node, queue};

/// Locks that keep changes of apps and the messages to them apart: an app's is one of so many.
const STRIPES: i64 = 64;

/// The lock of an app, the second of the two numbers of an advisory lock.
pub(crate) fn stripe(app: AppKey) -> i32 {
    let raw = app.raw();
    100 + (((raw >> 22) ^ (raw >> 12) ^ raw) % STRIPES) as i32
}

/// The lock of a node, which it holds while it leases.
pub(crate) fn node_lock(identity: Identity) -> i32 {
    1_000 + i32::from(identity.number)
}

/// The locks of who leases deliveries of these apps, in the order in which everybody takes them: the node's, so that it is
/// held also while an app's is waited for, and then those of the apps.
pub(crate) fn leasing_locks(identity: Identity, apps: impl Iterator<Item = AppKey>) -> Vec<i32> {
    let stripes: BTreeSet<i32> = apps.map(stripe).collect();
    std::iter::once(node_lock(identity)).chain(stripes).collect()
}

/// Begins a transaction that shares these locks, in one message; in their order.
pub(crate) fn begin_locked(locks: &[i32]) -> String {
    let mut script = String::from("BEGIN; SELECT ");
    for (place, lock) in locks.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        // Writing to a string can't fail.
        let _ = write!(script, "{comma}pg_advisory_xact_lock_shared({LOCK_SPACE}, {lock})");
    }
    script
}

/// Runs a verb to its end, even if the caller does not wait for it any more.
pub(crate) async fn to_its_end<T: Send + 'static>(
    verb: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    match tokio::spawn(verb).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Error::Internal("a verb of the store failed".to_owned())),
    }
}

/// The same for a caller who waits for the answer, but not for ever; the verb goes on without him.
pub(crate) fn answered<T: Send + 'static>(
    shared: &Shared,
    verb: impl Future<Output = Result<T>> + Send + 'static,
) -> impl Future<Output = Result<T>> + Send {
    let (limit, verb) = (shared.settings.answer_max, Box::pin(to_its_end(verb)));
    async move { in_time(limit, verb).await.map_err(Fault::into_error) }
}

/// A transaction under way. It ends with [`Work::end`]; if it is dropped before, it is rolled back.
pub(crate) struct Work {
    link: Pooled,
    pub(crate) shared: Arc<Shared>,
    pub(crate) effects: Effects,
    pub(crate) tally: Tally,
    /// Log limits of profiles.
    pub(crate) limits: Arc<Limits>,
    /// Who may take deliveries at once.
    pub(crate) dispatch: Option<Arc<dyn Dispatch>>,
    started: Instant,
}

impl Work {
    /// Begins.
    pub(crate) async fn begin(shared: &Arc<Shared>) -> Result<Self> {
        Self::try_begin(shared).await.map_err(Fault::into_error)
    }

    async fn try_begin(shared: &Arc<Shared>) -> Done<Self> {
        let mut link = shared.pool.take().await?;
        link.soil();
        link.script("BEGIN").await?;
        let (effects, tally) = (Effects::default(), Tally::default());
        let (shared, limits, dispatch) = (Arc::clone(shared), shared.limits(), shared.attached());
        Ok(Self { link, shared, effects, tally, limits, dispatch, started: Instant::now() })
    }

    /// Ends: commits what was done, and then tells of it; or rolls back.
    pub(crate) async fn end<T>(self, outcome: Done<T>) -> Result<T> {
        let (shared, started) = (Arc::clone(&self.shared), self.started);
        let value = self.end_uncounted(outcome).await.map_err(Fault::into_error)?;
        shared.counters.committed(1, started.elapsed());
        Ok(value)
    }

    /// The same for somebody who counts by himself, and looks at what went wrong.
    pub(crate) async fn end_uncounted<T>(mut self, outcome: Done<T>) -> Done<T> {
        let outcome = match outcome {
            Ok(value) => self.flush().await.map(|()| value),
            refused => refused,
        };
        let ended = match &outcome {
            Ok(_) => self.link.script("COMMIT").await,
            Err(_) => self.link.script("ROLLBACK").await,
        };
        if ended.is_ok() {
            self.link.clean();
        }
        match (outcome, ended) {
            (Ok(value), Ok(())) => {
                self.shared.touched(std::mem::take(&mut self.tally.touched), self.tally.touched_all);
                let effects = std::mem::take(&mut self.effects);
                let unwanted = effects.happen(&self.shared, self.dispatch.as_ref());
                doubt::free_soon(&self.shared, &unwanted);
                Ok(value)
            }
            (Ok(_), Err(error)) => {
                doubt::free_soon(&self.shared, &self.effects.claims);
                Err(error.into())
            }
            (Err(fault), _) => {
                self.link.failed(&fault);
                Err(fault)
            }
        }
    }

    /// The connection.
    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    /// An org's key.
    pub(crate) async fn org(&self, org: &OrgId) -> Done<Option<i64>> {
        self.shared.cache.org(&self.link, org).await
    }

    /// An org's app as it is now, which nobody else changes, and to which no message is accepted, until the end.
    pub(crate) async fn resolve_locked(
        &self,
        org: &OrgId,
        reference: &Reference<AppKey>,
    ) -> Done<Option<Arc<AppState>>> {
        let Some(org_key) = self.org(org).await? else { return Ok(None) };
        let app = match reference {
            Reference::Key(key) => *key,
            Reference::Uid(uid) => {
                let found = self.link.one(catalog::APP_KEY_BY_UID, params![org_key, uid]).await?;
                let Some(row) = found else { return Ok(None) };
                key(&row, 0)?
            }
        };
        let state = self.app_locked(app).await?.filter(|state| state.org == org_key);
        // Its uid may have become another's while the lock was waited for.
        Ok(state.filter(|state| match reference {
            Reference::Key(_) => true,
            Reference::Uid(uid) => state.app.uid.as_ref().is_some_and(|own| own.as_str() == uid),
        }))
    }

    /// An app as it is now, which nobody else changes, and to which no message is accepted, until the end.
    pub(crate) async fn app_locked(&self, app: AppKey) -> Done<Option<Arc<AppState>>> {
        self.lock_apps(std::iter::once(app)).await?;
        self.app_now(app).await
    }

    /// Nobody else changes these apps until the end. Who needs several locks them together: the locks are taken in their
    /// order, so no two wait for each other.
    pub(crate) async fn lock_apps(&self, apps: impl Iterator<Item = AppKey>) -> Done<()> {
        let stripes: Vec<i32> = apps.map(stripe).collect();
        self.link.query(catalog::LOCK, params![LOCK_SPACE, stripes]).await?;
        Ok(())
    }

    /// An app as it is now. It may be changed by others before the end.
    pub(crate) async fn app_now(&self, app: AppKey) -> Done<Option<Arc<AppState>>> {
        Ok(cache::read(&self.link, &self.shared.vault, app).await?.map(Arc::new))
    }

    /// The app or one of its endpoints was changed: whoever remembers it must load it anew.
    pub(crate) async fn changed(&mut self, app: AppKey) -> Done<()> {
        let row = self.link.one(catalog::APP_CHANGED, params![app.raw()]).await?;
        if let Some(row) = row {
            self.effects.outdated(app, crate::row::get(&row, 0)?);
        }
        Ok(())
    }

    /// Something is owed to the endpoint, due then: the dispatcher is told.
    pub(crate) fn waiting(&mut self, endpoint: &Endpoint, due: Timestamp) {
        if endpoint.disabled {
            return;
        }
        if endpoint.rules.order == DeliveryOrder::Fifo {
            self.tally.fifo.insert(endpoint.key);
        } else {
            self.effects.waiting(endpoint.key, due);
        }
    }

    /// Tells the dispatcher when the endpoint's next delivery is due.
    pub(crate) async fn tell_next(&mut self, endpoint: &Endpoint) -> Done<()> {
        let found = self.link.one(queue::NEXT_DUE, params![endpoint.key.raw()]).await?;
        if let Some(row) = found {
            let due = time(&row, 0)?;
            self.waiting(endpoint, due);
        }
        Ok(())
    }

    /// A row with this key goes: no key below it may be made again.
    pub(crate) async fn raise_key_high(&self, key: i64) -> Done<()> {
        let number = self.shared.identity().number;
        self.link.run(node::NODE_RAISE, params![number as i16, key]).await?;
        Ok(())
    }

    /// If the endpoint has a log limit, its log may be too long now. `settled`: of which message a delivery was settled;
    /// `None` when one was added.
    pub(crate) fn touch(&mut self, endpoint: &Endpoint, app: &App, settled: Option<MessageKey>) {
        if has_limit(endpoint, app, &self.limits) {
            self.tally.touch(endpoint.key, settled.map_or(i64::MAX, Key::raw));
        }
    }

    /// The last thing before the commit: what was summed up.
    async fn flush(&mut self) -> Done<()> {
        flush_hours(&self.link, &mut self.tally, self.shared.identity().number).await?;
        for endpoint in std::mem::take(&mut self.tally.fifo) {
            if let Some(due) = fifo::next_due(&self.link, endpoint).await? {
                self.effects.waiting(endpoint, due);
            }
        }
        Ok(())
    }
}

impl Drop for Work {
    /// Places that were reserved for what did not happen are given back.
    fn drop(&mut self) {
        std::mem::take(&mut self.effects).abandon(self.dispatch.as_deref());
    }
}

/// Writes the numbers of hours. Verbs that are not hot share the slot of their node.
pub(crate) async fn flush_hours(link: &Link, tally: &mut Tally, number: u16) -> Done<()> {
    let mut sums: Vec<_> = tally.hours.drain().collect();
    if sums.is_empty() {
        return Ok(());
    }
    // In the same order everywhere, so that no two wait for each other.
    sums.sort_unstable_by_key(|(key, _)| *key);
    let endpoints: Vec<i64> = sums.iter().map(|((endpoint, _), _)| endpoint.raw()).collect();
    let hours: Vec<i64> = sums.iter().map(|((_, hour), _)| *hour).collect();
    let succeeded: Vec<i64> = sums.iter().map(|(_, ended)| ended.succeeded).collect();
    let failed: Vec<i64> = sums.iter().map(|(_, ended)| ended.failed).collect();
    let canceled: Vec<i64> = sums.iter().map(|(_, ended)| ended.canceled).collect();
    let slot = i32::from(number) << SLOT_BITS;
    link.run(queue::HOURS_ADD, params![slot, endpoints, hours, succeeded, failed, canceled]).await?;
    Ok(())
}

/// Slots of one node: the first is for verbs that are not hot, the others for settlers.
pub(crate) const SLOT_BITS: u32 = 5;
