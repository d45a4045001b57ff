//! Rows of OAuth clients, installs and codes.

use hookwire_core::id::Key;
use hookwire_core::oauth::{ActorMode, Client, Code, Install, OauthScope};
use hookwire_core::{ClientKey, EventTypeName, OrgId};
use hookwire_store::Vault;
use hookwire_store::record::oauth::{StoredClient, StoredCode};
use tokio_postgres::Row;

use super::{get, join, key, split, time};
use crate::fault::{Done, Fault};

/// Reads a digest.
pub(crate) fn digest(bytes: &[u8]) -> Done<[u8; 32]> {
    bytes.try_into().map_err(|_| Fault::corrupt("a digest of another length"))
}

/// Reads a client of this org.
pub(crate) fn read_client(row: &Row, org: OrgId, vault: &Vault) -> Done<Client> {
    let stored = StoredClient {
        key: key(row, 0)?,
        org,
        owner: key(row, 1)?,
        config: get(row, 2)?,
        secret: get::<Option<&[u8]>>(row, 3)?.map(digest).transpose()?,
        hook: get(row, 4)?,
        suspended: get(row, 5)?,
        barred: get(row, 6)?,
        created: time(row, 7)?,
        updated: time(row, 8)?,
    };
    Ok(stored.read(vault)?)
}

/// Scopes as they are stored.
pub(crate) fn scopes_text(scopes: &[OauthScope]) -> Option<String> {
    join(scopes.iter().map(OauthScope::as_str))
}

/// Reads scopes.
pub(crate) fn read_scopes(row: &Row, at: usize) -> Done<Vec<OauthScope>> {
    Ok(split(get(row, at)?, OauthScope::stored))
}

/// Reads an install.
pub(crate) fn read_install(row: &Row) -> Done<Install> {
    let client: ClientKey = key(row, 1)?;
    let actor = ActorMode::from_name(get(row, 4)?);
    Ok(Install {
        key: key(row, 0)?,
        client,
        app: key(row, 2)?,
        user: get(row, 3)?,
        actor: actor.ok_or_else(|| Fault::corrupt(format!("{client}: an install's mode")))?,
        scopes: read_scopes(row, 5)?,
        events: split(get(row, 6)?, EventTypeName::stored),
        granted: time(row, 7)?,
        endpoint: get::<Option<i64>>(row, 8)?.map(Key::from_raw),
        created: time(row, 9)?,
        org: OrgId::stored(get(row, 10)?),
    })
}

/// Reads a code.
pub(crate) fn read_code(row: &Row) -> Done<Code> {
    let stored = StoredCode {
        client: key(row, 0)?,
        app: key(row, 1)?,
        words: get(row, 2)?,
        issued: time(row, 3)?,
        expires: time(row, 4)?,
        used_by: get::<Option<i64>>(row, 5)?.map(Key::from_raw),
    };
    Ok(stored.read()?)
}
