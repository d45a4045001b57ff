//! What follows from a change to a client, for one install after the other, a few in each transaction.

use hookwire_core::id::Key;
use hookwire_core::{ClientKey, Timestamp};

use super::{client, install};
use crate::catalog::remove;
use crate::connection::{Link, params};
use crate::fault::{Done, Fault};
use crate::row::oauth::read_install;
use crate::row::{get, key};
use crate::sql::oauth as sql;
use crate::work::Work;

/// Installs of one transaction: short enough that nobody notices having waited for it.
const INSTALLS_AT_ONCE: usize = 25;

/// A client whose installs are to be brought in step.
pub(super) async fn pending(link: &Link) -> Done<Option<ClientKey>> {
    let row = link.one(sql::CLIENTS_PENDING, params![]).await?;
    row.map(|row| key(&row, 0)).transpose()
}

/// The next step of a client: how many installs it took care of; `None` when there is nothing to do.
pub(super) async fn step(work: &mut Work, client: ClientKey, now: Timestamp) -> Done<Option<u64>> {
    let raw = client.raw();
    let Some(row) = work.link().one(sql::CLIENT_PENDING, params![raw]).await? else { return Ok(None) };
    let (pending, reached, is_deleted): (i32, i64, bool) = (get(&row, 0)?, get(&row, 1)?, get(&row, 2)?);
    let bounds = params![raw, reached, INSTALLS_AT_ONCE as i64];
    let rows = work.link().query(sql::INSTALLS_STEP, bounds).await?;
    let installs = rows.iter().map(read_install).collect::<Done<Vec<_>>>()?;
    let (count, last) = (installs.len(), installs.last().map_or(reached, |install| install.key.raw()));
    work.lock_apps(installs.iter().map(|install| install.app)).await?;
    let mut budget = remove::AT_ONCE;
    if is_deleted {
        for gone in &installs {
            budget = install::remove(work, gone, budget, now).await?;
        }
    } else {
        let words = client::find(work.link(), &work.shared.vault, client)
            .await?
            .ok_or_else(|| Fault::corrupt(format!("{client} is not there")))?;
        for one in installs {
            budget = install::settle(work, &words, one, pending > 1, budget, now).await?;
        }
    }
    if count == INSTALLS_AT_ONCE {
        work.link().run(sql::CLIENT_REACHED, params![raw, pending, last]).await?;
    } else if is_deleted {
        work.link().run(sql::CLIENT_REMOVE, params![raw]).await?;
        work.raise_key_high(raw).await?;
    } else {
        work.link().run(sql::CLIENT_REACHED, params![raw, 0_i32, 0_i64]).await?;
    }
    Ok(Some(count as u64))
}
