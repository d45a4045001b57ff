//! Many deliveries: throttles, receivers that hang, and the bound of what is held in memory.

use std::time::Duration;

use hookwire_core::{Clock as _, DeliveryState, Payload};
use hookwire_testkit::{Gate, Reply, eventually};

use crate::world::{START, World};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_throttled_endpoint_gets_its_rate_and_no_more() {
    let world = World::new().await;
    let endpoint = world.endpoint_with("/slow", |new| new.throttle_rate = Some(1)).await;
    let mut messages = Vec::new();
    for _ in 0..3 {
        messages.push(world.send().await);
    }
    for count in 1..=3 {
        world.receiver.wait_for("/slow", count).await;
        world.pass(SECOND / 2).await;
        assert_eq!(world.receiver.requests_to("/slow").len(), count);
        world.clock.advance(SECOND / 2);
    }
    let mut times = Vec::new();
    for message in messages {
        world.until(message, &endpoint, |one| one.state == DeliveryState::Delivered).await;
        times.extend(world.attempts(message).await.iter().map(|one| one.at));
    }
    assert_eq!(times, [START, START.plus(SECOND), START.plus(2 * SECOND)]);
}

#[tokio::test]
async fn a_receiver_that_hangs_does_not_hold_up_another() {
    const MESSAGES: usize = 40;
    let world = World::new().await;
    let gate = Gate::closed();
    world.receiver.script("/hangs", [Reply::ok().held_by(&gate)]);
    world.endpoint("/hangs").await;
    world.endpoint("/flows").await;
    for _ in 0..MESSAGES {
        world.send().await;
    }
    world.receiver.wait_for("/flows", MESSAGES).await;
    let hanging = world.receiver.requests_to("/hangs").len();
    assert!(
        (1..=16).contains(&hanging),
        "{hanging} attempts under way to a receiver of which nothing is known"
    );
    gate.open();
    world.receiver.wait_for("/hangs", MESSAGES).await;
}

#[tokio::test]
async fn what_is_claimed_from_the_store_at_once_stays_within_the_bound_of_memory() {
    const KIB: usize = 1_024;
    let world = World::with(|words| words.settings.held_bytes_max = 64 * KIB).await;
    let gate = Gate::closed();
    let due = world.clock.now().plus(5 * SECOND);
    for number in 0..40 {
        let path = format!("/{number}");
        world.receiver.script(&path, [Reply::ok().held_by(&gate)]);
        world.endpoint(&path).await;
    }
    for _ in 0..5 {
        let payload = Payload::from_json(vec![b'1'; KIB]);
        world.send_with(|message| (message.payload, message.deliver_at) = (payload, Some(due))).await;
    }
    world.clock.advance(5 * SECOND);
    world.receiver.wait_until("64 requests under way", |all| all.len() >= 64).await;
    assert_eq!(world.engine().metrics().held.get(), 64);
    gate.open();
    let all = world.receiver.wait_until("all to arrive", |all| all.len() >= 200).await;
    assert_eq!(all.len(), 200);
    let held = async || world.engine().metrics().held.get();
    eventually("memory to be free", held, |held| *held == 0).await;
}
