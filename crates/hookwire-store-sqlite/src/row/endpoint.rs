//! An endpoint's row: what lists filter by in columns, the rest in its record.

use hookwire_core::endpoint::ManagedBy;
use hookwire_core::id::Key;
use hookwire_core::{ClientKey, Endpoint, InstallKey, Uid};
use hookwire_store::Vault;
use hookwire_store::record::StoredEndpoint;
use rusqlite::Row;

use super::oauth::blob;
use super::{key, text, text_or_none, time, time_or_none};
use crate::fault::Done;

/// Reads an endpoint, and whether it is deleted.
pub(crate) fn read_endpoint(row: &Row<'_>, vault: &Vault) -> Done<(Endpoint, bool)> {
    let is_deleted = row.get(9)?;
    let managed = match managed_by(row)? {
        // Of one that is deleted the client may be gone.
        Some(mark) => Some((mark, if is_deleted { &[] } else { blob(row, 12)? })),
        None => None,
    };
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
        sealed: blob(row, 8)?,
        managed,
    };
    Ok((stored.read(vault)?, is_deleted))
}

fn managed_by(row: &Row<'_>) -> Done<Option<ManagedBy>> {
    let install = row.get::<_, Option<i64>>(10)?.map(InstallKey::from_raw);
    let client = row.get::<_, Option<i64>>(11)?.map(ClientKey::from_raw);
    Ok(install.zip(client).map(|(install, client)| ManagedBy { install, client }))
}
