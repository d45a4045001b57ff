//! OAuth: clients, installs, codes, tokens, and the endpoints that follow.

mod actors;
mod codes;
mod endpoints;
mod lifecycle;
mod tokens;

pub(crate) use codes::*;
pub(crate) use endpoints::*;
pub(crate) use lifecycle::*;
pub(crate) use tokens::*;

use futures::future::join_all;
use hookwire_core::id::Key;
use hookwire_core::limits::OAUTH_CLIENTS_MAX;
use hookwire_core::oauth::{ActorMode, ClientChange, ClientError, RedirectUri, Subscribed};
use hookwire_core::{ClientKey, NewApp, OrgId, Secret};
use hookwire_store::oauth::{ClientChanged, InstallsOf};
use hookwire_store::{Cursor, Error, Order};

use crate::sure::Sure;
use crate::world::{World, ascending, event_type, no_app, page};
use actors::{Stage, new_client, scopes};

pub(crate) async fn a_client_keeps_every_field_and_is_found_by_its_id(world: World) {
    let (store, owner) = (world.store(), world.app().await);
    let now = world.now();
    let client = store.create_client(new_client(&owner), now).await.sure();
    assert_eq!(client, new_client(&owner).into_client(client.key, now));
    assert_eq!(store.client(client.key).await.sure(), Some(client.clone()));
    let mut bare = new_client(&owner);
    (bare.secret, bare.webhook_url, bare.subscribed) = (None, None, Vec::new());
    let bare = store.create_client(bare, world.now()).await.sure();
    assert_eq!(store.client(bare.key).await.sure(), Some(bare.clone()));
    assert_eq!(store.client(ClientKey::from_raw(77)).await.sure(), None);
    let mut nobodys = new_client(&owner);
    nobodys.owner = no_app();
    assert!(matches!(store.create_client(nobodys, world.now()).await, Err(Error::Conflict(_))));
}

pub(crate) async fn a_client_is_changed_as_a_whole_or_not_at_all(world: World) {
    let stage = Stage::new(&world).await;
    let store = world.store();
    let later = world.now();
    let change = ClientChange {
        name: Some("Renamed".to_owned()),
        redirect_uris: Some(vec![RedirectUri::parse("https://other.example/cb").sure()]),
        actor_modes: Some(vec![ActorMode::User]),
        scopes: Some(scopes("webhooks:manage posts:write")),
        webhook_url: Some(Some("https://other.example/hook".to_owned())),
        subscribed: Some(vec![event_type("post_completed"), event_type("post_created")]),
        suspended: None,
        barred: None,
        signing: Some((Secret::from_random([9; 24]), later.plus(std::time::Duration::from_hours(1)))),
    };
    let expected = change.clone().apply(&stage.client, later).sure();
    let since: Vec<_> = expected.subscribed.iter().map(|one: &Subscribed| one.since).collect();
    assert_eq!(since, [later, stage.client.created]);
    let changed = store.change_client(stage.owner.key, stage.client.key, change, later).await.sure();
    assert_eq!(changed, ClientChanged::Done(expected.clone()));
    assert_eq!(store.client(stage.client.key).await.sure(), Some(expected.clone()));
    let senseless = ClientChange { scopes: Some(Vec::new()), ..ClientChange::default() };
    let refused = store.change_client(stage.owner.key, stage.client.key, senseless, world.now()).await.sure();
    assert_eq!(refused, ClientChanged::Refused(ClientError::UrlWithoutScope));
    assert_eq!(store.client(stage.client.key).await.sure(), Some(expected));
}

pub(crate) async fn a_client_is_its_owners_alone(world: World) {
    let stage = Stage::new(&world).await;
    let store = world.store();
    let change = ClientChange { name: Some("Theirs".to_owned()), ..ClientChange::default() };
    let changed = store.change_client(stage.target.key, stage.client.key, change, world.now()).await.sure();
    assert_eq!(changed, ClientChanged::Absent);
    assert!(!store.delete_client(stage.target.key, stage.client.key, world.now()).await.sure());
    assert_eq!(store.client(stage.client.key).await.sure(), Some(stage.client.clone()));
    let other = OrgId::stored("org_other");
    world.app_of(&other, NewApp::default()).await;
    assert_eq!(store.clients(&other, stage.owner.key, ascending(9)).await.sure().items, []);
    let install = stage.install(&world).await;
    assert_eq!(store.install(&other, install.key).await.sure(), None);
    assert!(!store.revoke_install(&other, install.key, world.now()).await.sure());
    for of in [InstallsOf::App(stage.target.key), InstallsOf::Client(stage.client.key)] {
        assert_eq!(store.installs(&other, of, ascending(9)).await.sure().items, []);
        assert_eq!(
            store.installs(&world.org, of, ascending(9)).await.sure().items,
            std::slice::from_ref(&install)
        );
    }
}

pub(crate) async fn an_app_owns_so_many_clients_and_no_more(world: World) {
    let (store, owner, other) = (world.store(), world.app().await, world.app().await);
    let all = (0..OAUTH_CLIENTS_MAX).map(|_| store.create_client(new_client(&owner), world.now()));
    let made: Vec<_> = join_all(all).await.into_iter().map(Sure::sure).collect();
    let more = store.create_client(new_client(&owner), world.now()).await;
    assert!(matches!(more, Err(Error::Limit(_))), "{more:?}");
    store.create_client(new_client(&other), world.now()).await.sure();
    assert!(store.delete_client(owner.key, made[0].key, world.now()).await.sure());
    store.create_client(new_client(&owner), world.now()).await.sure();
}

pub(crate) async fn clients_and_installs_are_paged_in_both_directions(world: World) {
    let (store, owner) = (world.store(), world.app().await);
    let mut keys = Vec::new();
    let mut installs = Vec::new();
    let target = world.app().await;
    for _ in 0..4 {
        let client = store.create_client(new_client(&owner), world.now()).await.sure();
        keys.push(client.key.raw());
        let stage = Stage { owner: owner.clone(), target: target.clone(), client };
        installs.push(stage.install(&world).await.key.raw());
    }
    let read = async |page| {
        let slice = store.clients(&world.org, owner.key, page).await.sure();
        (slice.items.iter().map(|client| client.key.raw()).collect::<Vec<_>>(), slice.more)
    };
    assert_eq!(read(ascending(4)).await, (keys.clone(), false));
    let after = page(2, Order::Descending, Some(Cursor::After(keys[3])));
    assert_eq!(read(after).await, (vec![keys[2], keys[1]], true));
    let read = async |page| {
        let slice = store.installs(&world.org, InstallsOf::App(target.key), page).await.sure();
        (slice.items.iter().map(|install| install.key.raw()).collect::<Vec<_>>(), slice.more)
    };
    assert_eq!(read(ascending(9)).await, (installs.clone(), false));
    let before = page(2, Order::Descending, Some(Cursor::Before(installs[1])));
    assert_eq!(read(before).await, (vec![installs[3], installs[2]], false));
}
