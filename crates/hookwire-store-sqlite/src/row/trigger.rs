//! A registered trigger's row, most of which is its record; an invocation's row.

use hookwire_core::invocation::InvocationOutcome;
use hookwire_core::{ErrorClass, Invocation, Trigger, TriggerId};
use hookwire_store::Vault;
use hookwire_store::record::{self, StoredTrigger};
use rusqlite::Row;

use super::{key, text, text_or_none, time};
use crate::fault::{Done, Fault};

/// Reads a trigger.
pub(crate) fn read_trigger(row: &Row<'_>, vault: &Vault) -> Done<Trigger> {
    let stored = StoredTrigger {
        app: key(row, 0)?,
        id: text(row, 1)?,
        config: text(row, 2)?,
        sealed: row.get_ref(3)?.as_blob().map_err(|error| Fault::corrupt(error.to_string()))?,
        created: time(row, 4)?,
        updated: time(row, 5)?,
    };
    Ok(stored.read(vault)?)
}

/// Whether a trigger's row says that it is hidden from clients. Nothing is opened for that.
pub(crate) fn is_hidden(row: &Row<'_>) -> Done<bool> {
    Ok(record::is_hidden(text(row, 1)?, text(row, 2)?)?)
}

/// Reads a trigger's id, and which ones follow it directly. Nothing is opened for that.
pub(crate) fn read_followers(row: &Row<'_>) -> Done<(TriggerId, Vec<TriggerId>)> {
    Ok(record::read_followers(text(row, 0)?, text(row, 1)?)?)
}

/// Reads the record of an invocation.
pub(crate) fn read_invocation(row: &Row<'_>) -> Done<Invocation> {
    let outcome = match row.get::<_, Option<i64>>(7)? {
        None => None,
        Some(duration) => Some(InvocationOutcome {
            duration_us: duration.unsigned_abs(),
            status: row.get(8)?,
            succeeded: row.get(9)?,
            error: text_or_none(row, 10)?.and_then(ErrorClass::from_name),
            response_bytes: row.get::<_, i64>(11)?.unsigned_abs(),
            response: text(row, 12)?.to_owned(),
        }),
    };
    Ok(Invocation {
        key: key(row, 0)?,
        app: key(row, 1)?,
        trigger: TriggerId::stored(text(row, 2)?),
        root: key(row, 3)?,
        caller: text(row, 4)?.to_owned(),
        at: time(row, 5)?,
        request_bytes: row.get::<_, i64>(6)?.unsigned_abs(),
        outcome,
    })
}
