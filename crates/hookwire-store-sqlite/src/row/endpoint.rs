//! An endpoint's row: what lists filter by in columns, the rest in its record.

use hookwire_core::{Endpoint, Uid};
use hookwire_store::Vault;
use hookwire_store::record::StoredEndpoint;
use rusqlite::Row;

use super::{key, text, text_or_none, time, time_or_none};
use crate::fault::{Done, Fault};

/// Reads an endpoint, and whether it is deleted.
pub(crate) fn read_endpoint(row: &Row<'_>, vault: &Vault) -> Done<(Endpoint, bool)> {
    let is_deleted = row.get(9)?;
    let stored = StoredEndpoint {
        key: key(row, 0)?,
        app: key(row, 1)?,
        uid: text_or_none(row, 2)?.map(Uid::stored),
        disabled: row.get(3)?,
        is_deleted,
        failing_since: time_or_none(row, 4)?,
        created: time(row, 5)?,
        updated: time(row, 6)?,
        config: text(row, 7)?,
        sealed: row.get_ref(8)?.as_blob().map_err(|error| Fault::corrupt(error.to_string()))?,
    };
    Ok((stored.read(vault)?, is_deleted))
}
