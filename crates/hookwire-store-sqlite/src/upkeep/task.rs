//! Background tasks: each goes through messages in the order of keys and remembers where it is.

use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::subscription::{Subscription, Subscriptions, wants};
use hookwire_core::task::{Task, TaskKind, TaskStatus};
use hookwire_core::{
    AppKey, Channel, Endpoint, EndpointKey, EventTypeName, MessageKey, OrgId, TaskKey, Timestamp,
};
use hookwire_store::upkeep::{NewTask, TaskFilter};
use hookwire_store::{Page, Slice};
use rusqlite::params;

use crate::fault::{Done, Fault};
use crate::reader::Reading;
use crate::row::{all, key, one, read_task, run, split, text, text_or_none, time};
use crate::sql::{history, queue, upkeep as sql};
use crate::walk::{Pick, Range};
use crate::writer::work::Work;
use crate::writer::{deliver, resend};

/// Running tasks that one step takes care of.
const TASKS_AT_ONCE: u32 = 20;

pub(crate) fn start(work: &mut Work<'_>, new: NewTask) -> Done<Task> {
    let org = work.cache.org_or_new(work.db, &new.org)?;
    let task = Task {
        key: work.shared.mint.next(new.now),
        org: new.org,
        app: new.app,
        endpoint: new.endpoint,
        kind: new.kind,
        since: new.since,
        until: new.until,
        status: TaskStatus::Running,
        queued: 0,
        updated: new.now,
    };
    let row = params![
        task.key.raw(),
        org,
        task.app.raw(),
        task.endpoint.raw(),
        task.kind.name(),
        task.since.micros(),
        task.until.micros(),
        task.status.name(),
        MessageKey::floor(task.since).raw() - 1,
        task.updated.micros(),
    ];
    run(work.db, sql::TASK_INSERT, row)?;
    Ok(task)
}

pub(crate) fn find(reading: &Reading<'_>, org: &OrgId, task: TaskKey) -> Done<Option<Task>> {
    let Some(org_key) = reading.org(org)? else { return Ok(None) };
    one(reading.db, sql::TASK_GET, params![task.raw(), org_key], |row| read_task(row, org))
}

pub(crate) fn list(reading: &Reading<'_>, org: &OrgId, filter: TaskFilter, page: Page) -> Done<Slice<Task>> {
    let Some(org_key) = reading.org(org)? else { return Ok(Slice::cut(Vec::new(), page.limit)) };
    Range::of(page).read(reading.db, history::TASKS, org_key, &[], |row| {
        let task = read_task(row, org)?;
        Ok((row.get(0)?, if filter.admits(&task) { Pick::Take(task) } else { Pick::Skip }))
    })
}

/// A task under way.
struct Running {
    key: TaskKey,
    app: AppKey,
    endpoint: EndpointKey,
    kind: TaskKind,
    until: Timestamp,
    cursor: i64,
    queued: i64,
}

/// Carries running tasks a step further; answers how many still run.
pub(crate) fn advance(work: &mut Work<'_>, now: Timestamp, limit: u32) -> Done<u64> {
    let running = all(work.db, sql::TASKS_RUNNING, [TASKS_AT_ONCE], |row| {
        let kind = text(row, 3)?;
        Ok(Running {
            key: key(row, 0)?,
            app: key(row, 1)?,
            endpoint: key(row, 2)?,
            kind: TaskKind::from_name(kind).ok_or_else(|| Fault::corrupt(format!("task kind {kind}")))?,
            until: time(row, 4)?,
            cursor: row.get(5)?,
            queued: row.get(6)?,
        })
    })?;
    let mut left = limit.max(1);
    for task in running {
        if left == 0 {
            break;
        }
        left -= step(work, task, now, left)?.min(left);
    }
    let count = one(work.db, sql::TASKS_RUNNING_COUNT, [], |row| Ok(row.get::<_, i64>(0)?))?;
    Ok(count.unwrap_or(0).unsigned_abs())
}

/// One step of one task; answers how many messages it looked at.
fn step(work: &mut Work<'_>, mut task: Running, now: Timestamp, limit: u32) -> Done<u32> {
    let home = match work.endpoint(task.endpoint) {
        // It fails alone; other tasks go on.
        Err(fault) if fault.is_corrupt() => None,
        home => home?,
    };
    let home = home.filter(|(state, _)| state.app.key == task.app);
    let (looked, status) = match home {
        None => (0, TaskStatus::Failed),
        Some((_, endpoint)) => {
            let looked = match task.kind {
                TaskKind::Recover => recover(work, &mut task, &endpoint, now, limit)?,
                TaskKind::ReplayMissing => replay(work, &mut task, &endpoint, now, limit)?,
            };
            (looked, if looked < limit { TaskStatus::Finished } else { TaskStatus::Running })
        }
    };
    run(
        work.db,
        sql::TASK_MOVE,
        params![task.key.raw(), status.name(), task.queued, task.cursor, now.micros()],
    )?;
    Ok(looked)
}

fn recover(
    work: &mut Work<'_>,
    task: &mut Running,
    endpoint: &Arc<Endpoint>,
    now: Timestamp,
    limit: u32,
) -> Done<u32> {
    let until = MessageKey::floor(task.until).raw();
    let bounds = params![endpoint.key.raw(), task.cursor, until, limit];
    let messages = all(work.db, sql::TASK_FAILED, bounds, |row| key::<MessageKey>(row, 0))?;
    for message in &messages {
        let has_payload =
            one(work.db, queue::MESSAGE_STATE, [message.raw()], |row| Ok(row.get::<_, bool>(1)?))?;
        if has_payload == Some(true) {
            resend::again(work, *message, endpoint, now)?;
            task.queued += 1;
        }
        task.cursor = message.raw();
    }
    Ok(messages.len() as u32)
}

fn replay(
    work: &mut Work<'_>,
    task: &mut Running,
    endpoint: &Arc<Endpoint>,
    now: Timestamp,
    limit: u32,
) -> Done<u32> {
    // Where the log was trimmed, nobody knows any more what was delivered: nothing is sent a second time.
    let floor = one(work.db, sql::LOG_FLOOR, [endpoint.key.raw()], |row| Ok(row.get(0)?))?;
    task.cursor = task.cursor.max(floor.unwrap_or(i64::MIN));
    let until = MessageKey::floor(task.until).raw();
    let bounds = params![task.app.raw(), task.cursor, until, limit];
    let messages = all(work.db, sql::TASK_MESSAGES, bounds, |row| {
        let event_type = EventTypeName::stored(text(row, 1)?);
        let channels = split(text_or_none(row, 2)?, Channel::stored);
        Ok((key::<MessageKey>(row, 0)?, event_type, channels, row.get::<_, bool>(3)?))
    })?;
    for (message, event_type, channels, has_payload) in &messages {
        task.cursor = message.raw();
        if !has_payload || !wants(endpoint, event_type, channels) {
            continue;
        }
        let row = params![message.raw(), endpoint.key.raw()];
        if one(work.db, history::DELIVERY_STATUS, row, |_| Ok(()))?.is_some() {
            continue;
        }
        let (passes, pace) = pass(work, *message, endpoint)?;
        if passes {
            deliver::add(work, *message, endpoint, now)?;
            task.queued += 1;
        }
        if pace == Pace::Slow {
            return Ok(limit);
        }
    }
    Ok(messages.len() as u32)
}

/// How long it took to find something out. After what was slow, others have their turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    Quick,
    Slow,
}

/// Whether the endpoint's filter lets the message through.
fn pass(work: &Work<'_>, message: MessageKey, endpoint: &Endpoint) -> Done<(bool, Pace)> {
    if endpoint.rules.filter.is_none() {
        return Ok((true, Pace::Quick));
    }
    let payload =
        one(work.db, sql::TASK_PAYLOAD, [message.raw()], |row| Ok(row.get::<_, Option<Vec<u8>>>(0)?))?;
    let payload = payload.flatten();
    let filter = endpoint.rules.filter.as_ref();
    let only = Subscription { endpoint: endpoint.key, event_types: None, channels: None, filter };
    let only = Subscriptions::new([only]);
    let found = only.wanted_soon("", &[], payload.as_deref());
    let pace = if found.is_some() { Pace::Quick } else { Pace::Slow };
    let found = found.unwrap_or_else(|| only.wanted_by("", &[], payload.as_deref()));
    Ok((!found.is_empty(), pace))
}
