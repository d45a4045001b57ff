//! Small rows that nobody will ask for again: old numbers, ended tasks, tombstones of endpoints, notes of changes.

use hookwire_core::TaskKey;
use hookwire_core::id::Key;
use hookwire_core::limits::{ENDED_TASK_KEPT, STATS_SPAN_MAX};
use hookwire_store::upkeep::RetentionStep;

use crate::connection::params;
use crate::effects::hour;
use crate::fault::Done;
use crate::row::get;
use crate::sql::{catalog, upkeep as sql};
use crate::work::Work;

/// Removes leavings, at most the step's number of each kind.
pub(crate) async fn leavings(work: &mut Work, step: &RetentionStep) -> Done<u64> {
    let mut sweep = *work.shared.sweep.lock().expect("nobody panics with this lock");
    let limit = i64::from(step.limit);
    let mut removed = 0;
    if sweep.hours.is_due(step.now) {
        // Older than the attempts they count and than any span that is asked for.
        let old = hour(step.now.minus(step.attempts.max(STATS_SPAN_MAX)));
        let hours = work.link().run(sql::HOURS_REMOVE, params![old, limit]).await?;
        sweep.hours.saw(hours as usize, Some(0), step);
        removed += hours;
        work.link().run(catalog::APP_CHANGES_FORGET, params![]).await?;
    }
    if sweep.tasks.is_due(step.now) {
        let old = step.now.minus(ENDED_TASK_KEPT);
        let bounds = params![TaskKey::floor(old).raw(), old.micros(), limit];
        let tasks = work.link().run(sql::TASKS_REMOVE, bounds).await?;
        sweep.tasks.saw(tasks as usize, Some(0), step);
        removed += tasks;
    }
    if sweep.tombstones.is_due(step.now) {
        let rows = work.link().query(sql::TOMBSTONES, params![sweep.tombstones.last, limit]).await?;
        for row in &rows {
            let (key, is_owed): (i64, bool) = (get(row, 0)?, get(row, 1)?);
            if !is_owed {
                work.link().run(sql::TOMBSTONE_REMOVE, params![key]).await?;
                work.raise_key_high(key).await?;
                removed += 1;
            }
        }
        let last = rows.last().map(|row| get(row, 0)).transpose()?;
        sweep.tombstones.saw(rows.len(), last, step);
    }
    let mut shared = work.shared.sweep.lock().expect("nobody panics with this lock");
    *shared = super::sweep::Sweep { message: shared.message, in_use: shared.in_use, ..sweep };
    Ok(removed)
}
