//! Small rows that nobody will ask for again: old numbers, ended tasks, tombstones of endpoints.
//!
//! No index leads to the old ones among them, so each kind is gone through in the order of its keys, and then rests.

use hookwire_core::TaskKey;
use hookwire_core::id::Key;
use hookwire_core::limits::{ENDED_TASK_KEPT, STATS_SPAN_MAX};
use hookwire_core::task::TaskStatus;
use hookwire_store::upkeep::RetentionStep;
use rusqlite::params;

use crate::fault::Done;
use crate::row::{all, one, run, text, time};
use crate::sql::upkeep as sql;
use crate::writer::effects::hour;
use crate::writer::work::Work;

/// Removes leavings, at most the step's number of each kind.
pub(crate) fn leavings(work: &mut Work<'_>, step: &RetentionStep) -> Done<u64> {
    Ok(hours(work, step)? + tasks(work, step)? + tombstones(work, step)?)
}

/// Removes numbers of hours that are older than the attempts they count and than any span that is asked for.
fn hours(work: &mut Work<'_>, step: &RetentionStep) -> Done<u64> {
    if !work.sweep.hours.is_due(step.now) {
        return Ok(0);
    }
    let old = hour(step.now.minus(step.attempts.max(STATS_SPAN_MAX)));
    let mut left = step.limit;
    for _ in 0..step.limit {
        let next = one(work.db, sql::HOURS_NEXT, [work.sweep.hours.last], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })?;
        let Some((endpoint, first)) = next else {
            work.sweep.hours.end(step.now);
            break;
        };
        if first < old {
            let bounds = params![endpoint, old, left];
            let found = all(work.db, sql::HOURS_OLD, bounds, |row| Ok(row.get::<_, i64>(0)?))?;
            for hour in &found {
                run(work.db, sql::HOUR_REMOVE, [endpoint, *hour])?;
            }
            left -= found.len() as u32;
            if left == 0 {
                break;
            }
        }
        work.sweep.hours.last = endpoint;
    }
    Ok(u64::from(step.limit - left))
}

/// Removes tasks that ended long ago.
fn tasks(work: &mut Work<'_>, step: &RetentionStep) -> Done<u64> {
    if !work.sweep.tasks.is_due(step.now) {
        return Ok(0);
    }
    let old = step.now.minus(ENDED_TASK_KEPT);
    let bounds = params![work.sweep.tasks.last, TaskKey::floor(old).raw(), step.limit];
    let rows = all(work.db, sql::OLD_TASKS, bounds, |row| {
        let is_running = text(row, 1)? == TaskStatus::Running.name();
        Ok((row.get::<_, i64>(0)?, !is_running && time(row, 2)? < old))
    })?;
    let removed = remove(work, &rows, sql::TASK_REMOVE)?;
    work.sweep.tasks.saw(&rows, step);
    Ok(removed)
}

/// Removes what is left of deleted endpoints that were owed nothing, or nothing any more. A delivery stays as long as its
/// message, and no attempt outlives it.
fn tombstones(work: &mut Work<'_>, step: &RetentionStep) -> Done<u64> {
    if !work.sweep.tombstones.is_due(step.now) {
        return Ok(0);
    }
    let bounds = params![work.sweep.tombstones.last, step.limit];
    let keys = all(work.db, sql::TOMBSTONES, bounds, |row| Ok(row.get::<_, i64>(0)?))?;
    let look = |key| {
        let is_owed = one(work.db, sql::TOMBSTONE_OWED, [key], |_| Ok(()))?.is_some();
        Ok((key, !is_owed))
    };
    let rows = keys.into_iter().map(look).collect::<Done<Vec<_>>>()?;
    let removed = remove(work, &rows, sql::TOMBSTONE_REMOVE)?;
    work.sweep.tombstones.saw(&rows, step);
    Ok(removed)
}

/// Removes those of the rows that may go.
fn remove(work: &Work<'_>, rows: &[(i64, bool)], sql: &'static str) -> Done<u64> {
    let mut removed = 0;
    for (key, _) in rows.iter().filter(|(_, may_go)| *may_go) {
        run(work.db, sql, [key])?;
        work.raise_key_high(*key)?;
        removed += 1;
    }
    Ok(removed)
}
