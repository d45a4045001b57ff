//! Crashes, stops and starts: nothing is lost, and what was settled is not made again.

use std::time::Duration;

use hookwire_core::DeliveryState;
use hookwire_core::id::Key as _;
use hookwire_engine::Drained;
use hookwire_testkit::{Gate, Reply};

use crate::world::{LEASE, World};

#[tokio::test]
async fn what_was_under_way_in_a_crash_is_made_again_and_what_was_settled_is_not() {
    let mut world = World::new().await;
    let gate = Gate::closed();
    let settled = world.endpoint("/settled").await;
    let caught = world.endpoint("/caught").await;
    world.receiver.script("/caught", [Reply::ok().held_by(&gate), Reply::ok()]);
    let message = world.send().await;
    world.receiver.wait_for("/caught", 1).await;
    world.until(message, &settled, |one| one.state == DeliveryState::Delivered).await;

    world.crash().await;
    let requests = world.receiver.wait_for("/caught", 2).await;
    assert_eq!(requests[1].header("webhook-id"), message.public());
    let status = world.until(message, &caught, |one| one.state == DeliveryState::Delivered).await;
    assert_eq!(status.attempts, 1);
    assert_eq!(world.receiver.requests_to("/settled").len(), 1);
}

#[tokio::test]
async fn a_drain_finishes_what_is_under_way_and_starts_nothing_more() {
    let mut world = World::new().await;
    let gate = Gate::closed();
    let endpoint = world.endpoint("/hook").await;
    world.receiver.script("/hook", [Reply::ok().held_by(&gate)]);
    let under_way = world.send().await;
    world.receiver.wait_for("/hook", 1).await;
    let (drained, waiting) = tokio::join!(biased; world.engine().drain(), async {
        // The drain has begun when it comes to this.
        let waiting = world.send().await;
        gate.open();
        waiting
    });
    assert_eq!(drained, Drained { cut_off: 0 });
    assert_eq!(world.status(under_way, &endpoint).await.state, DeliveryState::Delivered);
    let status = world.status(waiting, &endpoint).await;
    assert_eq!((status.state, status.attempts), (DeliveryState::Pending, 0));
    assert_eq!(world.receiver.requests_to("/hook").len(), 1);

    world.start_engine_again();
    world.until(waiting, &endpoint, |one| one.state == DeliveryState::Delivered).await;
    assert_eq!(world.receiver.requests_to("/hook").len(), 2);
}

#[tokio::test]
async fn an_attempt_that_a_drain_cuts_off_is_made_again_when_its_lease_ends() {
    let mut world = World::with(|words| words.settings.drain_limit = Duration::ZERO).await;
    let gate = Gate::closed();
    let endpoint = world.endpoint("/hook").await;
    world.receiver.script("/hook", [Reply::ok().held_by(&gate), Reply::ok()]);
    let message = world.send().await;
    world.receiver.wait_for("/hook", 1).await;
    assert_eq!(world.engine().drain().await, Drained { cut_off: 1 });

    world.start_engine_again();
    world.pass(LEASE * 14 / 15).await;
    assert_eq!(world.receiver.requests_to("/hook").len(), 1);
    world.pass(LEASE / 15).await;
    world.until(message, &endpoint, |one| one.state == DeliveryState::Delivered).await;
    assert_eq!(world.receiver.requests_to("/hook").len(), 2);
}
