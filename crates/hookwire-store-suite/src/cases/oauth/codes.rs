//! Codes: who may redeem them, and what comes of it.

use std::time::Duration;

use hookwire_core::limits::{OAUTH_CODE_LIFETIME, OAUTH_CODES_MAX};
use hookwire_core::oauth::{ActorMode, Challenge, CodeRefusal, Grant};
use hookwire_core::{NewApp, OrgId, Reference};
use hookwire_store::oauth::{InstallsOf, RedeemCode, Redeemed};

use super::actors::{HOOK, Stage, endpoint_of, events, fresh, new_client, scopes};
use crate::sure::Sure;
use crate::world::{World, ascending};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

pub(crate) async fn a_redeemed_code_installs_the_client_with_its_endpoint(world: World) {
    let stage = Stage::new(&world).await;
    let granted = events(&["post_updated"]);
    let (install, tokens) = stage.install_with(&world, Some(&granted)).await;
    assert_eq!((install.client, install.app), (stage.client.key, stage.target.key));
    assert_eq!((install.org.clone(), install.user.as_str()), (world.org.clone(), "u1"));
    assert_eq!((install.actor, install.events.clone()), (ActorMode::App, granted.clone()));
    assert_eq!(install.scopes, scopes("posts:read webhooks:manage"));
    assert_eq!(stage.stored(&world, &install).await, Some(install.clone()));
    let endpoint = endpoint_of(&world, &install).await.sure();
    assert_eq!(stage.endpoints(&world).await, std::slice::from_ref(&endpoint));
    assert_eq!((endpoint.url.as_str(), endpoint.name.as_str()), (HOOK, "My Integration"));
    assert_eq!(endpoint.event_types, Some(granted));
    assert_eq!(endpoint.secrets, stage.client.signing);
    assert_eq!(endpoint.managed_by, Some(install.mark()));
    let store = world.store();
    for token in [tokens.access, tokens.refresh] {
        let token = store.token(token, world.now()).await.sure().sure();
        assert_eq!((token.install, token.endpoint), (install.key, install.endpoint));
    }
    // Only what was granted is delivered.
    stage.send(&world, "post_created").await;
    let sent = stage.send(&world, "post_updated").await;
    let claim = world.claim_one(&endpoint).await;
    assert_eq!((claim.message.key, &*claim.endpoint), (sent, &endpoint));
}

pub(crate) async fn a_code_is_redeemed_once_and_a_replay_revokes_its_tokens(world: World) {
    let stage = Stage::new(&world).await;
    let store = world.store();
    let code = stage.consent(&world, None).await;
    let first = stage.redeeming(&world, code);
    let Redeemed::Done(install) = store.redeem_code(first.clone()).await.sure() else { panic!("refused") };
    let again = stage.redeeming(&world, code);
    assert_eq!(store.redeem_code(again.clone()).await.sure(), Redeemed::Replayed);
    for token in [&first, &again].map(|words| words.tokens) {
        assert_eq!(store.token(token.access, world.now()).await.sure(), None);
        assert_eq!(store.token(token.refresh, world.now()).await.sure(), None);
    }
    // What the customer agreed to is not in doubt.
    assert_eq!(stage.stored(&world, &install).await, Some(install.clone()));
    assert_eq!(stage.endpoints(&world).await.len(), 1);
    // A replay of an old code does not touch what came later.
    let (second, tokens) = stage.install_with(&world, None).await;
    assert_eq!(store.redeem_code(stage.redeeming(&world, code)).await.sure(), Redeemed::Replayed);
    assert_eq!(store.token(tokens.access, world.now()).await.sure().sure().install, second.key);
}

pub(crate) async fn a_refused_code_changes_nothing(world: World) {
    let stage = Stage::new(&world).await;
    let other = world.store().create_client(new_client(&stage.owner), world.now()).await.sure();
    let code = fresh();
    let words = stage.code(&world, None);
    let grant = Grant { challenge: Some(Challenge::of(VERIFIER)), ..words.grant.clone() };
    let words = hookwire_core::oauth::Code { grant, ..words };
    assert!(world.store().issue_code(code, words.clone()).await.sure());
    let right = || RedeemCode { verifier: Some(VERIFIER.to_owned()), ..stage.redeeming(&world, code) };
    let late = words.issued.plus(OAUTH_CODE_LIFETIME);
    let wrong_verifier = Some(VERIFIER.replace('d', "e"));
    let elsewhere = Some("https://myapp.com/other".to_owned());
    for (redeem, why) in [
        (RedeemCode { client: other.key, ..right() }, CodeRefusal::Invalid),
        (RedeemCode { code: fresh(), ..right() }, CodeRefusal::Invalid),
        (RedeemCode { now: late, ..right() }, CodeRefusal::Invalid),
        (RedeemCode { redirect_uri: elsewhere, ..right() }, CodeRefusal::RedirectUri),
        (RedeemCode { redirect_uri: None, ..right() }, CodeRefusal::RedirectUri),
        (RedeemCode { verifier: wrong_verifier, ..right() }, CodeRefusal::Verifier),
        (RedeemCode { verifier: None, ..right() }, CodeRefusal::Verifier),
    ] {
        let tokens = redeem.tokens;
        assert_eq!(world.store().redeem_code(redeem).await.sure(), Redeemed::Refused(why));
        assert_eq!(world.store().token(tokens.access, world.now()).await.sure(), None);
        assert_eq!(stage.endpoints(&world).await, []);
        let of = InstallsOf::App(stage.target.key);
        assert_eq!(world.store().installs(&world.org, of, ascending(9)).await.sure().items, []);
    }
    assert!(matches!(world.store().redeem_code(right()).await.sure(), Redeemed::Done(_)));
}

pub(crate) async fn only_the_latest_codes_can_be_redeemed(world: World) {
    let stage = Stage::new(&world).await;
    let mut codes = Vec::new();
    for _ in 0..=OAUTH_CODES_MAX {
        codes.push(stage.consent(&world, None).await);
    }
    let redeem = async |code| world.store().redeem_code(stage.redeeming(&world, code)).await.sure();
    assert_eq!(redeem(codes[0]).await, Redeemed::Refused(CodeRefusal::Invalid));
    assert!(matches!(redeem(codes[1]).await, Redeemed::Done(_)));
    assert!(matches!(redeem(codes[OAUTH_CODES_MAX]).await, Redeemed::Done(_)));
}

pub(crate) async fn nothing_is_issued_for_what_is_gone(world: World) {
    let stage = Stage::new(&world).await;
    let store = world.store();
    let code = stage.consent(&world, None).await;
    stage.suspend(&world, true).await;
    assert!(!store.issue_code(fresh(), stage.code(&world, None)).await.sure());
    let refused = Redeemed::Refused(CodeRefusal::Invalid);
    assert_eq!(store.redeem_code(stage.redeeming(&world, code)).await.sure(), refused);
    stage.suspend(&world, false).await;
    let mut foreign = stage.code(&world, None);
    foreign.org = OrgId::stored("org_other");
    foreign.app = world.app_of(&foreign.org, NewApp::default()).await.key;
    assert!(!store.issue_code(fresh(), foreign).await.sure());
    store.delete_app(&world.org, &Reference::Key(stage.target.key), world.now()).await.sure();
    assert!(!store.issue_code(fresh(), stage.code(&world, None)).await.sure());
    assert_eq!(store.redeem_code(stage.redeeming(&world, code)).await.sure(), refused);
}

pub(crate) async fn installing_again_replaces_the_earlier_install(world: World) {
    let stage = Stage::new(&world).await;
    let (first, old) = stage.install_with(&world, None).await;
    let before = endpoint_of(&world, &first).await.sure();
    let message = stage.send(&world, "post_created").await;
    world.pass(Duration::from_secs(1));
    let (second, new) = stage.install_with(&world, Some(&events(&["post_created"]))).await;
    assert_eq!(stage.stored(&world, &first).await, None);
    let after = endpoint_of(&world, &second).await.sure();
    assert_eq!(stage.endpoints(&world).await, std::slice::from_ref(&after));
    assert_ne!(before.key, after.key);
    let store = world.store();
    for token in [old.access, old.refresh] {
        assert_eq!(store.token(token, world.now()).await.sure(), None);
    }
    assert!(store.token(new.access, world.now()).await.sure().is_some());
    // What was owed to the old one is cancelled; the next message goes once.
    assert!(world.claim(&before).await.is_empty());
    let owed = store.endpoints_of_message(stage.target.key, message, ascending(9)).await.sure().items;
    assert_eq!(owed[0].1.state, hookwire_core::DeliveryState::Canceled);
    let sent = stage.send(&world, "post_created").await;
    assert_eq!(world.claim_one(&after).await.message.key, sent);
    assert_eq!(world.pending().await, 1);
}
