//! Lists of what happened.

mod attempts;
mod erasing;

pub(crate) use attempts::*;
pub(crate) use erasing::*;

use std::time::Duration;

use futures::future::join_all;
use hookwire_core::id::Key;
use hookwire_core::{App, Channel, DeliveryState, MessageKey, Reference, Tag, Timestamp, Transition};
use hookwire_store::history::{DeliveryStatus, MessageFilter};
use hookwire_store::{Cursor, Order, Page};

use crate::sure::Sure;
use crate::world::{World, ascending, descending, event_type, page};

async fn found(world: &World, app: &App, filter: MessageFilter, page: Page) -> Vec<MessageKey> {
    let slice = world.store().messages(app.key, filter, page).await.sure();
    assert_eq!(slice.resume, None);
    slice.items.iter().map(|message| message.key).collect()
}

pub(crate) async fn messages_are_paged_in_both_directions(world: World) {
    let app = world.app().await;
    let other = world.app().await;
    let mut keys = Vec::new();
    for _ in 0..5 {
        keys.push(world.send(&app).await);
        world.send(&other).await;
    }
    let read = async |page| found(&world, &app, MessageFilter::default(), page).await;
    let newest: Vec<_> = keys.iter().rev().copied().collect();
    assert_eq!(read(descending(3)).await, newest[..3]);
    let after = |key: MessageKey| Some(Cursor::After(key.raw()));
    let before = |key: MessageKey| Some(Cursor::Before(key.raw()));
    assert_eq!(read(page(3, Order::Descending, after(newest[2]))).await, newest[3..]);
    assert_eq!(read(page(2, Order::Descending, before(newest[3]))).await, newest[1..3]);
    assert_eq!(read(page(9, Order::Ascending, after(keys[0]))).await, keys[1..]);
    assert_eq!(read(page(2, Order::Ascending, before(keys[1]))).await, keys[..1]);
    let slice = world.store().messages(app.key, MessageFilter::default(), descending(5)).await.sure();
    assert!(!slice.more && slice.items.iter().all(|message| message.payload.is_none()));
    let slice = world.store().messages(app.key, MessageFilter::default(), descending(4)).await.sure();
    assert!(slice.more);
}

pub(crate) async fn messages_are_found_by_every_filter(world: World) {
    let app = world.app().await;
    let mut sent: Vec<(MessageKey, Timestamp)> = Vec::new();
    for number in 0..12_u32 {
        world.pass(Duration::from_secs(1));
        let key = world
            .send_with(&app, |message| {
                message.event_type = event_type(["a", "b", "c"][number as usize % 3]);
                message.channels =
                    if number % 2 == 0 { vec![Channel::parse("even").sure()] } else { Vec::new() };
                message.tags = if number % 4 == 0 { vec![Tag::parse("fourth").sure()] } else { Vec::new() };
            })
            .await;
        sent.push((key, world.stored(&app, key).await.sure().created));
    }
    let types = |names: &[&str]| Some(names.iter().map(|name| event_type(name)).collect());
    let (channel, tag) = (Some(Channel::parse("even").sure()), Some(Tag::parse("fourth").sure()));
    let filter = MessageFilter::default;
    let cases = [
        (MessageFilter { event_types: types(&["a"]), ..filter() }, vec![0, 3, 6, 9]),
        (MessageFilter { event_types: types(&["a", "c"]), ..filter() }, vec![0, 2, 3, 5, 6, 8, 9, 11]),
        (MessageFilter { event_types: types(&["z"]), ..filter() }, vec![]),
        (MessageFilter { channel: channel.clone(), ..filter() }, vec![0, 2, 4, 6, 8, 10]),
        (MessageFilter { tag: tag.clone(), ..filter() }, vec![0, 4, 8]),
        (MessageFilter { tag, channel: channel.clone(), event_types: types(&["b"]), ..filter() }, vec![4]),
        (MessageFilter { channel, event_types: types(&["a", "b"]), ..filter() }, vec![0, 4, 6, 10]),
        (MessageFilter { after: Some(sent[8].1), ..filter() }, vec![9, 10, 11]),
        (MessageFilter { before: Some(sent[2].1), ..filter() }, vec![0, 1]),
        (
            MessageFilter {
                after: Some(sent[2].1),
                before: Some(sent[9].1),
                event_types: types(&["a"]),
                ..filter()
            },
            vec![3, 6],
        ),
    ];
    for (filter, numbers) in cases {
        let keys: Vec<_> = numbers.iter().map(|number: &usize| sent[*number].0).collect();
        assert_eq!(found(&world, &app, filter.clone(), ascending(50)).await, keys, "{filter:?}");
        let reversed: Vec<_> = keys.iter().rev().copied().collect();
        assert_eq!(found(&world, &app, filter.clone(), descending(50)).await, reversed, "{filter:?}");
        let first = &reversed[..reversed.len().min(2)];
        assert_eq!(found(&world, &app, filter.clone(), descending(2)).await, first, "{filter:?}");
        if let Some(last) = first.last() {
            let next = page(50, Order::Descending, Some(Cursor::After(last.raw())));
            assert_eq!(found(&world, &app, filter, next).await, reversed[first.len()..]);
        }
    }
}

pub(crate) async fn messages_of_an_endpoint_show_where_each_stands(world: World) {
    use DeliveryState::{Canceled, Delivered, Exhausted, Pending};
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let delivered = world.send(&app).await;
    world.succeed(&world.claim_one(&endpoint).await).await;
    let exhausted = world.send_with(&app, |message| message.event_type = event_type("rare")).await;
    world.exhaust(&world.claim_one(&endpoint).await).await;
    let canceled = world.send(&app).await;
    let claim = world.claim_one(&endpoint).await;
    let given_up = hookwire_store::queue::Settlement {
        transition: Transition::Canceled,
        ..World::released(&claim, world.now())
    };
    world.settle(given_up).await;
    let sending = world.send(&app).await;
    let retry_at = world.now().plus(Duration::from_hours(1));
    let claim = world.claim_one(&endpoint).await;
    world.end(&claim, 500, Transition::RetryAt(retry_at)).await;
    let pending = world.send(&app).await;
    let leased = world.send(&app).await;
    let claims = world.claim_with(endpoint.key, 2, usize::MAX).await.claims;
    world.settle(World::released(&claims[0], world.now())).await;

    let read = async |filter: MessageFilter, states: Option<&[DeliveryState]>, attempted, page| {
        let states = states.map(<[DeliveryState]>::to_vec);
        let slice = world
            .store()
            .messages_of_endpoint(app.key, endpoint.key, filter, states, attempted, page)
            .await
            .sure();
        slice.items
    };
    let keys = async |filter, states, attempted, page| {
        let items: Vec<(_, DeliveryStatus)> = read(filter, states, attempted, page).await;
        items.into_iter().map(|(message, _)| message.key).collect::<Vec<_>>()
    };
    let any = MessageFilter::default;
    let all = read(any(), None, None, ascending(10)).await;
    let status: Vec<_> = all.iter().map(|(_, status)| (status.state, status.attempts)).collect();
    let expected = [(Delivered, 1), (Exhausted, 1), (Canceled, 0), (Pending, 1), (Pending, 0), (Pending, 0)];
    assert_eq!(status, expected);
    assert_eq!(all[3].1.next_attempt, Some(retry_at));
    assert_eq!(all[0].1.next_attempt, None);
    let (up, down) = (ascending(10), descending(10));
    assert_eq!(keys(any(), Some(&[Delivered]), None, up).await, [delivered]);
    assert_eq!(keys(any(), Some(&[Exhausted, Canceled]), None, down).await, [canceled, exhausted]);
    assert_eq!(keys(any(), Some(&[Pending]), None, up).await, [sending, pending, leased]);
    assert_eq!(
        keys(any(), Some(&[Pending, Delivered]), None, down).await,
        [leased, pending, sending, delivered]
    );
    assert_eq!(keys(any(), None, Some(true), up).await, [sending]);
    assert_eq!(keys(any(), None, Some(false), down).await, [leased, pending]);
    let rare = MessageFilter { event_types: Some(vec![event_type("rare")]), ..any() };
    assert_eq!(keys(rare, None, None, up).await, [exhausted]);
    let next = page(2, Order::Descending, Some(Cursor::After(leased.raw())));
    assert_eq!(keys(any(), Some(&[Pending]), None, next).await, [pending, sending]);
}

pub(crate) async fn endpoints_of_a_message_include_deleted_ones(world: World) {
    let app = world.app().await;
    let mut endpoints = Vec::new();
    for _ in 0..3 {
        endpoints.push(world.endpoint(&app).await);
    }
    let message = world.send(&app).await;
    world.succeed(&world.claim_one(&endpoints[0]).await).await;
    world.store().delete_endpoint(app.key, &Reference::Key(endpoints[1].key), world.now()).await.sure();
    world.switch(&endpoints[2], false).await;
    let owed = world.store().endpoints_of_message(app.key, message, ascending(10)).await.sure();
    let found: Vec<_> = owed.items.iter().map(|(endpoint, status)| (endpoint.key, status.state)).collect();
    let expected = [
        (endpoints[0].key, DeliveryState::Delivered),
        (endpoints[1].key, DeliveryState::Canceled),
        (endpoints[2].key, DeliveryState::Pending),
    ];
    assert_eq!(found, expected);
    let last = world.store().endpoints_of_message(app.key, message, descending(1)).await.sure();
    assert_eq!((last.items[0].0.key, last.more), (endpoints[2].key, true));
    assert_eq!(last.items[0].0.url, endpoints[2].url);
}

pub(crate) async fn a_rare_filter_says_where_to_go_on(world: World) {
    let app = world.app().await;
    let rare = world.send_with(&app, |message| message.channels = vec![Channel::parse("x").sure()]).await;
    let endpoint = world.endpoint(&app).await;
    for _ in 0..12 {
        join_all((0..500).map(|_| world.send(&app))).await;
    }
    let last = world.send(&app).await;
    let read = async |cursor: Option<Cursor>| {
        let states = Some(vec![DeliveryState::Delivered]);
        let filter = MessageFilter::default();
        let page = page(10, Order::Descending, cursor);
        world.store().messages_of_endpoint(app.key, endpoint.key, filter, states, None, page).await.sure()
    };
    let mut slice = read(None).await;
    let mut pages = 1;
    while let Some(place) = slice.resume {
        assert!(slice.items.is_empty() && place < last.raw() && place > rare.raw());
        slice = read(Some(Cursor::After(place))).await;
        pages += 1;
    }
    assert!(pages > 1 && slice.items.is_empty() && !slice.more);
}
