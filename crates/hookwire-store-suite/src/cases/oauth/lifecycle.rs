//! How installs end, and how they come back.

use std::time::Duration;

use hookwire_core::oauth::CodeRefusal;
use hookwire_core::{DeliveryState, Reference};
use hookwire_store::oauth::{InstallsOf, Redeemed};

use super::actors::{Stage, endpoint_of, refreshing};
use crate::recorder::Recorder;
use crate::sure::Sure;
use crate::world::{World, ascending};

/// How the delivery of a message to an endpoint stands.
async fn state(world: &World, stage: &Stage, message: hookwire_core::MessageKey) -> DeliveryState {
    let owed = world.store().endpoints_of_message(stage.target.key, message, ascending(9)).await.sure().items;
    owed[0].1.state
}

pub(crate) async fn suspending_removes_the_endpoints_and_resuming_provisions_again(world: World) {
    let stage = Stage::new(&world).await;
    let install = stage.install(&world).await;
    let first = endpoint_of(&world, &install).await.sure();
    let owed = stage.send(&world, "post_created").await;
    let recorder = Recorder::with_room(0);
    world.store().attach(recorder.clone());
    let client = stage.suspend(&world, true).await;
    assert!(client.suspended);
    recorder.until(|heard| heard.removed == [first.key]).await;
    assert_eq!(stage.endpoints(&world).await, []);
    assert_eq!(state(&world, &stage, owed).await, DeliveryState::Canceled);
    assert_eq!(world.pending().await, 0);
    let unheard = stage.send(&world, "post_created").await;
    let kept = stage.stored(&world, &install).await.sure();
    assert_eq!((kept.key, kept.endpoint), (install.key, None));
    // Suspending twice is suspending once, and both who suspended must resume.
    stage.suspend(&world, true).await;
    stage.change(&world, |change| change.barred = Some(true)).await;
    stage.suspend(&world, false).await;
    assert_eq!(stage.endpoints(&world).await, []);
    stage.suspend(&world, true).await;
    assert!(stage.change(&world, |change| change.barred = Some(false)).await.is_suspended());
    assert_eq!(stage.endpoints(&world).await, []);
    assert_eq!(recorder.heard().removed, [first.key]);
    stage.suspend(&world, false).await;
    let kept = stage.stored(&world, &install).await.sure();
    let second = endpoint_of(&world, &kept).await.sure();
    assert_ne!(first.key, second.key);
    assert_eq!((&second.url, &second.event_types), (&first.url, &first.event_types));
    let heard = stage.send(&world, "post_created").await;
    assert_eq!(world.claim_one(&second).await.message.key, heard);
    let none = world.store().endpoints_of_message(stage.target.key, unheard, ascending(9)).await.sure().items;
    assert_eq!(none, []);
    // Nor are there two after another resuming.
    stage.suspend(&world, false).await;
    assert_eq!(stage.endpoints(&world).await.len(), 1);
}

pub(crate) async fn a_revoked_install_leaves_nothing_behind(world: World) {
    let stage = Stage::new(&world).await;
    let (install, tokens) = stage.install_with(&world, None).await;
    let endpoint = endpoint_of(&world, &install).await.sure();
    let owed = stage.send(&world, "post_created").await;
    let store = world.store();
    // A consent that was not redeemed so far must not bring the install back.
    let late = stage.consent(&world, None).await;
    assert!(store.revoke_install(&world.org, install.key, world.now()).await.sure());
    assert!(!store.revoke_install(&world.org, install.key, world.now()).await.sure());
    let refused = store.redeem_code(stage.redeeming(&world, late)).await.sure();
    assert_eq!(refused, Redeemed::Refused(CodeRefusal::Invalid));
    assert_eq!(stage.stored(&world, &install).await, None);
    assert_eq!(stage.endpoints(&world).await, []);
    assert_eq!(state(&world, &stage, owed).await, DeliveryState::Canceled);
    for token in [tokens.access, tokens.refresh] {
        assert_eq!(store.token(token, world.now()).await.sure(), None);
    }
    let words = refreshing(&world, &stage.client, &tokens);
    assert_eq!(store.refresh_tokens(words).await.sure(), hookwire_store::oauth::Refreshed::Invalid);
    // Its log stays, without what may be a credential in its URL.
    let shown =
        store.endpoints_of_message(stage.target.key, owed, ascending(9)).await.sure().items.remove(0).0;
    assert_eq!((shown.key, shown.url.as_str()), (endpoint.key, "https://myapp.com/webhooks"));
    assert_ne!(shown.secrets, endpoint.secrets);
    // Resuming does not bring it back, but installing does.
    stage.suspend(&world, false).await;
    assert_eq!(stage.endpoints(&world).await, []);
    stage.install(&world).await;
    assert_eq!(stage.endpoints(&world).await.len(), 1);
}

pub(crate) async fn a_deleted_client_takes_its_installs_along(world: World) {
    let stage = Stage::new(&world).await;
    let (install, tokens) = stage.install_with(&world, None).await;
    let mut others = Vec::new();
    for _ in 0..60 {
        let target = world.app().await;
        let other = Stage { owner: stage.owner.clone(), target, client: stage.client.clone() };
        other.install(&world).await;
        others.push(other);
    }
    let code = others[0].consent(&world, None).await;
    let store = world.store();
    assert!(store.delete_client(stage.owner.key, stage.client.key, world.now()).await.sure());
    assert!(!store.delete_client(stage.owner.key, stage.client.key, world.now()).await.sure());
    assert_eq!(store.client(stage.client.key).await.sure(), None);
    assert_eq!(store.clients(&world.org, stage.owner.key, ascending(9)).await.sure().items, []);
    assert_eq!(stage.stored(&world, &install).await, None);
    assert_eq!(store.token(tokens.access, world.now()).await.sure(), None);
    let redeemed = store.redeem_code(others[0].redeeming(&world, code)).await.sure();
    assert!(matches!(redeemed, hookwire_store::oauth::Redeemed::Refused(_)), "{redeemed:?}");
    for stage in others.iter().chain([&stage]) {
        assert_eq!(stage.endpoints(&world).await, []);
        let of = InstallsOf::App(stage.target.key);
        assert_eq!(store.installs(&world.org, of, ascending(9)).await.sure().items, []);
    }
}

pub(crate) async fn with_an_app_go_its_installs_and_its_clients(world: World) {
    let stage = Stage::new(&world).await;
    let (install, tokens) = stage.install_with(&world, None).await;
    let store = world.store();
    store.delete_app(&world.org, &Reference::Key(stage.target.key), world.now()).await.sure();
    assert_eq!(stage.stored(&world, &install).await, None);
    assert_eq!(store.token(tokens.access, world.now()).await.sure(), None);
    assert!(store.client(stage.client.key).await.sure().is_some());
    let other = Stage { target: world.app().await, ..stage };
    let (install, tokens) = other.install_with(&world, None).await;
    store.delete_app(&world.org, &Reference::Key(other.owner.key), world.now()).await.sure();
    assert_eq!(store.client(other.client.key).await.sure(), None);
    assert_eq!(other.stored(&world, &install).await, None);
    assert_eq!(store.token(tokens.access, world.now()).await.sure(), None);
    assert_eq!(other.endpoints(&world).await, []);
}

pub(crate) async fn the_org_is_told_of_endpoints_that_come_and_go(world: World) {
    let stage = Stage::new(&world).await;
    let (internal, _) = world.notices().await;
    let install = stage.install(&world).await;
    stage.suspend(&world, true).await;
    let told = world.told(&internal).await;
    let types: Vec<_> = told.iter().map(|(event_type, _)| event_type.as_str()).collect();
    assert_eq!(types, ["endpoint.created", "endpoint.deleted"]);
    let endpoint = hookwire_core::id::Key::public(install.endpoint.sure());
    assert!(told.iter().all(|(_, payload)| payload["data"]["endpointId"] == endpoint));
}

pub(crate) async fn what_was_installed_is_there_after_a_crash(mut world: World) {
    let stage = Stage::new(&world).await;
    let (install, tokens) = stage.install_with(&world, None).await;
    let endpoint = endpoint_of(&world, &install).await.sure();
    let code = stage.consent(&world, None).await;
    let gone = stage.consent(&world, None).await;
    let token = world.store().token(tokens.access, world.now()).await.sure();
    world.crash().await;
    let store = world.store();
    assert_eq!(store.client(stage.client.key).await.sure(), Some(stage.client.clone()));
    assert_eq!(stage.stored(&world, &install).await, Some(install.clone()));
    assert_eq!(stage.endpoints(&world).await, std::slice::from_ref(&endpoint));
    assert_eq!(store.token(tokens.access, world.now()).await.sure(), token);
    assert!(matches!(
        store.redeem_code(stage.redeeming(&world, code)).await.sure(),
        hookwire_store::oauth::Redeemed::Done(_)
    ));
    assert_eq!(stage.endpoints(&world).await.len(), 1);
    drop(store);
    // Keys of what was removed are not made again.
    world.crash().await;
    world.pass(Duration::from_millis(1));
    let redeemed = world.store().redeem_code(stage.redeeming(&world, gone)).await.sure();
    let hookwire_store::oauth::Redeemed::Done(last) = redeemed else { panic!("{redeemed:?}") };
    assert!(last.key > install.key);
}
