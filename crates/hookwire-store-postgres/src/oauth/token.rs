//! Access and refresh tokens.

use hookwire_core::id::Key;
use hookwire_core::limits::{OAUTH_ACCESS_TOKENS_MAX, OAUTH_USED_TOKENS_MAX};
use hookwire_core::oauth::{self, Digest, Install, OauthScope, Refreshing, Token, TokenKind};
use hookwire_core::{InstallKey, Timestamp};
use hookwire_store::Vault;
use hookwire_store::oauth::{NewTokens, RefreshTokens, Refreshed};

use super::{client, install};
use crate::connection::{Link, params};
use crate::fault::Done;
use crate::row::oauth::{read_scopes, scopes_text};
use crate::row::{get, key, time};
use crate::sql::oauth as sql;
use crate::work::Work;

const ACCESS: i16 = 0;
const REFRESH: i16 = 1;

/// Writes an access and a refresh token with these scopes, and forgets those that are too many.
pub(super) async fn put(
    work: &Work,
    install: &Install,
    tokens: &NewTokens,
    scopes: [&[OauthScope]; 2],
    now: Timestamp,
) -> Done<()> {
    let both =
        [(ACCESS, tokens.access, tokens.access_until), (REFRESH, tokens.refresh, tokens.refresh_until)];
    for ((kind, digest, until), scopes) in both.into_iter().zip(scopes) {
        let scopes = scopes_text(scopes);
        let row = params![&digest.0[..], install.key.raw(), kind, scopes, now.micros(), until.micros()];
        work.link().run(sql::TOKEN_INSERT, row).await?;
    }
    let (issued, until) = (now.micros(), tokens.refresh_until.micros());
    let family = params![&tokens.family.0[..], install.key.raw(), issued, until];
    work.link().run(sql::TOKEN_FAMILY, family).await?;
    forget_beyond(work, install.key, (ACCESS, false), OAUTH_ACCESS_TOKENS_MAX).await?;
    forget_beyond(work, install.key, (REFRESH, true), OAUTH_USED_TOKENS_MAX).await
}

async fn forget_beyond(work: &Work, install: InstallKey, (kind, used): (i16, bool), most: usize) -> Done<()> {
    work.link().run(sql::TOKENS_BEYOND, params![install.raw(), kind, used, most as i64]).await?;
    Ok(())
}

/// The token and whether it was used, whether it has ended or not, if its install and its client are there.
async fn stored(
    link: &Link,
    vault: &Vault,
    sql: &'static str,
    digest: &Digest,
) -> Done<Option<(Token, bool, Install)>> {
    let Some(row) = link.one(sql, params![&digest.0[..]]).await? else { return Ok(None) };
    let kind = if get::<i16>(&row, 1)? == ACCESS { TokenKind::Access } else { TokenKind::Refresh };
    let (is_used, scopes) = (get(&row, 2)?, read_scopes(&row, 3)?);
    let Some(install) = install::find(link, key(&row, 0)?).await? else { return Ok(None) };
    let found = client::find(link, vault, install.client).await?;
    let Some(client) = found.filter(|client| !client.is_suspended()) else { return Ok(None) };
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
        issued: time(&row, 4)?,
        expires: time(&row, 5)?,
    };
    Ok(Some((token, is_used, install)))
}

pub(super) async fn find(link: &Link, vault: &Vault, digest: &Digest, now: Timestamp) -> Done<Option<Token>> {
    let found = stored(link, vault, sql::TOKEN_GET, digest).await?;
    Ok(found.filter(|(token, is_used, _)| !is_used && token.expires > now).map(|(token, ..)| token))
}

pub(super) async fn refresh(work: &mut Work, refresh: RefreshTokens) -> Done<Refreshed> {
    let RefreshTokens { refresh: old, client, scopes, tokens, now } = refresh;
    let vault = &work.shared.vault;
    let found = match stored(work.link(), vault, sql::TOKEN_LOCK, &old).await? {
        None => stored(work.link(), vault, sql::TOKEN_LOCK, &tokens.family).await?,
        found => found,
    };
    let Some((token, is_used, install)) = found else { return Ok(Refreshed::Invalid) };
    let granted = match oauth::refresh(&token, is_used, client, scopes.as_deref(), now) {
        Refreshing::Granted(scopes) => scopes,
        Refreshing::Invalid => return Ok(Refreshed::Invalid),
        Refreshing::Scope(scope) => return Ok(Refreshed::Scope(scope)),
        Refreshing::Reused => {
            work.link().run(sql::TOKENS_OF_INSTALL, params![install.key.raw()]).await?;
            return Ok(Refreshed::Reused);
        }
    };
    work.link().run(sql::TOKEN_USED, params![&old.0[..]]).await?;
    put(work, &install, &tokens, [&granted, &token.scopes], now).await?;
    Ok(Refreshed::Done(Token {
        kind: TokenKind::Access,
        scopes: granted,
        issued: now,
        expires: tokens.access_until,
        ..token
    }))
}

/// Removes codes and tokens that have ended.
pub(super) async fn forget(work: &Work, now: Timestamp, limit: u32) -> Done<u64> {
    let mut removed = 0;
    for statement in [sql::CODES_EXPIRED, sql::TOKENS_EXPIRED] {
        removed += work.link().run(statement, params![now.micros(), i64::from(limit)]).await?;
    }
    Ok(removed)
}
