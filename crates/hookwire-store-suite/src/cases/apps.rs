//! Apps.

use hookwire_core::{App, AppChange, NewApp, Reference};
use hookwire_store::catalog::{AppExclusion, Created};
use hookwire_store::{Cursor, Error, Order};

use crate::sure::Sure;
use crate::world::{World, ascending, by_uid, descending, no_app, page, uid};

fn named(name: &str, own: Option<&str>) -> NewApp {
    NewApp {
        name: name.to_owned(),
        uid: own.map(uid),
        throttle_rate: Some(5),
        metadata: [("tier".to_owned(), "gold".to_owned())].into(),
    }
}

pub(crate) async fn an_app_is_found_by_id_and_by_uid(world: World) {
    let app = world.app_of(&world.org, named("Acme", Some("acme"))).await;
    assert_eq!(app.metadata["tier"], "gold");
    for reference in [Reference::Key(app.key), by_uid("acme")] {
        assert_eq!(world.store().app(&world.org, &reference).await.sure(), Some(app.clone()));
    }
    for reference in [Reference::Key(no_app()), by_uid("other")] {
        assert_eq!(world.store().app(&world.org, &reference).await.sure(), None);
    }
}

pub(crate) async fn a_taken_uid_answers_the_app_that_has_it(world: World) {
    let app = world.app_of(&world.org, named("Acme", Some("acme"))).await;
    let again = world.store().create_app(&world.org, named("Other", Some("acme")), world.now()).await.sure();
    assert_eq!(again, Created::Existing(app));
    let fresh = world.store().create_app(&world.org, named("Other", None), world.now()).await.sure();
    assert!(matches!(fresh, Created::Fresh(_)));
}

pub(crate) async fn upserting_an_app_makes_or_changes_it(world: World) {
    let (store, org) = (world.store(), &world.org);
    let made = store.upsert_app(org, &by_uid("acme"), named("Acme", Some("acme")), world.now()).await.sure();
    let Created::Fresh(app) = made else { panic!("{made:?}") };
    let changed =
        store.upsert_app(org, &by_uid("acme"), named("New", Some("acme-2")), world.now()).await.sure();
    let Created::Existing(changed) = changed else { panic!("{changed:?}") };
    assert_eq!((changed.key, changed.name.as_str(), changed.created), (app.key, "New", app.created));
    assert!(changed.updated > app.updated);
    assert_eq!(store.app(org, &by_uid("acme")).await.sure(), None);
    assert_eq!(store.app(org, &by_uid("acme-2")).await.sure(), Some(changed));
    let taken = store.upsert_app(org, &by_uid("new"), named("X", Some("acme-2")), world.now()).await;
    assert!(matches!(taken, Err(Error::Conflict(_))), "{taken:?}");
}

pub(crate) async fn an_app_can_be_changed_but_not_to_a_taken_uid(world: World) {
    let (store, org) = (world.store(), &world.org);
    let app = world.app_of(org, named("Acme", Some("acme"))).await;
    world.app_of(org, named("Other", Some("other"))).await;
    let change = AppChange { uid: Some(Some(uid("other"))), ..AppChange::default() };
    let taken = store.change_app(org, &Reference::Key(app.key), change, world.now()).await;
    assert!(matches!(taken, Err(Error::Conflict(_))), "{taken:?}");
    assert_eq!(store.app(org, &by_uid("acme")).await.sure(), Some(app.clone()));

    let change = AppChange {
        name: Some("Acme 2".to_owned()),
        uid: Some(None),
        throttle_rate: Some(None),
        metadata: Some([].into()),
    };
    let now = world.now();
    let changed = store.change_app(org, &by_uid("acme"), change, now).await.sure().sure();
    let expected = App {
        name: "Acme 2".to_owned(),
        uid: None,
        throttle_rate: None,
        metadata: [].into(),
        updated: now,
        ..app.clone()
    };
    assert_eq!(changed, expected);
    assert_eq!(store.app(org, &Reference::Key(app.key)).await.sure(), Some(expected));
    let absent = store.change_app(org, &by_uid("acme"), AppChange::default(), world.now()).await.sure();
    assert_eq!(absent, None);
}

pub(crate) async fn a_deleted_app_is_gone_and_its_uid_is_free(world: World) {
    let (store, org) = (world.store(), &world.org);
    let app = world.app_of(org, named("Acme", Some("acme"))).await;
    let endpoint = world.endpoint(&app).await;
    world.send(&app).await;
    assert!(store.delete_app(org, &by_uid("acme"), world.now()).await.sure());
    assert!(!store.delete_app(org, &by_uid("acme"), world.now()).await.sure());
    assert_eq!(store.app(org, &Reference::Key(app.key)).await.sure(), None);
    assert!(store.apps(org, ascending(10), Vec::new()).await.sure().items.is_empty());
    assert_eq!(world.stored_endpoint(&endpoint).await, None);
    assert!(world.claim(&endpoint).await.is_empty());
    assert_eq!(world.pending().await, 0);
    let again = world.app_of(org, named("Acme", Some("acme"))).await;
    assert_ne!(again.key, app.key);
}

pub(crate) async fn apps_are_paged_in_both_directions(world: World) {
    let mut names = Vec::new();
    for number in 0..5 {
        let app = world.app_of(&world.org, named(&format!("App {number}"), None)).await;
        names.push(hookwire_core::id::Key::raw(app.key));
    }
    let store = world.store();
    let read = async |page| {
        let slice = store.apps(&world.org, page, Vec::new()).await.sure();
        let keys: Vec<i64> =
            slice.items.iter().map(|app: &App| hookwire_core::id::Key::raw(app.key)).collect();
        (keys, slice.more)
    };
    assert_eq!(read(ascending(2)).await, (names[..2].to_vec(), true));
    assert_eq!(
        read(page(2, Order::Ascending, Some(Cursor::After(names[1])))).await,
        (names[2..4].to_vec(), true)
    );
    assert_eq!(
        read(page(2, Order::Ascending, Some(Cursor::After(names[3])))).await,
        (names[4..].to_vec(), false)
    );
    assert_eq!(
        read(page(2, Order::Ascending, Some(Cursor::Before(names[4])))).await,
        (names[2..4].to_vec(), true)
    );
    assert_eq!(
        read(page(2, Order::Ascending, Some(Cursor::Before(names[1])))).await,
        (names[..1].to_vec(), false)
    );
    assert_eq!(read(descending(2)).await, (vec![names[4], names[3]], true));
    assert_eq!(
        read(page(2, Order::Descending, Some(Cursor::After(names[3])))).await,
        (vec![names[2], names[1]], true)
    );
    assert_eq!(
        read(page(2, Order::Descending, Some(Cursor::Before(names[1])))).await,
        (vec![names[3], names[2]], true)
    );
}

pub(crate) async fn apps_can_be_left_out_by_their_endpoints(world: World) {
    let named = async |name: &str, endpoints: &[(bool, &str)]| {
        let app = world.app_of(&world.org, named(name, None)).await;
        for (disabled, url) in endpoints {
            let words = |new: &mut hookwire_core::NewEndpoint| {
                new.disabled = *disabled;
                (*url).clone_into(&mut new.url);
            };
            world.endpoint_with(&app, words).await;
        }
        app
    };
    let (own, play) = ("https://user:pass@example.com/", "https://Play.test:443/in/x");
    named("bare", &[]).await;
    named("off", &[(true, own), (true, own)]).await;
    named("half", &[(true, own), (false, own)]).await;
    named("play", &[(false, play)]).await;
    named("both", &[(false, play), (false, own)]).await;
    let gone = named("gone", &[]).await;
    let endpoint = world.endpoint(&gone).await;
    world.store().delete_endpoint(gone.key, &Reference::Key(endpoint.key), world.now()).await.sure();
    let read = async |limit, without: &[AppExclusion]| {
        let slice = world.store().apps(&world.org, ascending(limit), without.to_vec()).await.sure();
        let names: Vec<_> = slice.items.into_iter().map(|app| app.name).collect();
        (names.join(" "), slice.more)
    };
    let at_play = AppExclusion::OnlyAt(&["play.test", "api.play.test"]);
    let (bare, off) = (AppExclusion::WithoutEndpoints, AppExclusion::OnlyDisabled);
    for (without, left) in [
        (vec![], "bare off half play both gone"),
        (vec![bare.clone()], "off half play both"),
        (vec![off.clone()], "bare half play both gone"),
        (vec![at_play.clone()], "bare off half both gone"),
        (vec![AppExclusion::OnlyAt(&["other.test"])], "bare off half play both gone"),
        (vec![bare, off, at_play], "half both"),
    ] {
        assert_eq!(read(10, &without).await, (left.to_owned(), false), "{without:?}");
        // A page is full whatever was left out before it.
        let two = left.split(' ').take(2).collect::<Vec<_>>().join(" ");
        assert_eq!(read(2, &without).await, (two, left.split(' ').count() > 2), "{without:?}");
    }
}
