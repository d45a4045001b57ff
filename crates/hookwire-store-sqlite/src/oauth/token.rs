//! Access and refresh tokens.

use hookwire_core::id::Key;
use hookwire_core::limits::{OAUTH_ACCESS_TOKENS_MAX, OAUTH_USED_TOKENS_MAX};
use hookwire_core::oauth::{self, Digest, Install, OauthScope, Refreshing, Token, TokenKind};
use hookwire_core::{InstallKey, Timestamp};
use hookwire_store::Vault;
use hookwire_store::oauth::{NewTokens, RefreshTokens, Refreshed};
use rusqlite::{Connection, params};

use super::{client, install};
use crate::fault::Done;
use crate::reader::Reading;
use crate::row::oauth::{read_scopes, scopes_text};
use crate::row::{all, key, one, run, time};
use crate::sql::oauth as sql;
use crate::writer::work::Work;

const ACCESS: i64 = 0;
const REFRESH: i64 = 1;

/// Writes an access and a refresh token with these scopes, and forgets those that are too many.
pub(super) fn put(
    work: &Work<'_>,
    install: &Install,
    tokens: &NewTokens,
    scopes: [&[OauthScope]; 2],
    now: Timestamp,
) -> Done<()> {
    let both =
        [(ACCESS, tokens.access, tokens.access_until), (REFRESH, tokens.refresh, tokens.refresh_until)];
    for ((kind, digest, until), scopes) in both.into_iter().zip(scopes) {
        let row =
            params![digest.0, install.key.raw(), kind, scopes_text(scopes), now.micros(), until.micros()];
        run(work.db, sql::TOKEN_INSERT, row)?;
    }
    let family = params![tokens.family.0, install.key.raw(), now.micros(), tokens.refresh_until.micros()];
    run(work.db, sql::TOKEN_FAMILY, family)?;
    forget_beyond(work, install.key, ACCESS, 0, OAUTH_ACCESS_TOKENS_MAX)?;
    forget_beyond(work, install.key, REFRESH, 1, OAUTH_USED_TOKENS_MAX)
}

fn forget_beyond(work: &Work<'_>, install: InstallKey, kind: i64, used: i64, most: usize) -> Done<()> {
    let bounds = params![install.raw(), kind, used, most as i64];
    for old in all(work.db, sql::TOKENS_BEYOND, bounds, |row| Ok(row.get::<_, [u8; 32]>(0)?))? {
        run(work.db, sql::TOKEN_REMOVE, [old])?;
    }
    Ok(())
}

/// The token and whether it was used, whether it has ended or not, if its install and its client are there.
fn stored(db: &Connection, vault: &Vault, digest: &Digest) -> Done<Option<(Token, bool, Install)>> {
    let found = one(db, sql::TOKEN_GET, [digest.0], |row| {
        let kind = if row.get::<_, i64>(1)? == ACCESS { TokenKind::Access } else { TokenKind::Refresh };
        let times = (time(row, 4)?, time(row, 5)?);
        Ok((key::<InstallKey>(row, 0)?, kind, row.get::<_, bool>(2)?, read_scopes(row, 3)?, times))
    })?;
    let Some((install, kind, is_used, scopes, (issued, expires))) = found else { return Ok(None) };
    let Some(install) = install::find(db, install)? else { return Ok(None) };
    let Some(client) = client::find(db, vault, install.client)?.filter(|client| !client.is_suspended())
    else {
        return Ok(None);
    };
    let token = Token {
        kind,
        install: install.key,
        client: install.client,
        org: install.org.clone(),
        app: install.app,
        endpoint: install.endpoint,
        user: install.user.clone(),
        actor: install.actor,
        scopes: client.declared(&scopes),
        issued,
        expires,
    };
    Ok(Some((token, is_used, install)))
}

pub(super) fn find(reading: &Reading<'_>, digest: &Digest, now: Timestamp) -> Done<Option<Token>> {
    let found = stored(reading.db, &reading.shared.vault, digest)?;
    Ok(found.filter(|(token, is_used, _)| !is_used && token.expires > now).map(|(token, ..)| token))
}

pub(super) fn refresh(work: &mut Work<'_>, refresh: RefreshTokens) -> Done<Refreshed> {
    let RefreshTokens { refresh: old, client, scopes, tokens, now } = refresh;
    let vault = &work.shared.vault;
    let found = match stored(work.db, vault, &old)? {
        None => stored(work.db, vault, &tokens.family)?,
        found => found,
    };
    let Some((token, is_used, install)) = found else { return Ok(Refreshed::Invalid) };
    let granted = match oauth::refresh(&token, is_used, client, scopes.as_deref(), now) {
        Refreshing::Granted(scopes) => scopes,
        Refreshing::Invalid => return Ok(Refreshed::Invalid),
        Refreshing::Scope(scope) => return Ok(Refreshed::Scope(scope)),
        Refreshing::Reused => {
            run(work.db, sql::TOKENS_OF_INSTALL, [install.key.raw()])?;
            return Ok(Refreshed::Reused);
        }
    };
    run(work.db, sql::TOKEN_USED, [old.0])?;
    put(work, &install, &tokens, [&granted, &token.scopes], now)?;
    Ok(Refreshed::Done(Token {
        kind: TokenKind::Access,
        scopes: granted,
        issued: now,
        expires: tokens.access_until,
        ..token
    }))
}

/// Removes codes and tokens that have ended.
pub(super) fn forget(work: &Work<'_>, now: Timestamp, limit: u32) -> Done<u64> {
    let mut removed = 0;
    for (found, remove) in [(sql::CODES_EXPIRED, sql::CODE_REMOVE), (sql::TOKENS_EXPIRED, sql::TOKEN_REMOVE)]
    {
        for digest in all(work.db, found, params![now.micros(), limit], |row| Ok(row.get::<_, [u8; 32]>(0)?))?
        {
            removed += run(work.db, remove, [digest])? as u64;
        }
    }
    Ok(removed)
}
