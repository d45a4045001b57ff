//! `Work`: a transaction under way, with everything that its operations may use.

use std::rc::Rc;
use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::{App, AppKey, Endpoint, EndpointKey, MessageKey, OrgId, Reference, Timestamp};
use hookwire_store::Dispatch;
use rusqlite::{Connection, params};

use super::cache::{AppState, Cache};
use super::effects::{Effects, Tally};
use super::fifo;
use super::sweep::Sweep;
use crate::fault::Done;
use crate::row::{one, run};
use crate::shared::Shared;
use crate::sql::{catalog, queue};
use crate::upkeep::trim::has_limit;
use crate::upkeep::trim::touched::Limits;

/// A transaction under way.
pub(crate) struct Work<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) shared: &'a Shared,
    pub(crate) dispatch: Option<&'a dyn Dispatch>,
    pub(crate) cache: &'a mut Cache,
    pub(crate) sweep: &'a mut Sweep,
    pub(crate) marks: &'a mut Marks,
    /// Log limits of profiles.
    pub(crate) limits: Arc<Limits>,
    pub(crate) effects: Effects,
    pub(crate) tally: Tally,
}

/// Facts about the file that are written lazily, as they are in the committed file.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Marks {
    /// No lease that was made on ingest in this run is of a message below this key.
    pub(crate) lease_floor: i64,
    /// The highest attempt key, at most [`MARK_STEP`] behind.
    pub(crate) attempt_high: i64,
    /// The highest leased key when the floor was last looked for.
    seen: i64,
    /// The floor stays until the leases of earlier runs are found.
    pub(crate) held: bool,
}

impl Marks {
    /// As the file has them when it is opened.
    pub(crate) const fn new(lease_floor: i64, attempt_high: i64) -> Self {
        Self { lease_floor, attempt_high, seen: 0, held: true }
    }
}

/// How far a mark may lag, in keys: one second.
pub(crate) const MARK_STEP: i64 = 1_000 << 22;

impl Work<'_> {
    /// An org's live app.
    pub(crate) fn resolve(&mut self, org: &OrgId, app: &Reference<AppKey>) -> Done<Option<Rc<AppState>>> {
        self.cache.resolve(self.db, &self.shared.vault, org, app)
    }

    /// A live app.
    pub(crate) fn app(&mut self, app: AppKey) -> Done<Option<Rc<AppState>>> {
        self.cache.app(self.db, &self.shared.vault, app)
    }

    /// A live endpoint and its app.
    pub(crate) fn endpoint(&mut self, endpoint: EndpointKey) -> Done<Option<(Rc<AppState>, Arc<Endpoint>)>> {
        self.cache.endpoint(self.db, &self.shared.vault, endpoint)
    }

    /// Something is owed to the endpoint, due then: the dispatcher is told.
    pub(crate) fn waiting(&mut self, endpoint: &Endpoint, due: Timestamp) {
        if endpoint.disabled {
            return;
        }
        if fifo::is_fifo(endpoint) {
            self.tally.fifo.insert(endpoint.key);
        } else {
            self.effects.waiting(endpoint.key, due);
        }
    }

    /// Tells the dispatcher when the endpoint's next delivery is due.
    pub(crate) fn tell_next(&mut self, endpoint: &Endpoint) -> Done<()> {
        if let Some(due) = self.queued_due(endpoint.key)? {
            self.waiting(endpoint, due);
        }
        Ok(())
    }

    /// When an endpoint's next unleased delivery is due.
    pub(crate) fn queued_due(&self, endpoint: EndpointKey) -> Done<Option<Timestamp>> {
        one(self.db, queue::NEXT_DUE, [endpoint.raw()], |row| Ok(Timestamp::from_micros(row.get(0)?)))
    }

    /// A row with this key goes: the mint must not make the key again.
    pub(crate) fn raise_key_high(&self, key: i64) -> Done<()> {
        run(self.db, catalog::META_RAISE, params!["key_high", key])?;
        Ok(())
    }

    /// If the endpoint has a log limit, its log may be too long now. `settled` is of which message a delivery was
    /// settled; `None` when one was added.
    pub(crate) fn touch(&mut self, endpoint: &Endpoint, app: &App, settled: Option<MessageKey>) {
        if has_limit(endpoint, app, &self.limits) {
            self.tally.touch(endpoint.key, settled.map_or(i64::MAX, Key::raw));
        }
    }

    /// The last thing before the commit.
    pub(crate) fn flush(&mut self) -> Done<()> {
        self.flush_sums()?;
        self.flush_fifo()?;
        self.flush_marks()
    }

    /// Writes what was summed up.
    pub(crate) fn flush_sums(&mut self) -> Done<()> {
        for ((endpoint, hour), ended) in self.tally.hours.drain() {
            run(
                self.db,
                queue::HOUR_ADD,
                params![endpoint.raw(), hour, ended.succeeded, ended.failed, ended.canceled],
            )?;
        }
        for (endpoint, since) in self.tally.failing.drain() {
            run(self.db, catalog::ENDPOINT_FAILING, params![endpoint.raw(), since.map(Timestamp::micros)])?;
        }
        Ok(())
    }

    fn flush_fifo(&mut self) -> Done<()> {
        for endpoint in std::mem::take(&mut self.tally.fifo) {
            if let Some(due) = fifo::next_due(self, endpoint)? {
                self.effects.waiting(endpoint, due);
            }
        }
        Ok(())
    }

    fn flush_marks(&mut self) -> Done<()> {
        if self.tally.attempt_high > self.marks.attempt_high + MARK_STEP {
            self.marks.attempt_high = self.tally.attempt_high;
            run(self.db, catalog::META_SET, params!["attempt_high", self.tally.attempt_high])?;
        }
        let Some(low) = self.tally.leased_low else { return Ok(()) };
        if low < self.marks.lease_floor {
            self.marks.lease_floor = low;
        } else {
            let leases = self.shared.leases.lock().expect("nobody panics with this lock");
            if self.marks.held || leases.highest() <= self.marks.seen + MARK_STEP {
                return Ok(());
            }
            self.marks.seen = leases.highest();
            let floor = leases.floor().min(low);
            if floor <= self.marks.lease_floor {
                return Ok(());
            }
            self.marks.lease_floor = floor;
        }
        run(self.db, catalog::META_SET, params!["lease_floor", self.marks.lease_floor])?;
        Ok(())
    }
}
