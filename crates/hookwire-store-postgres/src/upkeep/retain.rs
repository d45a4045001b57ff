//! Retention of messages and attempts: days that are over go as a whole; what must go sooner, or later, goes row by row.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hookwire_core::id::Key;
use hookwire_core::{AttemptKey, EndpointKey, MessageKey};
use hookwire_store::upkeep::RetentionStep;
use tokio_postgres::error::SqlState;

use crate::connection::{Link, params};
use crate::fault::Done;
use crate::migrate::LOCK_SPACE;
use crate::partition::Day;
use crate::queue::deliver::unpack;
use crate::queue::fifo;
use crate::row::{count, get, key};
use crate::shared::Shared;
use crate::sql::upkeep as sql;
use crate::upkeep::expire;
use crate::work::Work;

/// What is kept for so long goes by whole days only: a day more or less is little then.
const WHOLE_DAYS_FROM: Duration = Duration::from_hours(8 * 24);
/// Rows that a step looks at for each row that it may remove.
const LOOKS_PER_ROW: u32 = 5;
/// Rows that one statement removes of what belongs to a day.
const PAGE: i64 = 10_000;
/// A partition of more bytes is not counted when it goes.
const COUNTED_MAX: i64 = 64 << 20;
/// After a day that somebody was using, nothing is dropped for so long: whoever comes while a drop waits has to wait, too.
const REST: Duration = Duration::from_mins(1);

/// The days that have a partition of `table`, in order.
async fn days(link: &Link, table: &str) -> Done<Vec<Day>> {
    let rows = link.query(sql::PARTITIONS, params![table]).await?;
    let names = rows.iter().map(|row| get::<&str>(row, 0)).collect::<Done<Vec<_>>>()?;
    let mut days: Vec<Day> = names.iter().filter_map(|name| Day::from_name(table, name)).collect();
    days.sort_unstable();
    Ok(days)
}

/// Removes attempts that are old enough.
pub(crate) async fn attempts(shared: &Arc<Shared>, step: &RetentionStep) -> Done<u64> {
    let floor = AttemptKey::floor(step.now.minus(step.attempts)).raw();
    let link = shared.pool.take().await?;
    let mut removed = 0;
    for day in days(&link, "attempt").await? {
        if day.ceiling() <= floor {
            removed += drop_days(shared, &link, day, &["attempt"]).await?;
        } else if day.floor() < floor && step.attempts < WHOLE_DAYS_FROM {
            let bounds = params![day.floor(), floor, i64::from(step.limit)];
            removed += link.run(sql::ATTEMPTS_REMOVE_OLD, bounds).await?;
        }
    }
    Ok(removed)
}

/// Removes messages that are old enough, with all that belongs to them. A pending delivery protects its message as long
/// as there is a payload to deliver.
pub(crate) async fn messages(shared: &Arc<Shared>, step: &RetentionStep) -> Done<u64> {
    let floor = MessageKey::floor(step.now.minus(step.messages)).raw();
    let mut removed = 0;
    {
        let link = shared.pool.take().await?;
        for day in days(&link, "message").await?.into_iter().filter(|day| day.ceiling() <= floor) {
            let owed = link.one(sql::OWED_BETWEEN, params![day.floor(), day.ceiling()]).await?;
            if owed.is_none() {
                removed += drop_messages(shared, &link, day).await?;
            }
        }
    }
    // What is left of days that are over is still needed, most of it; what is of a day that is not, has to wait for its end.
    let is_by_row = step.messages < WHOLE_DAYS_FROM;
    if !is_by_row && is_resting(shared) {
        return Ok(removed);
    }
    let until = if is_by_row { floor } else { Day::of(floor).floor().min(floor) };
    Ok(removed + by_row(shared, step, until).await?)
}

async fn drop_messages(shared: &Shared, link: &Link, day: Day) -> Done<u64> {
    let tables = ["message", "label", "delivery"];
    let (from, to) = (day.floor(), day.ceiling());
    // What belongs to the day stays as long as the day does.
    let names = tables.map(|table| day.name(table)).join(", ");
    if is_resting(shared) || !alone(shared, link, &[format!("LOCK TABLE {names}")], None).await? {
        return Ok(0);
    }
    // Attempts of its messages were made later than on that day, too.
    for statement in [sql::EVENT_IDS_REMOVE, sql::ATTEMPTS_OF_MESSAGES] {
        while link.run(statement, params![from, to, PAGE]).await? >= PAGE as u64 {}
    }
    let number = shared.identity().number as i16;
    link.run(crate::sql::node::NODE_RAISE, params![number, to]).await?;
    drop_days(shared, link, day, &tables).await
}

fn is_resting(shared: &Shared) -> bool {
    let sweep = shared.sweep.lock().expect("nobody panics with this lock");
    sweep.in_use.is_some_and(|at| at.elapsed() < REST)
}

/// Rows of the day's partition: counted, or where that takes long, as many as the database believes that there are.
async fn rows_of(link: &Link, table: &str, day: Day) -> Done<u64> {
    let size = link.one(sql::PARTITION_SIZE, params![day.name(table)]).await?;
    let Some(size) = size else { return Ok(0) };
    if get::<i64>(&size, 0)? > COUNTED_MAX {
        return Ok(get::<i64>(&size, 1)?.max(0).unsigned_abs());
    }
    let statement = if table == "message" { sql::MESSAGES_BETWEEN } else { sql::ATTEMPTS_BETWEEN };
    let row = link.one(statement, params![day.floor(), day.ceiling()]).await?;
    row.map_or(Ok(0), |row| count(&row, 0))
}

/// Drops the day's partitions of these tables; answers how many rows the first of them held. Whoever uses one just then is
/// hardly waited for: a later step tries again.
async fn drop_days(shared: &Shared, link: &Link, day: Day, tables: &[&str]) -> Done<u64> {
    if is_resting(shared) {
        return Ok(0);
    }
    let rows = rows_of(link, tables[0], day).await?;
    shared.days.forget(day);
    let drops: Vec<String> =
        tables.iter().map(|table| format!("DROP TABLE IF EXISTS {}", day.name(table))).collect();
    let protects = tables.contains(&"message").then_some(day);
    Ok(if alone(shared, link, &drops, protects).await? { rows } else { 0 })
}

/// Does this when nobody makes partitions or owes messages to anybody; not if something of the day is owed by now, and not
/// if a table is in use: whoever uses it is hardly waited for, and a later step tries again. Answers whether it is done.
async fn alone(shared: &Shared, link: &Link, what: &[String], unless_owed: Option<Day>) -> Done<bool> {
    let begin = format!(
        "BEGIN; SET LOCAL lock_timeout = '200ms'; \
         SELECT pg_advisory_xact_lock({LOCK_SPACE}, 5), pg_advisory_xact_lock({LOCK_SPACE}, 3)"
    );
    let done = async {
        link.script(&begin).await?;
        if let Some(day) = unless_owed
            && link.one(sql::OWED_BETWEEN, params![day.floor(), day.ceiling()]).await?.is_some()
        {
            return Ok(false);
        }
        link.script(&what.join("; ")).await?;
        Ok::<_, tokio_postgres::Error>(true)
    };
    let done = done.await;
    link.script(if matches!(done, Ok(true)) { "COMMIT" } else { "ROLLBACK" }).await?;
    match done {
        Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
            tracing::info!("a day that is over is still in use, and stays for the moment");
            shared.sweep.lock().expect("nobody panics with this lock").in_use = Some(Instant::now());
            Ok(false)
        }
        done => Ok(done?),
    }
}

/// A message that is old enough.
struct Old {
    key: MessageKey,
    has_payload: bool,
    owed: Vec<EndpointKey>,
}

async fn by_row(shared: &Arc<Shared>, step: &RetentionStep, until: i64) -> Done<u64> {
    let mut work = Work::begin(shared).await?;
    let outcome = some_by_row(&mut work, step, until).await;
    work.end_uncounted(outcome).await
}

async fn some_by_row(work: &mut Work, step: &RetentionStep, until: i64) -> Done<u64> {
    expire::lock(work).await?;
    let looks = step.limit.saturating_mul(LOOKS_PER_ROW);
    let from = work.shared.sweep.lock().expect("nobody panics with this lock").message;
    let rows = work.link().query(sql::OLD_MESSAGES, params![from, until, i64::from(looks)]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Old { key: key(row, 0)?, has_payload: get(row, 1)?, owed: unpack(get(row, 2)?) })
    };
    let old = rows.iter().map(read).collect::<Done<Vec<_>>>()?;
    let mut is_end = old.len() < looks as usize;
    let pending = pending(work.link(), &old).await?;
    let (mut removed, mut place) = (Vec::new(), from);
    for message in old {
        if removed.len() >= step.limit as usize {
            is_end = false;
            break;
        }
        place = message.key.raw();
        if !message.has_payload || !pending.contains(&message.key) {
            removed.push(message);
        }
    }
    remove(work, &removed).await?;
    let mut sweep = work.shared.sweep.lock().expect("nobody panics with this lock");
    sweep.message = if is_end { 0 } else { place };
    Ok(removed.len() as u64)
}

/// Pairs of endpoint and message, as two columns.
fn pairs(messages: &[Old]) -> (Vec<i64>, Vec<i64>) {
    let pairs = messages.iter().flat_map(|old| old.owed.iter().map(|to| (to.raw(), old.key.raw())));
    pairs.unzip()
}

/// Those of the messages that are still owed to somebody.
async fn pending(link: &Link, messages: &[Old]) -> Done<HashSet<MessageKey>> {
    let (endpoints, keys) = pairs(messages);
    let rows = link.query(sql::OWED_AMONG, params![endpoints, keys]).await?;
    rows.iter().map(|row| key(row, 0)).collect()
}

async fn remove(work: &mut Work, messages: &[Old]) -> Done<()> {
    let Some(highest) = messages.iter().map(|old| old.key.raw()).max() else { return Ok(()) };
    let keys: Vec<i64> = messages.iter().map(|old| old.key.raw()).collect();
    let (endpoints, owed) = pairs(messages);
    for row in work.link().query(sql::QUEUED_REMOVE, params![endpoints, owed]).await? {
        let (endpoint, message) = (key(&row, 0)?, key(&row, 1)?);
        if get::<bool>(&row, 2)? {
            work.effects.free(endpoint, message);
        }
        if !fifo::settled(work.link(), &[(endpoint, message)]).await?.is_empty() {
            work.tally.fifo.insert(endpoint);
        }
    }
    work.link().run(sql::DELIVERIES_REMOVE, params![endpoints, owed]).await?;
    for statement in [sql::LABELS_REMOVE, sql::MESSAGES_REMOVE, sql::EVENT_IDS_OF, sql::ATTEMPTS_OF] {
        work.link().run(statement, params![keys]).await?;
    }
    work.raise_key_high(highest).await
}
