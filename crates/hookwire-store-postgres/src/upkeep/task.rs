//! Background tasks: each goes through messages in the order of keys and remembers where it is.

use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::subscription::{Subscription, Subscriptions, wants};
use hookwire_core::task::{Task, TaskKind, TaskStatus};
use hookwire_core::{
    AppKey, Channel, Endpoint, EndpointKey, EventTypeName, MessageKey, OrgId, TaskKey, Timestamp,
};
use hookwire_store::upkeep::{NewTask, TaskFilter};
use hookwire_store::walk::{Pick, Range};
use hookwire_store::{Page, Slice};
use tokio_postgres::Row;

use crate::cache::AppState;
use crate::catalog::org;
use crate::connection::{Link, params};
use crate::fault::{Done, Fault};
use crate::queue::{deliver, resend};
use crate::row::{count, get, key, read_task, split, time};
use crate::sql::{history, queue, upkeep as sql};
use crate::upkeep::expire;
use crate::walk::Walking;
use crate::work::{Work, stripe};

/// Running tasks that one step takes care of.
const TASKS_AT_ONCE: i64 = 20;
/// Messages of one step: whatever is accepted for the app, and together with that, waits for it.
const STEP_MAX: u32 = 50;

pub(crate) async fn start(work: &mut Work, new: NewTask) -> Done<Task> {
    let (org, _) = org::or_new(work, &new.org).await?;
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
    work.link().run(sql::TASK_INSERT, row).await?;
    Ok(task)
}

pub(crate) async fn find(link: &Link, org: &OrgId, task: TaskKey) -> Done<Option<Task>> {
    let Some(org_key) = org::key_of(link, org).await? else { return Ok(None) };
    let row = link.one(sql::TASK_GET, params![task.raw(), org_key]).await?;
    row.map(|row| read_task(&row, org)).transpose()
}

pub(crate) async fn list(link: &Link, org: &OrgId, filter: TaskFilter, page: Page) -> Done<Slice<Task>> {
    let Some(org_key) = org::key_of(link, org).await? else { return Ok(Slice::cut(Vec::new(), page.limit)) };
    let walking = Walking::new(link, history::TASKS, org_key, Range::of(page), params![]);
    let pick = |row: &Row| {
        let task = read_task(row, org)?;
        Ok(if filter.admits(&task) { Pick::Take(task) } else { Pick::Skip })
    };
    walking.page(pick).await
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

/// Carries running tasks a step further; answers how many still run. Those that another node is at are passed by.
pub(crate) async fn advance(work: &mut Work, now: Timestamp, limit: u32) -> Done<u64> {
    let rows = work.link().query(sql::TASKS_RUNNING, params![TASKS_AT_ONCE]).await?;
    let read = |row: &Row| {
        let kind: &str = get(row, 3)?;
        Ok(Running {
            key: key(row, 0)?,
            app: key(row, 1)?,
            endpoint: key(row, 2)?,
            kind: TaskKind::from_name(kind).ok_or_else(|| Fault::corrupt(format!("task kind {kind}")))?,
            until: time(row, 4)?,
            cursor: get(row, 5)?,
            queued: get(row, 6)?,
        })
    };
    let running = rows.iter().map(read).collect::<Done<Vec<_>>>()?;
    if !running.is_empty() {
        expire::lock_shared(work).await?;
    }
    let (mut left, mut locked) = (limit.clamp(1, STEP_MAX), 0);
    for task in running {
        // Locks are taken in their order only; who would come before one that is held has its turn when it is the first.
        if left == 0 || stripe(task.app) < locked {
            continue;
        }
        locked = stripe(task.app);
        left -= step(work, task, now, left).await?.min(left);
    }
    let row = work.link().one(sql::TASKS_RUNNING_COUNT, params![]).await?;
    row.map_or(Ok(0), |row| count(&row, 0))
}

/// One step of one task; answers how many messages it looked at.
async fn step(work: &mut Work, mut task: Running, now: Timestamp, limit: u32) -> Done<u32> {
    let state = work.app_locked(task.app).await?;
    let home = state.as_ref().and_then(|state| Some((state, state.endpoints.get(&task.endpoint)?)));
    let (looked, status) = match home {
        None => (0, TaskStatus::Failed),
        Some((state, endpoint)) => {
            let looked = match task.kind {
                TaskKind::Recover => recover(work, &mut task, (endpoint, state), now, limit).await?,
                TaskKind::ReplayMissing => replay(work, &mut task, (endpoint, state), now, limit).await?,
            };
            (looked, if looked < limit { TaskStatus::Finished } else { TaskStatus::Running })
        }
    };
    let row = params![task.key.raw(), status.name(), task.queued, task.cursor, now.micros()];
    work.link().run(sql::TASK_MOVE, row).await?;
    Ok(looked)
}

type Home<'a> = (&'a Arc<Endpoint>, &'a AppState);

async fn recover(
    work: &mut Work,
    task: &mut Running,
    (endpoint, state): Home<'_>,
    now: Timestamp,
    limit: u32,
) -> Done<u32> {
    let until = MessageKey::floor(task.until).raw();
    let bounds = params![endpoint.key.raw(), task.cursor, until, i64::from(limit)];
    let rows = work.link().query(sql::TASK_FAILED, bounds).await?;
    for row in &rows {
        let message: MessageKey = key(row, 0)?;
        if get(row, 1)? {
            resend::again(work, message, (endpoint, &state.app), now).await?;
            task.queued += 1;
        }
        task.cursor = message.raw();
    }
    Ok(rows.len() as u32)
}

async fn replay(
    work: &mut Work,
    task: &mut Running,
    (endpoint, state): Home<'_>,
    now: Timestamp,
    limit: u32,
) -> Done<u32> {
    // Where the log was trimmed, nobody knows any more what was delivered: nothing is sent a second time.
    let floor = work.link().one(sql::LOG_FLOOR, params![endpoint.key.raw()]).await?;
    let floor = floor.map(|row| get(&row, 0)).transpose()?;
    task.cursor = task.cursor.max(floor.unwrap_or(i64::MIN));
    let until = MessageKey::floor(task.until).raw();
    let bounds = params![task.app.raw(), task.cursor, until, i64::from(limit)];
    let rows = work.link().query(sql::TASK_MESSAGES, bounds).await?;
    for row in &rows {
        let message: MessageKey = key(row, 0)?;
        task.cursor = message.raw();
        let event_type = EventTypeName::stored(get(row, 1)?);
        let channels = split(get(row, 2)?, Channel::stored);
        if !get::<bool>(row, 3)? || !wants(endpoint, &event_type, &channels) {
            continue;
        }
        let owed = params![vec![endpoint.key.raw()], message.raw()];
        if work.link().one(history::DELIVERIES_AT, owed).await?.is_some() {
            continue;
        }
        let (passes, pace) = pass(work, message, endpoint).await?;
        if passes {
            deliver::add(work, message, (endpoint, &state.app), None, now).await?;
            task.queued += 1;
        }
        if pace == Pace::Slow {
            return Ok(limit);
        }
    }
    Ok(rows.len() as u32)
}

/// How long it took to find something out. After what was slow, others have their turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    Quick,
    Slow,
}

/// Whether the endpoint's filter lets the message through.
async fn pass(work: &Work, message: MessageKey, endpoint: &Endpoint) -> Done<(bool, Pace)> {
    if endpoint.rules.filter.is_none() {
        return Ok((true, Pace::Quick));
    }
    let row = work.link().one(queue::MESSAGE_BY_KEY, params![message.raw()]).await?;
    let payload = row.as_ref().map_or(Ok(None), |row| get::<Option<&[u8]>>(row, 10))?;
    let filter = endpoint.rules.filter.as_ref();
    let only = Subscription { endpoint: endpoint.key, event_types: None, channels: None, filter };
    let only = Subscriptions::new([only]);
    let found = only.wanted_soon("", &[], payload);
    let pace = if found.is_some() { Pace::Quick } else { Pace::Slow };
    let found = found.unwrap_or_else(|| only.wanted_by("", &[], payload));
    Ok((!found.is_empty(), pace))
}
