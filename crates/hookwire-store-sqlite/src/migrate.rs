//! Migrations: numbered SQL files, each applied once, in order, in a transaction of its own.

use rusqlite::Connection;

use crate::open::OpenError;

const MIGRATIONS: [&str; 4] = [
    include_str!("../migrations/0001_initial.sql"),
    include_str!("../migrations/0002_tombstones.sql"),
    include_str!("../migrations/0003_rules.sql"),
    include_str!("../migrations/0004_oauth.sql"),
];
/// The schema that this version of Hookwire knows.
pub const SCHEMA: u32 = MIGRATIONS.len() as u32;
/// Marks a SQLite file as ours ("hkwr").
const APPLICATION_ID: i64 = 0x686b_7772;

/// The file's schema; 0 for one that is new and empty. Refuses files of others, and of later versions of Hookwire.
pub(crate) fn check(db: &Connection) -> Result<u32, OpenError> {
    let pragma = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (owner, schema) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 && owner != APPLICATION_ID {
        return Err(OpenError::NotOurs);
    }
    let schema = u32::try_from(schema).map_err(|_| OpenError::NotOurs)?;
    if schema > SCHEMA {
        return Err(OpenError::TooNew { found: schema, known: SCHEMA });
    }
    Ok(schema)
}

/// Brings a file of schema `from` up to [`SCHEMA`].
pub(crate) fn apply(db: &Connection, from: u32) -> Result<(), OpenError> {
    for (number, sql) in (1..).zip(MIGRATIONS).skip(from as usize) {
        let script = format!(
            "BEGIN IMMEDIATE; {sql}; PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {number}; COMMIT;"
        );
        db.execute_batch(&script)?;
    }
    Ok(())
}
