//! An endpoint is changed, turned off or deleted, or its org takes another profile, while a delivery is under way.

use std::time::Duration;

use hookwire_core::rules::{Method, RulesChange};
use hookwire_core::{
    Clock as _, DeliveryState, Endpoint, EndpointChange, MessageKey, ProfileName, Reference,
};
use hookwire_testkit::{Gate, Reply, eventually};

use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);

/// A world with a delivery under way that will fail when the gate opens, and another that waits for its retry.
async fn under_way(template: Option<&str>) -> (World, Gate, Endpoint, [MessageKey; 2]) {
    let world = World::new().await;
    let gate = Gate::closed();
    let replies = [Reply::status(500), Reply::status(500).held_by(&gate), Reply::ok()];
    world.receiver.script("/hook", replies);
    let rules = RulesChange { body_template: Some(template.map(str::to_owned)), ..RulesChange::default() };
    let endpoint = world.endpoint_with("/hook", |new| new.rules = rules).await;
    let waits = world.send().await;
    world.until(waits, &endpoint, |one| one.attempts == 1).await;
    let under_way = world.send().await;
    world.receiver.wait_for("/hook", 2).await;
    (world, gate, endpoint, [waits, under_way])
}

async fn change(world: &World, endpoint: &Endpoint, change: EndpointChange) {
    let key = Reference::Key(endpoint.key);
    let changed = world.store().change_endpoint(world.app.key, &key, change, world.clock.now()).await;
    changed.expect("the store answers").expect("the endpoint is there");
}

#[tokio::test]
async fn what_is_under_way_is_logged_as_it_was_sent_and_what_waits_goes_by_the_new_words() {
    let (world, gate, endpoint, [waits, under_way]) = under_way(Some("old")).await;
    let rules = RulesChange {
        body_template: Some(Some("new".to_owned())),
        method: Some(Method::Put),
        ..RulesChange::default()
    };
    let url = Some(world.receiver.url("/moved"));
    change(&world, &endpoint, EndpointChange { url, rules, ..EndpointChange::default() }).await;
    gate.open();
    world.until(under_way, &endpoint, |one| one.attempts == 1).await;
    let attempt = world.attempts(under_way).await.remove(0);
    assert_eq!((attempt.url, attempt.request.as_deref()), (world.receiver.url("/hook"), Some("old")));

    world.pass(5 * SECOND).await;
    for message in [waits, under_way] {
        world.until(message, &endpoint, |one| one.state == DeliveryState::Delivered).await;
        let last = world.attempts(message).await.remove(1);
        assert_eq!((last.url, last.request.as_deref()), (world.receiver.url("/moved"), Some("new")));
    }
    let moved = world.receiver.requests_to("/moved");
    assert!(moved.iter().all(|request| request.method == "PUT" && request.text() == "new"), "{moved:?}");
}

#[tokio::test]
async fn turned_off_it_ends_what_is_under_way_and_turned_on_it_goes_on() {
    let (world, gate, endpoint, both) = under_way(None).await;
    let turn = |disabled: bool| EndpointChange { disabled: Some(disabled), ..EndpointChange::default() };
    change(&world, &endpoint, turn(true)).await;
    gate.open();
    let status = world.until(both[1], &endpoint, |one| one.attempts == 1).await;
    assert_eq!(status.state, DeliveryState::Pending);
    world.pass(60 * SECOND).await;
    assert_eq!(world.receiver.requests_to("/hook").len(), 2);

    change(&world, &endpoint, turn(false)).await;
    for message in both {
        world.until(message, &endpoint, |one| one.state == DeliveryState::Delivered).await;
    }
}

#[tokio::test]
async fn deleted_it_ends_what_is_under_way_and_nothing_follows() {
    let (world, gate, endpoint, both) = under_way(None).await;
    let key = Reference::Key(endpoint.key);
    assert!(
        world
            .store()
            .delete_endpoint(world.app.key, &key, world.clock.now())
            .await
            .expect("the store answers")
    );
    gate.open();
    for message in both {
        world.until(message, &endpoint, |one| one.state == DeliveryState::Canceled).await;
    }
    let logged = async || world.attempts(both[1]).await.len();
    eventually("the attempt to be logged", logged, |count| *count == 1).await;
    world.pass(60 * SECOND).await;
    assert_eq!(world.receiver.requests_to("/hook").len(), 2);
}

#[tokio::test]
async fn another_profile_shapes_what_is_sent_from_then_on() {
    let world = World::new().await;
    let endpoint = world.endpoint("/hook").await;
    let first = world.send().await;
    world.until(first, &endpoint, |one| one.state == DeliveryState::Delivered).await;
    let unleash = ProfileName::stored("unleash");
    world.store().choose_profile(&world.app.org, unleash, Vec::new()).await.expect("the store answers");
    world.receiver.script("/hook", [Reply::status(404)]);
    // The profile does not try again after a 404.
    let second = world.send().await;
    let status = world.until(second, &endpoint, |one| one.attempts == 1).await;
    assert_eq!(status.state, DeliveryState::Exhausted);
}
