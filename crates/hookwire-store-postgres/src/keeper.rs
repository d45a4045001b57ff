//! The keeper: shows the others that this node lives, ends the leases of those that do not, and hears what they say.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hookwire_store::Result;
use hookwire_store::lease::Leases;
use tokio::sync::Notify;
use tokio::time::MissedTickBehavior;
use tokio_postgres::error::SqlState;

use crate::bell::{self, Word};
use crate::changes;
use crate::connection::{Heard, Link, params};
use crate::fault::{Done, Fault};
use crate::migrate::LOCK_SPACE;
use crate::pool::Backoff;
use crate::row::get;
use crate::shared::{Identity, Shared};
use crate::sql::node as sql;
use crate::{open, orphan, queue};

/// Time between two looks.
const TICK: Duration = Duration::from_secs(1);
/// Looks from one at the lanes to the next: the bell may not have been heard.
const LANES_EVERY: u64 = 5;
/// Looks from one heartbeat to the next.
const BEAT_EVERY: u64 = 2;
/// A node that was silent for so long is dead also for one that comes when there is no number left for it.
const LONG_SILENCE: Duration = Duration::from_mins(10);
/// How long words are collected before they are said.
const COLLECT: Duration = Duration::from_millis(5);

/// What the keeper is asked for from outside.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// Look at once: a dispatcher was attached.
    pub(crate) look: Notify,
    /// Leave.
    pub(crate) leave: Notify,
    leaving: AtomicBool,
}

impl Calls {
    pub(crate) fn leave(&self) {
        self.leaving.store(true, Ordering::Release);
        self.leave.notify_one();
    }
}

/// The keeper of one node.
pub(crate) struct Keeper {
    shared: Arc<Shared>,
    calls: Arc<Calls>,
    ticks: u64,
    /// Since when all went well. Others are only declared dead by somebody who would have heard them.
    well_since: Option<Instant>,
    sweeping: Arc<AtomicBool>,
}

/// Why a connection was left.
enum Left {
    Gone,
    Lost,
}

impl Keeper {
    pub(crate) fn new(shared: Arc<Shared>, calls: Arc<Calls>) -> Self {
        Self { shared, calls, ticks: 0, well_since: None, sweeping: Arc::default() }
    }

    /// Keeps until it is told to leave.
    pub(crate) async fn run(mut self) {
        let mut backoff = Backoff::default();
        loop {
            let failed = match Link::connect(&self.shared.place).await {
                Ok((link, heard)) => {
                    backoff.succeeded();
                    self.shared.cache.forget_all();
                    match self.serve(&link, heard).await {
                        Ok(Left::Gone) => return,
                        Ok(Left::Lost) => Fault::unavailable("the connection was closed"),
                        Err(fault) => fault,
                    }
                }
                Err(fault) => fault,
            };
            self.well_since = None;
            if self.calls.leaving.load(Ordering::Acquire) {
                return;
            }
            let wait = backoff.failed(&failed.into_error());
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.calls.leave.notified() => return,
            }
        }
    }

    async fn serve(&mut self, link: &Link, mut heard: Heard) -> Done<Left> {
        let listens = self.shared.settings.listen;
        if listens {
            link.script("LISTEN hookwire").await?;
        }
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if self.calls.leaving.load(Ordering::Acquire) {
                leave(link, self.shared.identity()).await?;
                return Ok(Left::Gone);
            }
            tokio::select! {
                _ = tick.tick() => self.tick(link).await?,
                () = self.calls.look.notified() => self.look(link).await?,
                () = self.shared.bell.rung.notified(), if listens => self.say(link).await?,
                word = heard.recv() => match word {
                    Some(word) => self.hear(link, &word).await?,
                    None => return Ok(Left::Lost),
                },
                () = self.calls.leave.notified() => {}
            }
        }
    }

    async fn tick(&mut self, link: &Link) -> Done<()> {
        if self.ticks.is_multiple_of(BEAT_EVERY) {
            self.beat(link).await?;
        }
        self.ticks += 1;
        self.well_since.get_or_insert_with(Instant::now);
        self.look(link).await?;
        // Also alone: a node that has left since may have changed something, or given deliveries back, without being heard.
        changes::look(&self.shared, link).await?;
        let is_alone = self.shared.bell.is_alone();
        if self.ticks.is_multiple_of(LANES_EVERY) || !(is_alone || self.shared.settings.listen) {
            self.look_at_lanes(link).await?;
        }
        Ok(())
    }

    /// Shows that this node lives. One that was declared dead meanwhile begins a new life, with a rest until the next
    /// heartbeat: what was leased under the old one may still be on its way to the dispatcher.
    async fn beat(&mut self, link: &Link) -> Done<()> {
        let Identity { number, incarnation } = self.shared.identity();
        let at = Instant::now();
        let seen = link.run(sql::NODE_BEAT, params![number as i16, incarnation]).await?;
        if seen == 0 {
            tracing::warn!(
                node = number,
                "this node was silent for too long: others have taken over its leases"
            );
            self.shared.pulse.stop();
            let floor = open::node_floor(link).await?;
            let identity = enter(link, &self.shared.settings.name, floor).await?;
            self.shared.mint.raise_floor(floor);
            self.shared.mint.become_node(identity.number);
            *self.shared.identity.write().expect("nobody panics with this lock") = identity;
            *self.shared.leases() = Leases::default();
            self.tell_leases_lost();
        } else {
            self.shared.pulse.beat(at);
        }
        let nodes = link.query(sql::NODES, params![]).await?.len();
        self.shared.bell.is_alone.store(nodes <= 1, Ordering::Relaxed);
        Ok(())
    }

    fn tell_leases_lost(&self) {
        let dispatch = self.shared.dispatch.read().expect("nobody panics with this lock");
        if let Some(dispatch) = dispatch.as_deref() {
            dispatch.leases_lost();
        }
    }

    /// Ends the lives of nodes that are silent, and the leases of those that are gone.
    async fn look(&mut self, link: &Link) -> Done<()> {
        let patience = self.shared.settings.silence_max;
        if self.well_since.is_some_and(|since| since.elapsed() >= patience) {
            for row in link.query(sql::NODES_SILENT, params![patience.as_secs_f64()]).await? {
                let (number, incarnation): (i16, i64) = (get(&row, 0)?, get(&row, 1)?);
                if incarnation != self.shared.identity().incarnation
                    && depart(link, number, incarnation, patience).await?
                {
                    tracing::warn!(node = number, "a node was silent: its leases are taken over");
                }
            }
        }
        let departed = link.query(sql::DEPARTED, params![]).await?;
        if !departed.is_empty() && !self.sweeping.swap(true, Ordering::AcqRel) {
            let departed = departed.iter().map(|row| get(row, 0)).collect::<Done<Vec<i64>>>()?;
            let (shared, sweeping) = (Arc::clone(&self.shared), Arc::clone(&self.sweeping));
            tokio::spawn(async move {
                if let Err(fault) = orphan::free(&shared, &departed).await {
                    tracing::warn!(error = %fault.into_error(), "leases of nodes that are gone were not freed");
                }
                sweeping.store(false, Ordering::Release);
            });
        }
        Ok(())
    }

    async fn say(&self, link: &Link) -> Done<()> {
        tokio::time::sleep(COLLECT).await;
        for word in self.shared.bell.words(self.shared.identity().incarnation) {
            link.query(sql::NOTIFY, params![word]).await?;
        }
        Ok(())
    }

    async fn hear(&self, link: &Link, word: &str) -> Done<()> {
        let word = bell::read(word, self.shared.identity().incarnation);
        if word.is_some() {
            self.shared.bell.is_alone.store(false, Ordering::Relaxed);
        }
        match word {
            Some(Word::Changed) => changes::look(&self.shared, link).await,
            Some(Word::Waiting(waiting)) => {
                let dispatch = self.shared.dispatch.read().expect("nobody panics with this lock");
                if let Some(dispatch) = dispatch.as_deref() {
                    for (endpoint, due) in waiting {
                        dispatch.waiting(endpoint, due);
                    }
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    async fn look_at_lanes(&self, link: &Link) -> Done<()> {
        if self.shared.attached().is_none() {
            return Ok(());
        }
        let lanes = queue::lanes::queued(link, i64::MIN, queue::lanes::LOOK_MAX).await?;
        let dispatch = self.shared.dispatch.read().expect("nobody panics with this lock");
        if let Some(dispatch) = dispatch.as_deref() {
            for lane in lanes {
                dispatch.waiting(lane.endpoint, lane.next_due);
            }
        }
        Ok(())
    }
}

/// Takes a number and begins a life under it. Its keys lie above `key_floor`.
pub(crate) async fn enter(link: &Link, name: &str, key_floor: i64) -> Done<Identity> {
    link.script("BEGIN").await?;
    let entered = try_enter(link, name, key_floor).await;
    link.script(if entered.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    entered
}

async fn try_enter(link: &Link, name: &str, key_floor: i64) -> Done<Identity> {
    link.query(sql::NODES_LOCK, params![LOCK_SPACE]).await?;
    let mut free = link.one(sql::NODE_FREE, params![]).await?;
    if free.is_none() {
        // Lives that ended without a word, with nobody there to notice.
        link.run(sql::NODES_DEPART, params![LONG_SILENCE.as_secs_f64()]).await?;
        free = link.one(sql::NODE_FREE, params![]).await?;
    }
    let Some(free) = free else {
        return Err(Fault::unavailable("1023 nodes share this database, there is no room for one more"));
    };
    let number: i16 = get(&free, 0)?;
    let entered = link.one(sql::NODE_ENTER, params![number, key_floor, name]).await?;
    let entered = entered.ok_or_else(|| Fault::corrupt("a node that was written is not there"))?;
    Ok(Identity { number: number.unsigned_abs(), incarnation: get(&entered, 0)? })
}

/// Ends the life of this node, when everything that was leased under it is there.
async fn leave(link: &Link, identity: Identity) -> Done<()> {
    let number = identity.number as i16;
    let ended = async {
        link.query(sql::NODE_LOCK, params![LOCK_SPACE, i32::from(number)]).await?;
        link.run(sql::NODE_LEAVE, params![number, identity.incarnation]).await
    };
    in_transaction(link, ended).await?;
    Ok(())
}

/// Ends the life of another, if it is still silent; answers whether it did. While one of its transactions runs, something
/// may still be leased under it. That is waited for only a little, as heartbeats wait, too: the next look tries again.
async fn depart(link: &Link, number: i16, incarnation: i64, patience: Duration) -> Done<bool> {
    let ended = async {
        link.script("SET LOCAL lock_timeout = '500ms'").await?;
        link.query(sql::NODE_LOCK, params![LOCK_SPACE, i32::from(number)]).await?;
        link.run(sql::NODE_DEPART, params![number, incarnation, patience.as_secs_f64()]).await
    };
    match in_transaction(link, ended).await {
        Ok(ended) => Ok(ended > 0),
        Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn in_transaction(
    link: &Link,
    what: impl Future<Output = Result<u64, tokio_postgres::Error>>,
) -> Result<u64, tokio_postgres::Error> {
    link.script("BEGIN").await?;
    let ended = what.await;
    link.script(if ended.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    ended
}

/// A node that shares the database, as others see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its number.
    pub number: u16,
    /// What it is called.
    pub name: String,
    /// How long ago it showed that it lives.
    pub silent_for: Duration,
}

/// The nodes that live.
pub(crate) async fn nodes(shared: &Shared) -> Result<Vec<Node>> {
    let read = async { nodes_of(&*shared.pool.take().await?).await };
    read.await.map_err(Fault::into_error)
}

/// The nodes that live, by the word of the database.
pub(crate) async fn nodes_of(link: &Link) -> Done<Vec<Node>> {
    let rows = link.query(sql::NODES, params![]).await?;
    let node = |row: &tokio_postgres::Row| {
        Ok(Node {
            number: get::<i16>(row, 0)?.unsigned_abs(),
            name: get(row, 1)?,
            silent_for: Duration::from_secs_f64(get::<f64>(row, 2)?.max(0.0)),
        })
    };
    rows.iter().map(node).collect()
}
