//! First in, first out: one delivery waits for another, also through retries, a change of its endpoint, and a restart.

use std::time::Duration;

use hookwire_core::id::Key as _;
use hookwire_core::rules::{DeliveryOrder, RulesChange};
use hookwire_core::{DeliveryState, EndpointChange, MessageKey, NewEndpoint, Payload, Reference};
use hookwire_testkit::{Gate, Reply};
use rusqlite::Connection;

use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);

fn in_order(new: &mut NewEndpoint) {
    new.rules.order = Some(DeliveryOrder::Fifo);
}

async fn send_numbers(world: &World, numbers: std::ops::RangeInclusive<u32>) -> Vec<MessageKey> {
    let mut keys = Vec::new();
    for number in numbers {
        keys.push(world.send_with(|message| message.payload = Payload::from_json(number.to_string())).await);
    }
    keys
}

/// What arrived, in the order of arrival.
fn arrived(world: &World) -> Vec<String> {
    world.receiver.requests_to("/hook").iter().map(|request| request.text().to_owned()).collect()
}

#[tokio::test]
async fn messages_arrive_one_after_the_other_in_the_order_of_their_acceptance() {
    let world = World::new().await;
    world.endpoint_with("/hook", in_order).await;
    send_numbers(&world, 1..=20).await;
    world.receiver.wait_for("/hook", 20).await;
    let expected: Vec<_> = (1..=20).map(|number: u32| number.to_string()).collect();
    assert_eq!(arrived(&world), expected);
}

#[tokio::test]
async fn a_delivery_that_is_tried_again_holds_up_those_behind_it() {
    let world = World::new().await;
    let endpoint = world.endpoint_with("/hook", in_order).await;
    world.receiver.script("/hook", [Reply::status(500), Reply::status(500), Reply::ok()]);
    let first = send_numbers(&world, 1..=3).await.remove(0);
    world.until(first, &endpoint, |one| one.attempts == 1).await;
    world.pass(4 * SECOND).await;
    assert_eq!(arrived(&world), ["1"]);
    world.pass(SECOND).await;
    world.until(first, &endpoint, |one| one.attempts == 2).await;
    world.pass(60 * SECOND).await;
    world.receiver.wait_for("/hook", 5).await;
    assert_eq!(arrived(&world), ["1", "1", "1", "2", "3"]);
}

#[tokio::test]
async fn the_next_one_goes_when_the_one_before_is_given_up() {
    let world = World::new().await;
    let endpoint = world.endpoint_with("/hook", in_order).await;
    let failures = [500; 3].map(Reply::status);
    world.receiver.script("/hook", failures.into_iter().chain([Reply::ok()]));
    let first = send_numbers(&world, 1..=2).await.remove(0);
    for (attempts, wait) in [(1, 5), (2, 60)] {
        world.until(first, &endpoint, |one| one.attempts == attempts).await;
        world.pass(wait * SECOND).await;
    }
    world.receiver.wait_for("/hook", 4).await;
    assert_eq!(arrived(&world), ["1", "1", "1", "2"]);
}

#[tokio::test]
async fn an_endpoint_that_is_put_in_order_ends_what_is_under_way_and_then_goes_one_by_one() {
    let world = World::new().await;
    let gate = Gate::closed();
    world.receiver.script("/hook", [Reply::ok().held_by(&gate)]);
    let endpoint = world.endpoint("/hook").await;
    send_numbers(&world, 1..=20).await;
    world.receiver.wait_for("/hook", 16).await;
    let rules = RulesChange { order: Some(DeliveryOrder::Fifo), ..RulesChange::default() };
    let change = EndpointChange { rules, ..EndpointChange::default() };
    let now = hookwire_core::Clock::now(&world.clock);
    let key = Reference::Key(endpoint.key);
    world.store().change_endpoint(world.app.key, &key, change, now).await.expect("the store answers");
    send_numbers(&world, 21..=22).await;
    gate.open();
    let last = world.send().await;
    world.until(last, &endpoint, |one| one.state == DeliveryState::Delivered).await;
    let all = arrived(&world);
    assert_eq!(all.len(), 23);
    assert_eq!(&all[20..22], ["21", "22"]);
}

#[tokio::test]
async fn after_a_crash_the_one_that_was_under_way_goes_first() {
    let mut world = World::new().await;
    let gate = Gate::closed();
    world.receiver.script("/hook", [Reply::ok().held_by(&gate), Reply::ok()]);
    world.endpoint_with("/hook", in_order).await;
    send_numbers(&world, 1..=2).await;
    world.receiver.wait_for("/hook", 1).await;
    world.crash().await;
    world.receiver.wait_for("/hook", 3).await;
    assert_eq!(arrived(&world), ["1", "1", "2"]);
}

#[tokio::test]
async fn the_next_one_goes_when_the_one_before_was_settled_by_somebody_else() {
    let world = World::new().await;
    let gate = Gate::closed();
    world.receiver.script("/hook", [Reply::ok().held_by(&gate), Reply::ok()]);
    world.endpoint_with("/hook", in_order).await;
    let first = send_numbers(&world, 1..=1).await.remove(0);
    world.receiver.wait_for("/hook", 1).await;
    send_numbers(&world, 2..=2).await;
    // As if the first was written in a transaction whose answer never came.
    let db = Connection::open(world.file()).unwrap();
    let settled = db.execute("UPDATE delivery SET state = 1, leased = 0 WHERE message = ?1", [first.raw()]);
    assert_eq!(settled.unwrap(), 1);
    gate.open();
    world.receiver.wait_for("/hook", 2).await;
    assert_eq!(arrived(&world), ["1", "2"]);
    assert_eq!(world.engine().metrics().stale.get(), 1);
}
