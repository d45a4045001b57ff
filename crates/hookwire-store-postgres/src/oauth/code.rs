//! Authorisation codes.

use hookwire_core::id::Key;
use hookwire_core::limits::OAUTH_CODES_MAX;
use hookwire_core::oauth::{Code, CodeRefusal, Digest, Install, Presented, Redemption};
use hookwire_core::{InstallKey, Reference};
use hookwire_store::oauth::{RedeemCode, Redeemed};
use hookwire_store::record::oauth::code_words;

use super::{client, install, token};
use crate::connection::params;
use crate::fault::Done;
use crate::row::oauth::read_code;
use crate::sql::oauth as sql;
use crate::work::Work;

pub(super) async fn issue(work: &mut Work, code: &Digest, words: &Code) -> Done<bool> {
    let found = client::find(work.link(), &work.shared.vault, words.client).await?;
    let is_live = found.is_some_and(|client| !client.is_suspended() && client.org == words.org);
    if !is_live || work.resolve_locked(&words.org, &Reference::Key(words.app)).await?.is_none() {
        return Ok(false);
    }
    let (client, app) = (words.client.raw(), words.app.raw());
    let (issued, expires) = (words.issued.micros(), words.expires.micros());
    let row = params![&code.0[..], client, app, code_words(words), issued, expires];
    work.link().run(sql::CODE_INSERT, row).await?;
    work.link().run(sql::CODES_BEYOND, params![client, app, OAUTH_CODES_MAX as i64]).await?;
    Ok(true)
}

pub(super) async fn redeem(work: &mut Work, redeem: &RedeemCode) -> Done<Redeemed> {
    let invalid = Ok(Redeemed::Refused(CodeRefusal::Invalid));
    let Some(row) = work.link().one(sql::CODE_GET, params![&redeem.code.0[..]]).await? else {
        return invalid;
    };
    let code = read_code(&row)?;
    let Some(client) = client::locked(work, redeem.client).await? else { return invalid };
    let presented = Presented {
        client: redeem.client,
        redirect_uri: redeem.redirect_uri.as_deref(),
        verifier: redeem.verifier.as_deref(),
    };
    match code.redeem(&client, presented, redeem.now) {
        Redemption::Refused(why) => return Ok(Redeemed::Refused(why)),
        Redemption::Replayed(install) => {
            work.link().run(sql::TOKENS_OF_INSTALL, params![install.raw()]).await?;
            return Ok(Redeemed::Replayed);
        }
        Redemption::Granted => {}
    }
    if work.resolve_locked(&code.org, &Reference::Key(code.app)).await?.is_none() {
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
    let install = install::put(work, &client, install, redeem.now).await?;
    work.link().run(sql::CODE_USED, params![&redeem.code.0[..], key.raw()]).await?;
    token::put(work, &install, &redeem.tokens, [&install.scopes, &install.scopes], redeem.now).await?;
    Ok(Redeemed::Done(install))
}
