//! Registered triggers.

mod records;

pub(crate) use records::*;

use std::time::Duration;

use futures::future::join_all;
use hookwire_core::limits::TRIGGERS_MAX;
use hookwire_core::rules::{Method, Tls};
use hookwire_core::trigger::{Next, On, PayloadEncoding};
use hookwire_core::{AppKey, Reference, Timestamp, Trigger, TriggerId};
use hookwire_store::triggers::{Registered, Viewer};
use hookwire_store::{Cursor, Error, Order};

use crate::sure::Sure;
use crate::world::{World, no_app, page};

pub(crate) fn id(text: &str) -> TriggerId {
    TriggerId::parse(text).sure()
}

/// A trigger with nothing that it may do without.
pub(crate) fn plain(app: AppKey, name: &str, now: Timestamp) -> Trigger {
    Trigger {
        app,
        id: id(name),
        url: "https://example.com/call".to_owned(),
        method: Method::Post,
        headers: Vec::new(),
        query_params: Vec::new(),
        payload_encoding: PayloadEncoding::Json,
        payload_schema: None,
        timeout: None,
        tls: None,
        hidden: false,
        next: Vec::new(),
        created: now,
        updated: now,
    }
}

fn follows(name: &str) -> Next {
    Next { trigger: id(name), on: On::Always, data_template: None }
}

fn full(app: AppKey, now: Timestamp) -> Trigger {
    let templated = Next { data_template: Some("{{data}}".to_owned()), on: On::Failure, ..follows("third") };
    Trigger {
        url: "https://user:pass@example.com/call?x=1".to_owned(),
        method: Method::Patch,
        headers: vec![
            ("Authorization".to_owned(), Some("Bearer t".to_owned())),
            ("x-request".to_owned(), None),
            ("X-Last".to_owned(), Some(String::new())),
        ],
        query_params: vec!["page".to_owned(), "of".to_owned()],
        payload_encoding: PayloadEncoding::Base64,
        payload_schema: Some(r#"{"type":"object"}"#.to_owned()),
        timeout: Some(Duration::from_millis(1_500)),
        tls: Some(Tls {
            ca_pem: Some("ca".to_owned()),
            client_cert_pem: Some("cert".to_owned()),
            client_key_pem: Some("key".to_owned().into()),
        }),
        hidden: true,
        next: vec![follows("second"), templated],
        ..plain(app, "first", now)
    }
}

async fn register(world: &World, trigger: Trigger) -> Registered {
    world.store().register_trigger(trigger).await.sure()
}

pub(crate) async fn a_trigger_keeps_every_field_and_when_it_was_first_registered(world: World) {
    let (store, app) = (world.store(), world.app().await);
    let first = full(app.key, world.now());
    assert_eq!(register(&world, first.clone()).await, Registered::Created);
    assert_eq!(store.trigger(app.key, &first.id).await.sure(), Some(first.clone()));
    let second = plain(app.key, "first", world.now());
    assert_eq!(register(&world, second.clone()).await, Registered::Replaced);
    let expected = Trigger { created: first.created, ..second };
    assert_eq!(store.trigger(app.key, &first.id).await.sure(), Some(expected));
    let nobodys = store.register_trigger(plain(no_app(), "first", world.now())).await;
    assert!(matches!(nobodys, Err(Error::Conflict(_))), "{nobodys:?}");
}

pub(crate) async fn an_app_has_so_many_triggers_and_no_more(world: World) {
    let (app, other) = (world.app().await, world.app().await);
    let name = |number: usize| format!("t{number}");
    let all = (0..TRIGGERS_MAX).map(|number| register(&world, plain(app.key, &name(number), world.now())));
    assert!(join_all(all).await.iter().all(|registered| *registered == Registered::Created));
    let more = plain(app.key, &name(TRIGGERS_MAX), world.now());
    assert_eq!(register(&world, more.clone()).await, Registered::TooMany);
    assert_eq!(world.store().trigger(app.key, &more.id).await.sure(), None);
    assert_eq!(register(&world, plain(app.key, &name(0), world.now())).await, Registered::Replaced);
    assert_eq!(register(&world, Trigger { app: other.key, ..more.clone() }).await, Registered::Created);
    assert!(world.store().delete_trigger(app.key, &id(&name(1))).await.sure());
    assert_eq!(register(&world, more).await, Registered::Created);
}

pub(crate) async fn a_chain_that_leads_back_or_on_for_too_long_is_refused(world: World) {
    let (app, other) = (world.app().await, world.app().await);
    let chained = |app: AppKey, name: &str, next: &str| Trigger {
        next: vec![follows(next)],
        ..plain(app, name, world.now())
    };
    let back = register(&world, chained(app.key, "t1", "t1")).await;
    assert_eq!(back, Registered::Cycle(id("t1")));
    for number in 1..7 {
        let link = chained(app.key, &format!("t{number}"), &format!("t{}", number + 1));
        assert_eq!(register(&world, link).await, Registered::Created);
    }
    assert!(matches!(register(&world, chained(app.key, "t7", "t1")).await, Registered::Cycle(_)));
    assert_eq!(world.store().trigger(app.key, &id("t7")).await.sure(), None);
    // What one app's triggers do is no concern of another's.
    assert_eq!(register(&world, chained(other.key, "t7", "t1")).await, Registered::Created);
    assert_eq!(register(&world, chained(app.key, "t7", "t8")).await, Registered::Created);
    assert_eq!(register(&world, chained(app.key, "t8", "t9")).await, Registered::TooLong);
    assert_eq!(world.store().trigger(app.key, &id("t8")).await.sure(), None);
    assert_eq!(register(&world, plain(app.key, "t8", world.now())).await, Registered::Created);
    // A refused change leaves the trigger as it was.
    assert!(matches!(register(&world, chained(app.key, "t8", "t2")).await, Registered::Cycle(_)));
    let kept = world.store().trigger(app.key, &id("t8")).await.sure().sure();
    assert_eq!(kept.next, []);
}

pub(crate) async fn triggers_are_listed_by_id_in_both_directions(world: World) {
    let (app, other) = (world.app().await, world.app().await);
    for name in ["c", "a", "d", "b"] {
        register(&world, plain(app.key, name, world.now())).await;
    }
    register(&world, plain(other.key, "aa", world.now())).await;
    let read = async |limit, order, cursor: Option<Cursor<String>>| {
        let slice = world.store().triggers(app.key, Viewer::Org, page(limit, order, cursor)).await.sure();
        let names = slice.items.iter().map(|trigger| trigger.id.as_str()).collect::<Vec<_>>().join("");
        (names, slice.more)
    };
    let expected = |names: &str, more| (names.to_owned(), more);
    let (after, before) = (
        |name: &str| Some(Cursor::After(name.to_owned())),
        |name: &str| Some(Cursor::Before(name.to_owned())),
    );
    assert_eq!(read(3, Order::Ascending, None).await, expected("abc", true));
    assert_eq!(read(3, Order::Ascending, after("c")).await, expected("d", false));
    assert_eq!(read(2, Order::Ascending, before("d")).await, expected("bc", true));
    assert_eq!(read(4, Order::Descending, None).await, expected("dcba", false));
    assert_eq!(read(1, Order::Descending, after("d")).await, expected("c", true));
    assert_eq!(read(9, Order::Descending, before("b")).await, expected("dc", false));
}

pub(crate) async fn clients_are_shown_the_triggers_that_are_not_hidden(world: World) {
    let app = world.app().await;
    for name in ["a", "b", "c", "d", "e"] {
        let hidden = ["a", "c", "d"].contains(&name);
        register(&world, Trigger { hidden, ..plain(app.key, name, world.now()) }).await;
    }
    let read = async |viewer, limit, cursor: Option<Cursor<String>>| {
        let page = page(limit, Order::Ascending, cursor);
        let slice = world.store().triggers(app.key, viewer, page).await.sure();
        let names = slice.items.iter().map(|trigger| trigger.id.as_str()).collect::<Vec<_>>().join("");
        (names, slice.more)
    };
    assert_eq!(read(Viewer::Org, 9, None).await, ("abcde".to_owned(), false));
    assert_eq!(read(Viewer::Client, 9, None).await, ("be".to_owned(), false));
    assert_eq!(read(Viewer::Client, 1, None).await, ("b".to_owned(), true));
    let after = Some(Cursor::After("b".to_owned()));
    assert_eq!(read(Viewer::Client, 1, after).await, ("e".to_owned(), false));
}

pub(crate) async fn triggers_go_one_by_one_or_with_their_app(world: World) {
    let (store, app, other) = (world.store(), world.app().await, world.app().await);
    for (app, name) in [(&app, "a"), (&app, "b"), (&other, "a")] {
        register(&world, plain(app.key, name, world.now())).await;
    }
    let record = record(&world, &app, "a");
    store.record_invocations(vec![record.clone()]).await.sure();
    assert!(store.delete_trigger(app.key, &id("a")).await.sure());
    assert!(!store.delete_trigger(app.key, &id("a")).await.sure());
    assert_eq!(store.trigger(app.key, &id("a")).await.sure(), None);
    store.delete_app(&world.org, &Reference::Key(app.key), world.now()).await.sure();
    assert_eq!(store.trigger(app.key, &id("b")).await.sure(), None);
    assert!(store.trigger(other.key, &id("a")).await.sure().is_some());
    assert_eq!(store.invocation(app.key, record.key).await.sure(), Some(record));
    let late = store.register_trigger(plain(app.key, "c", world.now())).await;
    assert!(matches!(late, Err(Error::Conflict(_))), "{late:?}");
}
