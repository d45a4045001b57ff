//! Migrations: numbered SQL files, each applied once, in order, in a transaction of its own, by one node at a time.
//!
//! A migration only adds (expand), so that nodes of the version before go on beside it; what nobody uses any more is
//! removed by a later version (contract).

use crate::connection::Link;
use crate::open::OpenError;
use crate::sql::node as sql;

const MIGRATIONS: [&str; 1] = [include_str!("../migrations/0001_initial.sql")];
/// The schema that this version of Hookwire knows.
pub const SCHEMA: u32 = MIGRATIONS.len() as u32;

/// The database's schema; 0 for one without. Refuses databases of others and of versions that this one can't share with.
pub(crate) async fn check(link: &Link) -> Result<u32, OpenError> {
    let row = link.one(sql::SCHEMA_KNOWN, crate::connection::params![]).await?;
    let is_ours: bool = row.as_ref().is_some_and(|row| row.get(0));
    if !is_ours {
        let others = link.one(sql::TABLES_OF_OTHERS, crate::connection::params![]).await?;
        let others: i64 = others.map_or(0, |row| row.get(0));
        return if others > 0 { Err(OpenError::NotOurs) } else { Ok(0) };
    }
    let row = link.one(sql::SCHEMA_GET, crate::connection::params![]).await?;
    let Some(row) = row else { return Ok(0) };
    let (found, needs): (i32, i32) = (row.get(0), row.get(1));
    let (found, needs) = (found.unsigned_abs(), needs.unsigned_abs());
    if needs > SCHEMA {
        return Err(OpenError::TooNew { found, known: SCHEMA });
    }
    Ok(found)
}

/// Brings the database up to [`SCHEMA`]; answers the schema before. Nodes that start together wait for each other.
pub(crate) async fn apply(link: &Link) -> Result<u32, OpenError> {
    let mut before = None;
    for (number, sql) in (1_u32..).zip(MIGRATIONS) {
        let found = check(link).await?;
        before = before.or(Some(found));
        if number <= found {
            continue;
        }
        // The lock is taken in the transaction, so what was seen before it is looked at again.
        let script = format!(
            "BEGIN; SET LOCAL lock_timeout = '20s'; SELECT pg_advisory_xact_lock({LOCK_SPACE}, 0);
             CREATE TABLE IF NOT EXISTS hookwire_schema (number integer PRIMARY KEY, needs integer NOT NULL);"
        );
        link.script(&script).await?;
        let done = apply_one(link, number, sql).await;
        let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
        link.script(end).await?;
        done?;
    }
    Ok(before.unwrap_or(SCHEMA))
}

async fn apply_one(link: &Link, number: u32, sql: &'static str) -> Result<(), OpenError> {
    if check(link).await? >= number {
        return Ok(());
    }
    link.script(sql).await?;
    link.script(&format!("INSERT INTO hookwire_schema (number, needs) VALUES ({number}, {NEEDS})")).await?;
    Ok(())
}

/// The first of the two numbers of our advisory locks.
pub(crate) const LOCK_SPACE: i32 = 0x686b_7772;
/// The lowest schema that a version of Hookwire must know to work beside this one.
const NEEDS: u32 = 1;
