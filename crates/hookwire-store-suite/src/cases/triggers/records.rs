//! The audit records of invocations.

use std::time::Duration;

use futures::future::join_all;
use hookwire_core::id::Key;
use hookwire_core::invocation::InvocationOutcome;
use hookwire_core::{App, ErrorClass, Invocation, InvocationKey, Trigger};
use hookwire_store::triggers::{InvocationFilter, Viewer};
use hookwire_store::{Cursor, Order, Page};

use super::{id, plain};
use crate::sure::Sure;
use crate::world::{World, ascending, descending, page};

/// The record of an invocation that begins.
pub(crate) fn record(world: &World, app: &App, trigger: &str) -> Invocation {
    let at = world.now();
    let key: InvocationKey = world.mint().next(at);
    let caller = "app".to_owned();
    Invocation {
        key,
        app: app.key,
        trigger: id(trigger),
        root: key,
        caller,
        at,
        request_bytes: 7,
        outcome: None,
    }
}

fn outcome(error: Option<ErrorClass>) -> InvocationOutcome {
    InvocationOutcome {
        duration_us: 1_234,
        status: if error.is_some() { 0 } else { 204 },
        succeeded: error.is_none(),
        error,
        response_bytes: u64::from(u32::MAX) + 1,
        response: "done \u{2713}".to_owned(),
    }
}

async fn found(world: &World, app: &App, filter: InvocationFilter, page: Page) -> Vec<InvocationKey> {
    let slice = world.store().invocations(app.key, filter, page).await.sure();
    slice.items.into_iter().map(|record| record.key).collect()
}

pub(crate) async fn a_record_is_written_in_the_place_of_its_earlier_one(world: World) {
    let (store, app, other) = (world.store(), world.app().await, world.app().await);
    let records = [None, Some(outcome(None)), Some(outcome(Some(ErrorClass::Connect)))];
    for outcome in records {
        let begun = record(&world, &app, "a");
        store.record_invocations(vec![begun.clone()]).await.sure();
        assert_eq!(store.invocation(app.key, begun.key).await.sure(), Some(begun.clone()));
        let over = Invocation { outcome, request_bytes: 9, ..begun };
        let theirs = Invocation { app: other.key, caller: "theirs".to_owned(), ..over.clone() };
        store.record_invocations(vec![over.clone(), theirs]).await.sure();
        assert_eq!(store.invocation(app.key, over.key).await.sure(), Some(over.clone()));
        assert_eq!(store.invocation(other.key, over.key).await.sure(), None);
    }
    assert_eq!(found(&world, &app, InvocationFilter::default(), ascending(9)).await.len(), 3);
    store.record_invocations(Vec::new()).await.sure();
}

pub(crate) async fn records_are_found_by_every_filter_in_both_directions(world: World) {
    let (app, other) = (world.app().await, world.app().await);
    let mut records: Vec<Invocation> = Vec::new();
    for number in 0..12_usize {
        let mut record = record(&world, &app, if number.is_multiple_of(3) { "a" } else { "b" });
        if !number.is_multiple_of(4) {
            record.root = records[number - number % 4].key;
        }
        records.push(record);
    }
    let theirs = Invocation { root: records[4].key, ..record(&world, &other, "a") };
    let all = records.iter().cloned().chain([theirs.clone()]).collect();
    world.store().record_invocations(all).await.sure();
    let any = InvocationFilter::default;
    let root = Some(records[4].key);
    let cases = [
        (any(), vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        (InvocationFilter { trigger: Some(id("a")), ..any() }, vec![0, 3, 6, 9]),
        (InvocationFilter { trigger: Some(id("none")), ..any() }, vec![]),
        (InvocationFilter { viewer: Viewer::Client, ..any() }, vec![0, 4, 8]),
        (InvocationFilter { viewer: Viewer::Client, trigger: Some(id("b")), ..any() }, vec![4, 8]),
        (InvocationFilter { root, ..any() }, vec![4, 5, 6, 7]),
        (InvocationFilter { root, trigger: Some(id("a")), ..any() }, vec![6]),
        (InvocationFilter { root, viewer: Viewer::Client, ..any() }, vec![4]),
    ];
    for (filter, numbers) in cases {
        let keys: Vec<_> = numbers.iter().map(|number: &usize| records[*number].key).collect();
        let read = async |page| found(&world, &app, filter.clone(), page).await;
        assert_eq!(read(ascending(50)).await, keys, "{filter:?}");
        let reversed: Vec<_> = keys.iter().rev().copied().collect();
        assert_eq!(read(descending(50)).await, reversed, "{filter:?}");
        let Some((last, earlier)) = keys.split_last() else { continue };
        assert_eq!(read(page(50, Order::Descending, Some(Cursor::After(last.raw())))).await, reversed[1..]);
        let before = page(1, Order::Ascending, Some(Cursor::Before(last.raw())));
        assert_eq!(read(before).await, earlier.last().copied().into_iter().collect::<Vec<_>>());
    }
    assert_eq!(found(&world, &other, any(), ascending(9)).await, [theirs.key]);
}

pub(crate) async fn clients_see_no_record_of_a_hidden_trigger(world: World) {
    let (store, app) = (world.store(), world.app().await);
    let mut records = Vec::new();
    for (name, hidden) in [("open", false), ("hidden", true)] {
        let trigger = Trigger { hidden, ..plain(app.key, name, world.now()) };
        store.register_trigger(trigger).await.sure();
        records.push(record(&world, &app, name));
    }
    store.record_invocations(records.clone()).await.sure();
    let seen = async |viewer, trigger: Option<&str>| {
        let filter = InvocationFilter { viewer, trigger: trigger.map(id), root: None };
        found(&world, &app, filter, ascending(9)).await
    };
    assert_eq!(seen(Viewer::Org, None).await, [records[0].key, records[1].key]);
    assert_eq!(seen(Viewer::Client, None).await, [records[0].key]);
    assert_eq!(seen(Viewer::Client, Some("hidden")).await, []);
    let opened = plain(app.key, "hidden", world.now());
    store.register_trigger(opened).await.sure();
    assert_eq!(seen(Viewer::Client, None).await, [records[0].key, records[1].key]);
}

pub(crate) async fn a_rare_record_says_where_to_go_on(world: World) {
    let app = world.app().await;
    let rare = record(&world, &app, "rare");
    world.store().record_invocations(vec![rare.clone()]).await.sure();
    let many = |_| Invocation { root: rare.key, ..record(&world, &app, "common") };
    for _ in 0..6 {
        let records = (0..1_000).map(many).collect();
        world.store().record_invocations(records).await.sure();
    }
    let filter = InvocationFilter { root: Some(rare.key), trigger: Some(id("rare")), viewer: Viewer::Org };
    let read = async |cursor| {
        let page = page(10, Order::Descending, cursor);
        world.store().invocations(app.key, filter.clone(), page).await.sure()
    };
    let first = read(None).await;
    assert!(first.items.is_empty(), "{first:?}");
    let second = read(Some(Cursor::After(first.resume.sure()))).await;
    assert_eq!((second.items, second.resume), (vec![rare.clone()], None));
    let roots = InvocationFilter { viewer: Viewer::Client, ..InvocationFilter::default() };
    assert_eq!(found(&world, &app, roots, descending(10)).await, [rare.key]);
}

pub(crate) async fn old_records_are_forgotten_step_by_step(world: World) {
    let app = world.app().await;
    let write = async |count: usize| {
        let writes = (0..count).map(|_| {
            let record = record(&world, &app, "a");
            let store = world.store();
            async move { store.record_invocations(vec![record]).await.sure() }
        });
        join_all(writes).await;
    };
    write(1_300).await;
    world.pass(Duration::from_hours(1));
    let before = world.now();
    write(3).await;
    let forget = async |limit| world.store().forget_invocations(before, limit).await.sure();
    assert_eq!(forget(0).await, 0);
    assert_eq!(forget(200).await, 200);
    assert_eq!(forget(1_050).await, 1_050);
    assert_eq!(forget(1_050).await, 50);
    assert_eq!(forget(1_050).await, 0);
    assert_eq!(found(&world, &app, InvocationFilter::default(), ascending(9)).await.len(), 3);
}
