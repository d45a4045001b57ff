//! Attempts and numbers.

use std::time::Duration;

use futures::future::join_all;
use hookwire_core::id::Key;
use hookwire_core::{Attempt, AttemptKey, AttemptStatus, Channel, Endpoint, Transition};
use hookwire_store::history::{AttemptFilter, EndpointStats, MessageFilter};
use hookwire_store::{Cursor, Order};

use crate::recorder::Recorder;
use crate::sure::Sure;
use crate::world::{World, ascending, descending, event_type, page};

pub(crate) async fn attempts_of_an_endpoint_are_found_by_every_filter(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let other = world.endpoint(&app).await;
    let mut made = Vec::new();
    for (number, code) in [200, 500, 0, 404, 201, 503].into_iter().enumerate() {
        world.pass(Duration::from_secs(1));
        world
            .send_with(&app, |message| {
                message.event_type = event_type(["a", "b"][number % 2]);
                message.channels = if number < 2 { vec![Channel::parse("early").sure()] } else { Vec::new() };
            })
            .await;
        let claim = world.claim_one(&endpoint).await;
        let transition = if code < 300 && code > 0 { Transition::Delivered } else { Transition::Exhausted };
        let settlement = world.settlement(&claim, code, transition);
        made.push(settlement.attempt.clone().sure());
        world.settle(settlement).await;
        world.succeed(&world.claim_one(&other).await).await;
    }
    let none = AttemptFilter::default;
    let of = |message| AttemptFilter { message, ..AttemptFilter::default() };
    let any = MessageFilter::default;
    let types = Some(vec![event_type("b")]);
    let cases = [
        (none(), vec![0, 1, 2, 3, 4, 5]),
        (AttemptFilter { status: Some(AttemptStatus::Succeeded), ..none() }, vec![0, 4]),
        (AttemptFilter { status: Some(AttemptStatus::Failed), ..none() }, vec![1, 2, 3, 5]),
        (AttemptFilter { code_class: Some(500), ..none() }, vec![1, 5]),
        (AttemptFilter { code_class: Some(0), ..none() }, vec![2]),
        (AttemptFilter { endpoint: Some(other.key), ..none() }, vec![]),
        (of(MessageFilter { event_types: types, ..any() }), vec![1, 3, 5]),
        (of(MessageFilter { channel: Some(Channel::parse("early").sure()), ..any() }), vec![0, 1]),
        (of(MessageFilter { after: Some(made[3].at), ..any() }), vec![4, 5]),
        (of(MessageFilter { before: Some(made[1].at), ..any() }), vec![0]),
    ];
    let read = async |filter, with_message, page| {
        world.store().attempts_of_endpoint(app.key, endpoint.key, filter, with_message, page).await.sure()
    };
    for (filter, numbers) in cases {
        let expected: Vec<_> = numbers.iter().map(|number: &usize| made[*number].clone()).collect();
        let slice = read(filter.clone(), false, ascending(50)).await;
        let found: Vec<_> = slice.items.into_iter().map(|(attempt, _)| attempt).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
    let before = page(2, Order::Descending, Some(Cursor::Before(made[2].key.raw())));
    let slice = read(none(), true, before).await;
    let found: Vec<_> = slice.items.iter().map(|(attempt, _)| attempt.key).collect();
    assert_eq!((found, slice.more), (vec![made[4].key, made[3].key], true));
    for (attempt, message) in slice.items {
        let message = message.sure();
        assert_eq!((message.key, message.payload), (attempt.message, None));
    }
    let with_payload = of(MessageFilter { with_payload: true, ..any() });
    let slice = read(with_payload, true, ascending(1)).await;
    assert!(slice.items[0].1.as_ref().sure().payload.is_some());
}

/// Settles the endpoint's next delivery with this answer, and answers the attempt.
async fn answered(world: &World, endpoint: &Endpoint, code: u16) -> Attempt {
    let transition = if code < 300 { Transition::Delivered } else { Transition::Exhausted };
    let claims = world.claim(endpoint).await;
    let settlement = world.settlement(&claims[0], code, transition);
    let attempt = settlement.attempt.clone().sure();
    world.settle(settlement).await;
    attempt
}

fn about(name: &str) -> AttemptFilter {
    let message = MessageFilter { event_types: Some(vec![event_type(name)]), ..MessageFilter::default() };
    AttemptFilter { message, ..AttemptFilter::default() }
}

pub(crate) async fn attempts_of_a_type_are_paged_in_both_directions(world: World) {
    let app = world.app().await;
    let (endpoint, other) = (world.endpoint(&app).await, world.endpoint(&app).await);
    let mut made = Vec::new();
    for code in [200, 500, 404, 201, 503, 502] {
        let name = if made.len() % 2 == 0 { "a" } else { "b" };
        world.send_with(&app, |message| message.event_type = event_type(name)).await;
        made.push(answered(&world, &endpoint, code).await.key);
        answered(&world, &other, 200).await;
    }
    let cursor = |make: fn(i64) -> Cursor, number: usize| Some(make(made[number].raw()));
    let is = |status| AttemptFilter { status: Some(status), ..about("b") };
    let types = Some(["b", "a", "b"].map(event_type).to_vec());
    let both = AttemptFilter {
        message: MessageFilter { event_types: types, ..MessageFilter::default() },
        ..about("b")
    };
    let cases = [
        (about("b"), page(2, Order::Descending, None), vec![5, 3]),
        (about("b"), page(2, Order::Descending, cursor(Cursor::After, 3)), vec![1]),
        (about("b"), page(1, Order::Descending, cursor(Cursor::Before, 1)), vec![3]),
        (about("b"), page(2, Order::Ascending, cursor(Cursor::After, 1)), vec![3, 5]),
        (about("b"), page(1, Order::Ascending, cursor(Cursor::Before, 5)), vec![3]),
        (AttemptFilter { code_class: Some(500), ..about("b") }, ascending(9), vec![1, 5]),
        (is(AttemptStatus::Failed), descending(9), vec![5, 1]),
        (is(AttemptStatus::Succeeded), ascending(9), vec![3]),
        (both, ascending(9), vec![0, 1, 2, 3, 4, 5]),
    ];
    for (filter, page, numbers) in cases {
        let expected: Vec<_> = numbers.iter().map(|number: &usize| made[*number]).collect();
        let slice =
            world.store().attempts_of_endpoint(app.key, endpoint.key, filter.clone(), false, page).await;
        let found: Vec<_> = slice.sure().items.iter().map(|(attempt, _)| attempt.key).collect();
        assert_eq!(found, expected, "{filter:?} {page:?}");
    }
}

pub(crate) async fn attempts_of_a_common_type_are_found(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let send = || world.send_with(&app, |message| message.event_type = event_type("common"));
    join_all((0..1_100).map(|_| send())).await;
    let mut made = Vec::new();
    for claim in world.claim(&endpoint).await.iter().take(3) {
        let code = if made.len() == 1 { 500 } else { 200 };
        let transition = if code == 200 { Transition::Delivered } else { Transition::Exhausted };
        let settlement = world.settlement(claim, code, transition);
        made.push(settlement.attempt.clone().sure());
        world.settle(settlement).await;
    }
    let read = async |filter| {
        let page = ascending(10);
        let slice = world.store().attempts_of_endpoint(app.key, endpoint.key, filter, false, page).await;
        slice.sure().items.into_iter().map(|(attempt, _)| attempt).collect::<Vec<_>>()
    };
    let failed = AttemptFilter { status: Some(AttemptStatus::Failed), ..about("common") };
    assert_eq!(read(about("common")).await, made);
    assert_eq!(read(failed).await, made[1..2]);
    assert_eq!(read(about("rare")).await, []);
}

pub(crate) async fn attempts_of_a_message_are_listed_by_age(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let other = world.endpoint(&app).await;
    let message = world.send(&app).await;
    let mut keys: Vec<AttemptKey> = Vec::new();
    for _ in 0..3 {
        let claim = world.claim_one(&endpoint).await;
        keys.push(world.fail(&claim, Duration::ZERO).await);
    }
    keys.push(world.succeed(&world.claim_one(&other).await).await);
    let read = async |filter, page| {
        let slice = world.store().attempts_of_message(app.key, message, filter, page).await.sure();
        slice.items.iter().map(|attempt| attempt.key).collect::<Vec<_>>()
    };
    let any = AttemptFilter::default;
    assert_eq!(read(any(), ascending(10)).await, keys);
    let last = page(2, Order::Descending, None);
    assert_eq!(read(any(), last).await, [keys[3], keys[2]]);
    let of_endpoint = AttemptFilter { endpoint: Some(endpoint.key), ..any() };
    assert_eq!(read(of_endpoint, ascending(10)).await, keys[..3]);
    let unwanted = MessageFilter { event_types: Some(vec![event_type("z")]), ..MessageFilter::default() };
    assert_eq!(read(AttemptFilter { message: unwanted, ..any() }, ascending(10)).await, []);
    let one = world.store().attempt(app.key, message, keys[1]).await.sure().sure();
    assert_eq!((one.key, one.response.as_str(), one.timings.total_us), (keys[1], "answer 500", 1_500));
}

/// A node that has just joined makes keys ahead of all that others have made, and these may deliver what it accepts.
pub(crate) async fn an_attempt_with_an_earlier_key_than_its_message_is_listed(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let message = world.send(&app).await;
    let mut settlement = world.settlement(&world.claim_one(&endpoint).await, 200, Transition::Delivered);
    let earlier = AttemptKey::from_raw(message.raw() - (2_000 << 22));
    settlement.attempt.as_mut().sure().key = earlier;
    world.settle(settlement).await;
    let all = AttemptFilter::default;
    let of_message =
        world.store().attempts_of_message(app.key, message, all(), ascending(10)).await.sure().items;
    let of_endpoint =
        world.store().attempts_of_endpoint(app.key, endpoint.key, all(), false, ascending(10)).await.sure();
    assert_eq!(of_message.iter().map(|attempt| attempt.key).collect::<Vec<_>>(), [earlier]);
    assert_eq!(of_endpoint.items.iter().map(|(attempt, _)| attempt.key).collect::<Vec<_>>(), [earlier]);
}

pub(crate) async fn the_numbers_of_an_endpoint_add_up(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let since = world.now();
    for code in [200, 200, 500] {
        world.send(&app).await;
        let claim = world.claim_one(&endpoint).await;
        let transition = if code == 200 { Transition::Delivered } else { Transition::Exhausted };
        world.end(&claim, code, transition).await;
    }
    world.pass(Duration::from_hours(3));
    let later = world.now();
    for _ in 0..4 {
        world.send(&app).await;
    }
    let claims = world.claim_with(endpoint.key, 3, usize::MAX).await.claims;
    world.fail(&claims[0], Duration::from_hours(1)).await;
    let given_up = hookwire_store::queue::Settlement {
        transition: Transition::Canceled,
        ..World::released(&claims[1], world.now())
    };
    world.settle(given_up).await;
    let recorder = Recorder::with_room(1);
    world.store().attach(recorder.clone());
    world.send(&app).await;
    recorder.until(|heard| heard.accepted.len() == 1).await;

    let read =
        async |since, until| world.store().endpoint_stats(app.key, endpoint.key, since, until).await.sure();
    let now = EndpointStats { pending: 3, sending: 1, ..EndpointStats::default() };
    let all = EndpointStats { succeeded: 2, failed: 2, canceled: 1, ..now };
    assert_eq!(read(since, world.now()).await, all);
    assert_eq!(read(later, world.now()).await, EndpointStats { failed: 1, canceled: 1, ..now });
    let hour = Duration::from_hours(1);
    assert_eq!(read(since, since.plus(hour)).await, EndpointStats { succeeded: 2, failed: 1, ..now });
    assert_eq!(world.pending().await, 4);
}
