//! Rows of OAuth clients, installs and codes.

use hookwire_core::id::Key;
use hookwire_core::oauth::{ActorMode, Client, Code, Install, OauthScope};
use hookwire_core::{ClientKey, EventTypeName, OrgId};
use hookwire_store::Vault;
pub(crate) use hookwire_store::record::oauth::{ClientRecord, Hook, code_words};
use hookwire_store::record::oauth::{StoredClient, StoredCode};
use rusqlite::Row;

use super::{join, key, split, text, text_or_none, time};
use crate::fault::{Done, Fault};

/// Reads a client of this org.
pub(crate) fn read_client(row: &Row<'_>, org: OrgId, vault: &Vault) -> Done<Client> {
    let stored = StoredClient {
        key: key(row, 0)?,
        org,
        owner: key(row, 1)?,
        config: text(row, 2)?,
        secret: row.get(3)?,
        hook: blob(row, 4)?,
        suspended: row.get(5)?,
        barred: row.get(6)?,
        created: time(row, 7)?,
        updated: time(row, 8)?,
    };
    Ok(stored.read(vault)?)
}

/// The org's id in a column.
pub(crate) fn read_org(row: &Row<'_>, at: usize) -> Done<OrgId> {
    Ok(OrgId::stored(text(row, at)?))
}

/// Scopes as they are stored.
pub(crate) fn scopes_text(scopes: &[OauthScope]) -> Option<String> {
    join(scopes.iter().map(OauthScope::as_str))
}

/// Reads scopes.
pub(crate) fn read_scopes(row: &Row<'_>, at: usize) -> Done<Vec<OauthScope>> {
    Ok(split(text_or_none(row, at)?, OauthScope::stored))
}

/// Reads an install.
pub(crate) fn read_install(row: &Row<'_>) -> Done<Install> {
    let client: ClientKey = key(row, 1)?;
    Ok(Install {
        key: key(row, 0)?,
        client,
        app: key(row, 2)?,
        user: text(row, 3)?.to_owned(),
        actor: ActorMode::from_name(text(row, 4)?).ok_or_else(|| damaged(client, "an install's mode"))?,
        scopes: read_scopes(row, 5)?,
        events: split(text_or_none(row, 6)?, EventTypeName::stored),
        granted: time(row, 7)?,
        endpoint: row.get::<_, Option<i64>>(8)?.map(Key::from_raw),
        created: time(row, 9)?,
        org: read_org(row, 10)?,
    })
}

/// Reads a code.
pub(crate) fn read_code(row: &Row<'_>) -> Done<Code> {
    let stored = StoredCode {
        client: key(row, 0)?,
        app: key(row, 1)?,
        words: text(row, 2)?,
        issued: time(row, 3)?,
        expires: time(row, 4)?,
        used_by: row.get::<_, Option<i64>>(5)?.map(Key::from_raw),
    };
    Ok(stored.read()?)
}

/// The bytes in a column, borrowed.
pub(super) fn blob<'r>(row: &'r Row<'_>, at: usize) -> Done<&'r [u8]> {
    row.get_ref(at)?.as_blob().map_err(|error| Fault::corrupt(error.to_string()))
}

fn damaged(client: ClientKey, what: &str) -> Fault {
    Fault::corrupt(format!("{client}: {what}"))
}
