//! Authorisation codes.

use hookwire_core::id::Key;
use hookwire_core::limits::OAUTH_CODES_MAX;
use hookwire_core::oauth::{Code, CodeRefusal, Digest, Install, Presented, Redemption};
use hookwire_core::{InstallKey, Reference};
use hookwire_store::oauth::{RedeemCode, Redeemed};
use rusqlite::params;

use super::{client, install, token};
use crate::fault::Done;
use crate::row::oauth::{code_words, read_code};
use crate::row::{all, one, run};
use crate::sql::oauth as sql;
use crate::writer::work::Work;

pub(super) fn issue(work: &mut Work<'_>, code: &Digest, words: &Code) -> Done<bool> {
    let found = client::find(work.db, &work.shared.vault, words.client)?;
    let is_live = found.is_some_and(|client| !client.is_suspended() && client.org == words.org);
    if !is_live || work.resolve(&words.org, &Reference::Key(words.app))?.is_none() {
        return Ok(false);
    }
    let (client, app) = (words.client.raw(), words.app.raw());
    let row = params![code.0, client, app, code_words(words), words.issued.micros(), words.expires.micros()];
    run(work.db, sql::CODE_INSERT, row)?;
    let beyond = params![client, app, OAUTH_CODES_MAX as i64];
    for old in all(work.db, sql::CODES_BEYOND, beyond, |row| Ok(row.get::<_, [u8; 32]>(0)?))? {
        run(work.db, sql::CODE_REMOVE, [old])?;
    }
    Ok(true)
}

pub(super) fn redeem(work: &mut Work<'_>, redeem: &RedeemCode) -> Done<Redeemed> {
    let invalid = Ok(Redeemed::Refused(CodeRefusal::Invalid));
    let Some(code) = one(work.db, sql::CODE_GET, [redeem.code.0], read_code)? else { return invalid };
    let Some(client) = client::find(work.db, &work.shared.vault, redeem.client)? else { return invalid };
    let presented = Presented {
        client: redeem.client,
        redirect_uri: redeem.redirect_uri.as_deref(),
        verifier: redeem.verifier.as_deref(),
    };
    match code.redeem(&client, presented, redeem.now) {
        Redemption::Refused(why) => return Ok(Redeemed::Refused(why)),
        Redemption::Replayed(install) => {
            run(work.db, sql::TOKENS_OF_INSTALL, [install.raw()])?;
            return Ok(Redeemed::Replayed);
        }
        Redemption::Granted => {}
    }
    if work.resolve(&code.org, &Reference::Key(code.app))?.is_none() {
        return invalid;
    }
    let key: InstallKey = work.shared.mint.next(redeem.now);
    let install = Install {
        key,
        client: code.client,
        org: code.org,
        app: code.app,
        user: code.user,
        actor: code.grant.actor,
        scopes: code.grant.scopes,
        events: code.grant.events,
        granted: code.issued,
        endpoint: None,
        created: redeem.now,
    };
    let install = install::put(work, &client, install, redeem.now)?;
    run(work.db, sql::CODE_USED, params![redeem.code.0, key.raw()])?;
    token::put(work, &install, &redeem.tokens, [&install.scopes, &install.scopes], redeem.now)?;
    Ok(Redeemed::Done(install))
}
