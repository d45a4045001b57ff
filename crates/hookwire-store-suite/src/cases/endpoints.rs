//! Endpoints.

use std::time::Duration;

use hookwire_core::endpoint::HeadersChange;
use hookwire_core::id::Key;
use hookwire_core::limits::OLD_SECRETS_MAX;
use hookwire_core::rules::{Rules, RulesChange, Tls};
use hookwire_core::{Channel, DeliveryState, Endpoint, EndpointChange, NewEndpoint, Reference, Secret};
use hookwire_store::catalog::{Changed, Created, Rotated, Rotation};
use hookwire_store::history::{AttemptFilter, MessageFilter};
use hookwire_store::{Cursor, Error, Order};

use super::rules;
use crate::recorder::Recorder;
use crate::sure::Sure;
use crate::world::{World, ascending, by_uid, event_type, new_endpoint, page, uid};

fn full() -> NewEndpoint {
    NewEndpoint {
        uid: Some(uid("main")),
        name: Some("Billing".to_owned()),
        url: "https://user:pass@example.com/hook?x=1".to_owned(),
        description: "orders, mostly \u{1f9fe}".to_owned(),
        version: 3,
        disabled: false,
        event_types: Some(vec![event_type("invoice.paid"), event_type("invoice.sent")]),
        channels: Some(vec![Channel::parse("eu").sure()]),
        throttle_rate: Some(50),
        metadata: [("k".to_owned(), "v".to_owned())].into(),
        headers: Some(vec![("X-Two".to_owned(), "2".to_owned()), ("x-one".to_owned(), "1".to_owned())]),
        rules: rules::full(),
        secret: Secret::from_random([9; 24]),
    }
}

pub(crate) async fn an_endpoint_keeps_every_field(world: World) {
    let (store, app) = (world.store(), world.app().await);
    let now = world.now();
    let endpoint = store.create_endpoint(app.key, full(), now).await.sure();
    assert_eq!(endpoint, full().into_endpoint(endpoint.key, app.key, now));
    for reference in [Reference::Key(endpoint.key), by_uid("main")] {
        assert_eq!(store.endpoint(app.key, &reference).await.sure(), Some(endpoint.clone()));
    }
    let plain = store.create_endpoint(app.key, new_endpoint(), world.now()).await.sure();
    assert_eq!(world.stored_endpoint(&plain).await, Some(plain));
}

pub(crate) async fn an_endpoints_uid_is_unique_in_its_app(world: World) {
    let (store, app) = (world.store(), world.app().await);
    let first = store.create_endpoint(app.key, full(), world.now()).await.sure();
    let second = store.create_endpoint(app.key, full(), world.now()).await;
    assert!(matches!(second, Err(Error::Conflict(_))), "{second:?}");
    let other = world.endpoint(&app).await;
    let change = || EndpointChange { uid: Some(Some(uid("main"))), ..EndpointChange::default() };
    let taken = store.change_endpoint(app.key, &Reference::Key(other.key), change(), world.now()).await;
    assert!(matches!(taken, Err(Error::Conflict(_))), "{taken:?}");
    assert_eq!(world.stored_endpoint(&other).await, Some(other));
    // Its own uid is no conflict, and another app has uids of its own.
    let same = store.change_endpoint(app.key, &Reference::Key(first.key), change(), world.now()).await;
    assert!(same.is_ok(), "{same:?}");
    let elsewhere = world.app().await;
    assert!(store.create_endpoint(elsewhere.key, full(), world.now()).await.is_ok());
}

pub(crate) async fn upserting_an_endpoint_keeps_its_secret(world: World) {
    let (store, app) = (world.store(), world.app().await);
    let made = store.upsert_endpoint(app.key, &by_uid("main"), full(), world.now()).await.sure();
    let Created::Fresh(made) = made else { panic!("{made:?}") };
    let words = NewEndpoint { secret: Secret::from_random([1; 24]), headers: None, version: 4, ..full() };
    let changed = store.upsert_endpoint(app.key, &by_uid("main"), words, world.now()).await.sure();
    let Created::Existing(changed) = changed else { panic!("{changed:?}") };
    assert_eq!(changed, Endpoint { version: 4, updated: changed.updated, ..made.clone() });
    assert!(changed.updated > made.updated);

    let patch = EndpointChange {
        headers: Some(HeadersChange::Patch {
            set: vec![("X-Three".to_owned(), "3".to_owned())],
            remove: vec!["X-ONE".to_owned()],
        }),
        ..EndpointChange::default()
    };
    let patched = store.change_endpoint(app.key, &by_uid("main"), patch, world.now()).await.sure().sure();
    let names: Vec<_> = patched.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["X-Two", "X-Three"]);
    assert_eq!(world.stored_endpoint(&patched).await, Some(patched));
}

pub(crate) async fn a_change_that_was_worked_out_from_something_else_is_not_made(world: World) {
    let (store, app) = (world.store(), world.app().await);
    let seen = store.create_endpoint(app.key, full(), world.now()).await.sure();
    let words = || EndpointChange { description: Some("changed".to_owned()), ..EndpointChange::default() };
    let as_seen = async |seen: &Endpoint| {
        store.change_endpoint_as_seen(seen.clone(), words(), world.now()).await.sure()
    };
    let Changed::Done(changed) = as_seen(&seen).await else { panic!("not changed") };
    assert_eq!(changed.description, "changed");
    assert_eq!(world.stored_endpoint(&seen).await, Some(changed.clone()));
    // What else has changed does not matter.
    assert!(matches!(as_seen(&seen).await, Changed::Done(_)));

    let reference = Reference::Key(seen.key);
    let set = async |headers: &[(String, String)]| {
        let headers = Some(HeadersChange::Replace(headers.to_vec()));
        let change = EndpointChange { headers, ..EndpointChange::default() };
        store.change_endpoint(app.key, &reference, change, world.now()).await.sure().sure()
    };
    let other = set(&seen.headers[1..]).await;
    assert_eq!(as_seen(&seen).await, Changed::Outdated);
    assert_eq!(world.stored_endpoint(&seen).await, Some(other), "and nothing is changed");
    set(&seen.headers).await;
    assert!(matches!(as_seen(&seen).await, Changed::Done(_)));

    let trust = async |tls: Option<Tls>| {
        let rules = RulesChange { tls: Some(tls), ..RulesChange::default() };
        let change = EndpointChange { rules, ..EndpointChange::default() };
        store.change_endpoint(app.key, &reference, change, world.now()).await.sure()
    };
    trust(Some(Tls { ca_pem: Some("another".to_owned()), ..Tls::default() })).await;
    assert_eq!(as_seen(&seen).await, Changed::Outdated);
    trust(seen.rules.tls.clone()).await;
    assert!(matches!(as_seen(&seen).await, Changed::Done(_)));

    let moved = EndpointChange { url: Some("https://other.test/".to_owned()), ..EndpointChange::default() };
    store.change_endpoint(app.key, &reference, moved, world.now()).await.sure();
    assert_eq!(as_seen(&seen).await, Changed::Outdated);
    store.delete_endpoint(app.key, &reference, world.now()).await.sure();
    assert_eq!(as_seen(&seen).await, Changed::Absent);
    let foreign = Endpoint { app: world.app().await.key, ..world.endpoint(&app).await };
    assert_eq!(as_seen(&foreign).await, Changed::Absent);
}

pub(crate) async fn a_rotated_secret_signs_on_until_its_time(world: World) {
    let (store, app) = (world.store(), world.app().await);
    let endpoint = world.endpoint(&app).await;
    let reference = Reference::Key(endpoint.key);
    let rotate = async |number: u8| {
        let now = world.now();
        let secret = Secret::from_random([number; 24]);
        let rotation = Rotation { secret, old_until: now.plus(Duration::from_hours(24)), now };
        store.rotate_secret(app.key, &reference, rotation).await.sure()
    };
    let Rotated::Done(rotated) = rotate(50).await else { panic!("not rotated") };
    assert_eq!(rotated.secrets.current, Secret::from_random([50; 24]));
    assert_eq!(rotated.secrets.old[0].0, endpoint.secrets.current);
    assert_eq!(world.stored_endpoint(&endpoint).await, Some(rotated));
    for number in 1..OLD_SECRETS_MAX {
        assert!(matches!(rotate(number as u8).await, Rotated::Done(_)));
    }
    assert_eq!(rotate(99).await, Rotated::TooMany);
    world.pass(Duration::from_hours(25));
    let Rotated::Done(later) = rotate(99).await else { panic!("not rotated") };
    assert_eq!(later.secrets.old.len(), 1);
    world.send(&app).await;
    assert_eq!(world.claim_one(&endpoint).await.endpoint.secrets, later.secrets);
    let absent = Rotation { secret: Secret::from_random([1; 24]), old_until: world.now(), now: world.now() };
    assert_eq!(store.rotate_secret(app.key, &by_uid("none"), absent).await.sure(), Rotated::Absent);
}

pub(crate) async fn a_deleted_endpoint_owes_nothing_and_its_log_stays(world: World) {
    let (store, app) = (world.store(), world.app().await);
    let endpoint = store.create_endpoint(app.key, full(), world.now()).await.sure();
    let recorder = Recorder::with_room(0);
    store.attach(recorder.clone());
    let channels = || vec![Channel::parse("eu").sure()];
    let failed = world.send_with(&app, |message| message.channels = channels()).await;
    let claim = world.claim_one(&endpoint).await;
    world.fail(&claim, Duration::from_secs(5)).await;
    let waiting = world.send_with(&app, |message| message.channels = channels()).await;
    world.pass(Duration::from_secs(10));
    assert_eq!(world.pending().await, 2);

    assert!(store.delete_endpoint(app.key, &by_uid("main"), world.now()).await.sure());
    assert!(!store.delete_endpoint(app.key, &by_uid("main"), world.now()).await.sure());
    assert_eq!(world.stored_endpoint(&endpoint).await, None);
    assert!(world.claim(&endpoint).await.is_empty());
    assert_eq!(world.pending().await, 0);
    recorder.until(|heard| heard.removed == [endpoint.key]).await;
    let log = store
        .attempts_of_endpoint(app.key, endpoint.key, AttemptFilter::default(), false, ascending(10))
        .await
        .sure();
    assert_eq!(log.items.len(), 1);
    let owed = store
        .messages_of_endpoint(app.key, endpoint.key, MessageFilter::default(), None, None, ascending(10))
        .await
        .sure();
    let states: Vec<_> = owed.items.iter().map(|(message, status)| (message.key, status.state)).collect();
    assert_eq!(states, [(failed, DeliveryState::Canceled), (waiting, DeliveryState::Canceled)]);
    assert!(store.create_endpoint(app.key, full(), world.now()).await.is_ok());
}

pub(crate) async fn a_deleted_endpoint_is_shown_without_its_credentials(world: World) {
    let store = world.store();
    for deletes_app in [false, true] {
        let app = world.app().await;
        let endpoint = store.create_endpoint(app.key, full(), world.now()).await.sure();
        let message =
            world.send_with(&app, |message| message.channels = vec![Channel::parse("eu").sure()]).await;
        let now = world.now();
        let is_done = if deletes_app {
            store.delete_app(&world.org, &Reference::Key(app.key), now).await.sure()
        } else {
            store.delete_endpoint(app.key, &Reference::Key(endpoint.key), now).await.sure()
        };
        assert!(is_done);
        let shown = store.endpoints_of_message(app.key, message, ascending(9)).await.sure().items.remove(0).0;
        assert_ne!(shown.secrets, endpoint.secrets);
        let left = Endpoint {
            url: "https://example.com/hook".to_owned(),
            headers: Vec::new(),
            rules: Rules { body_template: None, tls: None, ..endpoint.rules.clone() },
            secrets: shown.secrets.clone(),
            updated: now,
            ..endpoint
        };
        assert_eq!(shown, left);
    }
}

pub(crate) async fn endpoints_are_paged_in_both_directions(world: World) {
    let (store, app) = (world.store(), world.app().await);
    let mut keys = Vec::new();
    for _ in 0..5 {
        keys.push(world.endpoint(&app).await.key.raw());
    }
    let read = async |page| {
        let slice = store.endpoints(app.key, page).await.sure();
        (slice.items.iter().map(|endpoint| endpoint.key.raw()).collect::<Vec<_>>(), slice.more)
    };
    assert_eq!(read(ascending(5)).await, (keys.clone(), false));
    let after = page(2, Order::Descending, Some(Cursor::After(keys[4])));
    assert_eq!(read(after).await, (vec![keys[3], keys[2]], true));
    let before = page(2, Order::Descending, Some(Cursor::Before(keys[2])));
    assert_eq!(read(before).await, (vec![keys[4], keys[3]], false));
}

pub(crate) async fn the_dispatcher_hears_of_changes(world: World) {
    let (store, app) = (world.store(), world.app().await);
    let endpoint = world.endpoint(&app).await;
    let recorder = Recorder::with_room(0);
    store.attach(recorder.clone());
    let change = EndpointChange { url: Some("https://example.org/".to_owned()), ..EndpointChange::default() };
    let changed =
        store.change_endpoint(app.key, &Reference::Key(endpoint.key), change, world.now()).await.sure();
    recorder.until(|heard| !heard.changed.is_empty()).await;
    assert_eq!(*recorder.heard().changed[0].0, changed.sure());
    let change = hookwire_core::AppChange { throttle_rate: Some(Some(7)), ..Default::default() };
    let changed = store.change_app(&world.org, &Reference::Key(app.key), change, world.now()).await.sure();
    recorder.until(|heard| !heard.apps.is_empty()).await;
    assert_eq!(*recorder.heard().apps[0], changed.sure());
    world.send(&app).await;
    let claim = world.claim_one(&endpoint).await;
    assert_eq!((claim.app.throttle_rate, claim.endpoint.url.as_str()), (Some(7), "https://example.org/"));
}
