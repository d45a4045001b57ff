//! Event types.

use hookwire_core::{EventType, EventTypeChange, Timestamp};
use hookwire_store::catalog::Created;
use hookwire_store::{Cursor, Order};

use crate::sure::Sure;
use crate::world::{World, event_type, page};

fn named(name: &str, now: Timestamp) -> EventType {
    EventType {
        name: event_type(name),
        description: format!("about {name}"),
        archived: false,
        deprecated: false,
        schemas: Some(r#"{"1":{"type":"object"}}"#.to_owned()),
        group_name: Some("billing".to_owned()),
        feature_flags: Vec::new(),
        created: now,
        updated: now,
    }
}

pub(crate) async fn an_event_type_is_made_once_and_replaces_an_archived_one(world: World) {
    let (store, org) = (world.store(), &world.org);
    let first = named("invoice.paid", world.now());
    assert_eq!(store.create_event_type(org, first.clone()).await.sure(), Created::Fresh(first.clone()));
    let second = EventType { description: "other".to_owned(), ..named("invoice.paid", world.now()) };
    assert_eq!(store.create_event_type(org, second.clone()).await.sure(), Created::Existing(first.clone()));
    let upserted = store.upsert_event_type(org, second.clone()).await.sure();
    let expected = EventType { created: first.created, ..second.clone() };
    assert_eq!(upserted, Created::Existing(expected.clone()));
    assert_eq!(store.event_type(org, "invoice.paid").await.sure(), Some(expected));
    assert!(store.delete_event_type(org, "invoice.paid", false, world.now()).await.sure());
    let third = named("invoice.paid", world.now());
    assert_eq!(store.create_event_type(org, third.clone()).await.sure(), Created::Fresh(third));
}

pub(crate) async fn an_event_type_can_be_changed_archived_and_expunged(world: World) {
    let (store, org) = (world.store(), &world.org);
    let made = named("invoice.paid", world.now());
    store.create_event_type(org, made.clone()).await.sure();
    let change = EventTypeChange {
        deprecated: Some(true),
        schemas: Some(None),
        feature_flags: Some(vec!["beta".to_owned()]),
        ..EventTypeChange::default()
    };
    let now = world.now();
    let changed = store.change_event_type(org, "invoice.paid", change, now).await.sure().sure();
    let expected = EventType {
        deprecated: true,
        schemas: None,
        feature_flags: vec!["beta".to_owned()],
        updated: now,
        ..made
    };
    assert_eq!(changed, expected);
    assert!(store.delete_event_type(org, "invoice.paid", false, world.now()).await.sure());
    assert!(store.event_type(org, "invoice.paid").await.sure().sure().archived);
    assert!(store.delete_event_type(org, "invoice.paid", true, world.now()).await.sure());
    assert_eq!(store.event_type(org, "invoice.paid").await.sure(), None);
    assert!(!store.delete_event_type(org, "invoice.paid", true, world.now()).await.sure());
    assert!(!store.delete_event_type(org, "invoice.paid", false, world.now()).await.sure());
}

pub(crate) async fn missing_event_types_are_those_absent_or_archived(world: World) {
    let (store, org) = (world.store(), &world.org);
    let names = || ["a", "b", "c"].map(event_type).to_vec();
    assert_eq!(store.missing_event_types(org, names(), None).await.sure(), names());
    store.create_event_type(org, named("a", world.now())).await.sure();
    store.create_event_type(org, EventType { archived: true, ..named("b", world.now()) }).await.sure();
    let missing = store.missing_event_types(org, names(), None).await.sure();
    assert_eq!(missing, ["b", "c"].map(event_type));
}

pub(crate) async fn event_types_behind_flags_are_missing_to_those_who_do_not_see_them(world: World) {
    let (store, org) = (world.store(), &world.org);
    store.create_event_type(org, named("a", world.now())).await.sure();
    let flags = || ["beta", "gamma"].map(str::to_owned).to_vec();
    store
        .create_event_type(org, EventType { feature_flags: flags(), ..named("b", world.now()) })
        .await
        .sure();
    let missing = async |granted: Option<&[&str]>| {
        let granted = granted.map(|flags| flags.iter().map(|flag| (*flag).to_owned()).collect());
        let missing =
            store.missing_event_types(org, ["a", "b"].map(event_type).to_vec(), granted).await.sure();
        missing.iter().map(hookwire_core::EventTypeName::as_str).collect::<String>()
    };
    assert_eq!(missing(None).await, "");
    assert_eq!(missing(Some(&[])).await, "b");
    assert_eq!(missing(Some(&["alpha"])).await, "b");
    assert_eq!(missing(Some(&["alpha", "gamma"])).await, "");
}

pub(crate) async fn event_types_are_listed_by_name_as_far_as_they_are_visible(world: World) {
    let (store, org) = (world.store(), &world.org);
    for name in ["d", "b", "e", "a", "c"] {
        let mut new = named(name, world.now());
        new.archived = name == "e";
        new.feature_flags = if name == "b" { vec!["beta".to_owned()] } else { Vec::new() };
        store.create_event_type(org, new).await.sure();
    }
    let read = async |limit, order, cursor: Option<Cursor<String>>, archived, visible: Option<&[&str]>| {
        let visible = visible.map(|flags| flags.iter().map(|flag| (*flag).to_owned()).collect());
        let slice = store.event_types(org, page(limit, order, cursor), archived, visible).await.sure();
        let names = slice.items.iter().map(|item| item.name.as_str()).collect::<String>();
        (names, slice.more)
    };
    let said = |names: &str, more| (names.to_owned(), more);
    let after = |name: &str| Some(Cursor::After(name.to_owned()));
    let before = |name: &str| Some(Cursor::Before(name.to_owned()));
    let (up, down) = (Order::Ascending, Order::Descending);
    assert_eq!(read(10, up, None, false, None).await, said("abcd", false));
    assert_eq!(read(10, up, None, true, None).await, said("abcde", false));
    assert_eq!(read(10, up, None, false, Some(&[])).await, said("acd", false));
    assert_eq!(read(10, up, None, false, Some(&["beta"])).await, said("abcd", false));
    assert_eq!(read(2, up, after("a"), false, None).await, said("bc", true));
    assert_eq!(read(2, up, before("d"), false, None).await, said("bc", true));
    assert_eq!(read(2, down, None, false, None).await, said("dc", true));
    assert_eq!(read(2, down, before("b"), false, None).await, said("dc", false));
}
