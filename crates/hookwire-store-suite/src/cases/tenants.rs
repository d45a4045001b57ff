//! Nobody sees what is another's.

use hookwire_core::{AppChange, EndpointChange, NewApp, OrgId, Reference, Secret};
use hookwire_store::Order;
use hookwire_store::catalog::{Rotated, Rotation};
use hookwire_store::history::{AttemptFilter, EndpointStats, MessageFilter};
use hookwire_store::triggers::{InvocationFilter, Viewer};

use crate::cases::triggers::{id, plain, record};
use crate::sure::Sure;
use crate::world::{START, World, ascending, by_uid, page, uid};

pub(crate) async fn another_org_finds_nothing(world: World) {
    let new = NewApp { uid: Some(uid("acme")), ..NewApp::default() };
    let app = world.app_of(&world.org, new.clone()).await;
    let (store, other) = (world.store(), OrgId::stored("org_other"));
    world.app_of(&other, NewApp::default()).await;
    for reference in [Reference::Key(app.key), by_uid("acme")] {
        assert_eq!(store.app(&other, &reference).await.sure(), None);
        let change = AppChange { name: Some("theirs".to_owned()), ..AppChange::default() };
        assert_eq!(store.change_app(&other, &reference, change, world.now()).await.sure(), None);
        assert!(!store.delete_app(&other, &reference, world.now()).await.sure());
    }
    assert!(!store.apps(&other, ascending(10), Vec::new()).await.sure().items.contains(&app));
    let theirs = world.app_of(&other, new).await;
    assert_ne!(theirs.key, app.key);
    assert_eq!(store.app(&world.org, &by_uid("acme")).await.sure(), Some(app.clone()));
    for reference in [Reference::Key(app.key), by_uid("acme")] {
        assert_eq!(
            store.app(&other, &reference).await.sure().map(|app| app.key),
            match reference {
                Reference::Key(_) => None,
                Reference::Uid(_) => Some(theirs.key),
            }
        );
    }
}

pub(crate) async fn another_app_finds_nothing(world: World) {
    let (app, other) = (world.app().await, world.app().await);
    let endpoint = world.endpoint_with(&app, |new| new.uid = Some(uid("main"))).await;
    let message = world.send_with(&app, |message| message.event_id = Some(uid("e1"))).await;
    let attempt = world.succeed(&world.claim_one(&endpoint).await).await;
    let (store, now) = (world.store(), world.now());
    for reference in [Reference::Key(endpoint.key), by_uid("main")] {
        assert_eq!(store.endpoint(other.key, &reference).await.sure(), None);
        let change = EndpointChange { disabled: Some(true), ..EndpointChange::default() };
        assert_eq!(store.change_endpoint(other.key, &reference, change, now).await.sure(), None);
        let rotation = Rotation { secret: Secret::from_random([1; 24]), old_until: now, now };
        assert_eq!(store.rotate_secret(other.key, &reference, rotation).await.sure(), Rotated::Absent);
        assert!(!store.delete_endpoint(other.key, &reference, now).await.sure());
    }
    assert!(store.endpoints(other.key, ascending(10)).await.sure().items.is_empty());
    for reference in [Reference::Key(message), by_uid("e1")] {
        assert_eq!(store.message(other.key, &reference, true).await.sure(), None);
    }
    let any = MessageFilter::default;
    assert!(store.messages(other.key, any(), ascending(10)).await.sure().items.is_empty());
    assert_eq!(store.attempt(other.key, message, attempt).await.sure(), None);
    let filter = AttemptFilter::default;
    let log = store.attempts_of_message(other.key, message, filter(), ascending(10)).await.sure();
    assert!(log.items.is_empty());
    let log = store.attempts_of_endpoint(other.key, endpoint.key, filter(), true, ascending(10)).await.sure();
    assert!(log.items.is_empty());
    let owed = store.messages_of_endpoint(other.key, endpoint.key, any(), None, None, ascending(10)).await;
    assert!(owed.sure().items.is_empty());
    assert!(store.endpoints_of_message(other.key, message, ascending(10)).await.sure().items.is_empty());
    let stats = store.endpoint_stats(other.key, endpoint.key, START, world.now()).await.sure();
    assert_eq!(stats, EndpointStats::default());
}

pub(crate) async fn another_app_finds_no_trigger_and_no_record(world: World) {
    let (store, app, other) = (world.store(), world.app().await, world.app().await);
    store.register_trigger(plain(app.key, "a", world.now())).await.sure();
    let record = record(&world, &app, "a");
    store.record_invocations(vec![record.clone()]).await.sure();
    assert_eq!(store.trigger(other.key, &id("a")).await.sure(), None);
    let theirs = store.triggers(other.key, Viewer::Org, page(9, Order::Descending, None)).await.sure();
    assert!(theirs.items.is_empty());
    assert!(!store.delete_trigger(other.key, &id("a")).await.sure());
    assert!(store.trigger(app.key, &id("a")).await.sure().is_some());
    assert_eq!(store.invocation(other.key, record.key).await.sure(), None);
    for filter in [
        InvocationFilter::default(),
        InvocationFilter { trigger: Some(id("a")), ..InvocationFilter::default() },
        InvocationFilter { viewer: Viewer::Client, ..InvocationFilter::default() },
        InvocationFilter { root: Some(record.key), ..InvocationFilter::default() },
    ] {
        assert!(store.invocations(other.key, filter, ascending(9)).await.sure().items.is_empty());
    }
}
