//! Partitions: what grows with time lies in tables of a day each, by the time that is in the key.

use std::collections::BTreeSet;
use std::sync::Mutex;

use hookwire_core::Timestamp;
use hookwire_core::id::Key;
use hookwire_core::{AttemptKey, MessageKey};

use crate::connection::{Link, params};
use crate::fault::{Done, Fault};
use crate::migrate::LOCK_SPACE;
use crate::row::get;
use crate::shared::Shared;
use crate::sql::upkeep as sql;

/// Tables that are partitioned by their message's key, and the one by the attempt's.
pub(crate) const TABLES: [&str; 4] = ["message", "label", "delivery", "attempt"];
/// Days that are there before they begin.
const AHEAD: i64 = 2;
/// The statistics target of each column. An ANALYZE reads 300 pages for each unit of it, and while it reads, no dead row
/// can be removed from the queue. Plans don't rest on much of what it finds.
pub(crate) const STATISTICS: i32 = 3;
const DAY_MICROS: i64 = 86_400_000_000;

/// A day, as a number since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Day(pub(crate) i64);

impl Day {
    /// The day at that time.
    pub(crate) const fn at(time: Timestamp) -> Self {
        Self(time.micros().div_euclid(DAY_MICROS))
    }

    /// The day of a key of whatever noun.
    pub(crate) fn of(raw: i64) -> Self {
        Self::at(MessageKey::from_raw(raw).created())
    }

    fn begins(self) -> Timestamp {
        Timestamp::from_micros(self.0.saturating_mul(DAY_MICROS))
    }

    /// The lowest key of the day.
    pub(crate) fn floor(self) -> i64 {
        AttemptKey::floor(self.begins()).raw()
    }

    /// The lowest key of the day after.
    pub(crate) fn ceiling(self) -> i64 {
        Self(self.0 + 1).floor()
    }

    /// What the partition of `table` is called.
    pub(crate) fn name(self, table: &str) -> String {
        format!("{table}_{}", self.0)
    }

    /// The day of the partition of `table` with that name.
    pub(crate) fn from_name(table: &str, name: &str) -> Option<Self> {
        name.strip_prefix(table)?.strip_prefix('_')?.parse().ok().map(Self)
    }
}

/// The days that have partitions, as far as this node knows.
#[derive(Debug, Default)]
pub(crate) struct Days {
    known: Mutex<BTreeSet<Day>>,
}

impl Days {
    /// Sees to it that there is a place for rows with these keys.
    pub(crate) async fn ensure(&self, link: &Link, keys: impl Iterator<Item = i64>) -> Done<()> {
        let mut days: Vec<Day> = keys.map(Day::of).collect();
        days.dedup();
        days.retain(|day| !self.lock().contains(day));
        days.sort_unstable();
        days.dedup();
        for day in days {
            self.make(link, day).await?;
        }
        Ok(())
    }

    /// Sees to it that there is a place for a row with this key, on another connection than that of the transaction which
    /// needs it.
    pub(crate) async fn ensure_beside(&self, shared: &Shared, key: i64) -> Done<()> {
        if self.lock().contains(&Day::of(key)) {
            return Ok(());
        }
        let link = shared.pool.take().await?;
        self.ensure(&link, std::iter::once(key)).await
    }

    /// Makes the partitions of the days to come.
    pub(crate) async fn ahead(&self, link: &Link, now: Timestamp) -> Done<()> {
        let today = Day::at(now);
        for day in today.0..=today.0 + AHEAD {
            if !self.lock().contains(&Day(day)) {
                self.make(link, Day(day)).await?;
            }
        }
        Ok(())
    }

    /// The day's partitions are gone, or may be.
    pub(crate) fn forget(&self, day: Day) {
        self.lock().remove(&day);
    }

    /// Nothing is known for sure.
    pub(crate) fn forget_all(&self) {
        self.lock().clear();
    }

    /// A partition is made as a table of its own and then attached, which holds nobody up.
    async fn make(&self, link: &Link, day: Day) -> Done<()> {
        link.script("BEGIN").await?;
        let made = make_all(link, day).await;
        link.script(if made.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
        made?;
        self.lock().insert(day);
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<Day>> {
        self.known.lock().expect("nobody panics with this lock")
    }
}

async fn make_all(link: &Link, day: Day) -> Done<()> {
    link.run(sql::PARTITIONS_LOCK, params![LOCK_SPACE]).await?;
    for table in TABLES {
        let name = day.name(table);
        if link.one(sql::PARTITION_KNOWN, params![name]).await?.is_some() {
            continue;
        }
        let (floor, ceiling) = (day.floor(), day.ceiling());
        let told = link.one(sql::PARTITION_STATISTICS, params![table, STATISTICS]).await?;
        let told = told.ok_or_else(|| Fault::unavailable("the database does not name the columns"))?;
        let statistics: String = get(&told, 0)?;
        link.script(&format!(
            "CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE);
             ALTER TABLE {name} SET (autovacuum_vacuum_insert_scale_factor = 0.5, autovacuum_analyze_scale_factor = 0.5);
             ALTER TABLE {name} {statistics};
             ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({floor}) TO ({ceiling});"
        ))
        .await?;
    }
    Ok(())
}
