//! What follows from a change to a client, for one install after the other, a few in each transaction.

use hookwire_core::id::Key;
use hookwire_core::{ClientKey, Timestamp};
use rusqlite::{Connection, params};

use super::{client, install};
use crate::catalog::remove;
use crate::fault::{Done, Fault};
use crate::row::oauth::read_install;
use crate::row::{all, key, one, run};
use crate::sql::oauth as sql;
use crate::writer::work::Work;

#[cfg(test)]
mod tests;

/// Installs of one transaction: short enough that nobody notices having waited for it.
const INSTALLS_AT_ONCE: usize = 25;

/// A client whose installs are to be brought in step.
pub(super) fn pending(db: &Connection) -> Done<Option<ClientKey>> {
    one(db, sql::CLIENTS_PENDING, [], |row| key(row, 0))
}

/// The next step of a client: how many installs it took care of; `None` when there is nothing to do.
pub(super) fn step(work: &mut Work<'_>, client: ClientKey, now: Timestamp) -> Done<Option<u64>> {
    let state = one(work.db, sql::CLIENT_PENDING, [client.raw()], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, bool>(2)?))
    })?;
    let Some((pending, reached, is_deleted)) = state else { return Ok(None) };
    let bounds = params![client.raw(), reached, INSTALLS_AT_ONCE as i64];
    let installs = all(work.db, sql::INSTALLS_STEP, bounds, read_install)?;
    let (count, last) = (installs.len(), installs.last().map_or(reached, |install| install.key.raw()));
    let mut budget = remove::AT_ONCE;
    if is_deleted {
        for gone in &installs {
            budget = install::remove(work, gone, budget, now)?;
        }
    } else {
        let words = client::find(work.db, &work.shared.vault, client)?
            .ok_or_else(|| Fault::corrupt(format!("{client} is not there")))?;
        for one in installs {
            budget = install::settle(work, &words, one, pending > 1, budget, now)?;
        }
    }
    if count == INSTALLS_AT_ONCE {
        run(work.db, sql::CLIENT_REACHED, params![client.raw(), pending, last])?;
    } else if is_deleted {
        run(work.db, sql::CLIENT_REMOVE, [client.raw()])?;
        work.raise_key_high(client.raw())?;
    } else {
        run(work.db, sql::CLIENT_REACHED, params![client.raw(), 0, 0])?;
    }
    Ok(Some(count as u64))
}
