//! Claims, fences, settlements, lanes.

use std::time::Duration;

use hookwire_core::{DeliveryState, Payload, Transition, TriggerType};
use hookwire_store::history::{AttemptFilter, DeliveryStatus};
use hookwire_store::queue::Settled;

use crate::recorder::{LEASE, Recorder};
use crate::sure::Sure;
use crate::world::{World, ascending, progress};

pub(crate) async fn due_deliveries_are_claimed_oldest_first(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let mut keys = Vec::new();
    for _ in 0..4 {
        keys.push(world.send(&app).await);
    }
    let claimed = world.claim_with(endpoint.key, 3, usize::MAX).await;
    let found: Vec<_> = claimed.claims.iter().map(|claim| claim.message.key).collect();
    assert_eq!(found, keys[..3]);
    assert_eq!(claimed.next_due, Some(world.stored(&app, keys[3]).await.sure().created));
    let rest = world.claim_with(endpoint.key, 3, usize::MAX).await;
    assert_eq!((rest.claims.len(), rest.next_due), (1, None));
}

pub(crate) async fn a_claim_stops_at_its_sum_of_bytes(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    for _ in 0..4 {
        world.send_with(&app, |message| message.payload = Payload::from_json(vec![b'1'; 100])).await;
    }
    assert_eq!(world.claim_with(endpoint.key, 10, 1).await.claims.len(), 1);
    let claimed = world.claim_with(endpoint.key, 10, 250).await;
    assert_eq!(claimed.claims.len(), 2);
    assert!(claimed.next_due.is_some());
}

pub(crate) async fn a_claim_carries_all_that_an_attempt_needs(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let key = world.send(&app).await;
    let claim = world.claim_one(&endpoint).await;
    assert_eq!(*claim.message, world.stored(&app, key).await.sure());
    assert_eq!((&*claim.endpoint, &*claim.app), (&endpoint, &app));
    assert_eq!(progress(&claim), (0, TriggerType::Scheduled));
    assert_eq!(
        (claim.delivery.message, claim.delivery.endpoint, claim.delivery.app),
        (key, endpoint.key, app.key)
    );
}

pub(crate) async fn a_stale_fence_changes_nothing(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let message = world.send(&app).await;
    let first = world.claim_one(&endpoint).await;
    world.pass(LEASE * 2);
    let second = world.claim_one(&endpoint).await;
    assert!(second.delivery.fence > first.delivery.fence);
    let stale = world.settlement(&first, 500, Transition::Exhausted);
    let good = world.settlement(&second, 200, Transition::Delivered);
    let settled = world.store().settle(vec![stale, good], world.now()).await.sure();
    assert_eq!(settled, [Settled::Stale, Settled::Done]);
    let log = world
        .store()
        .attempts_of_message(app.key, message, AttemptFilter::default(), ascending(10))
        .await
        .sure();
    assert_eq!(log.items.iter().map(|attempt| attempt.response_code).collect::<Vec<_>>(), [200]);
    assert_eq!(world.stored_endpoint(&endpoint).await.sure().failing_since, None);
    assert_eq!(world.store().write_stats().stale, 1);
}

pub(crate) async fn an_expired_lease_can_be_claimed_again_with_a_greater_fence(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    world.send(&app).await;
    let first = world.claim_one(&endpoint).await;
    assert!(world.claim(&endpoint).await.is_empty());
    world.pass(LEASE);
    let second = world.claim_one(&endpoint).await;
    assert!(second.delivery.fence > first.delivery.fence);
    assert_eq!(progress(&second), (0, TriggerType::Scheduled));
    assert!(world.claim(&endpoint).await.is_empty());
    world.succeed(&second).await;
    world.pass(LEASE * 3);
    assert!(world.claim(&endpoint).await.is_empty());
}

pub(crate) async fn an_expired_lease_from_ingest_can_be_claimed(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let recorder = Recorder::with_room(10);
    world.store().attach(recorder.clone());
    let key = world.send(&app).await;
    recorder.until(|heard| heard.accepted.len() == 1).await;
    let first = recorder.take().pop().sure();
    assert!(world.claim(&endpoint).await.is_empty());
    world.pass(LEASE * 2);
    let second = world.claim_one(&endpoint).await;
    assert_eq!(second.message.key, key);
    assert!(second.delivery.fence > first.delivery.fence);
    assert_eq!(world.settle(world.settlement(&first, 200, Transition::Delivered)).await, Settled::Stale);
    // A lease that ended is good until somebody else has the delivery.
    world.pass(LEASE * 2);
    world.succeed(&second).await;
}

pub(crate) async fn a_settlement_counts_once(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let message = world.send(&app).await;
    let claim = world.claim_one(&endpoint).await;
    world.fail(&claim, Duration::from_secs(5)).await;
    let again = world.settlement(&claim, 200, Transition::Delivered);
    assert_eq!(world.settle(again).await, Settled::Stale);
    let retry = world.claim_with(endpoint.key, 10, usize::MAX).await;
    assert!(retry.claims.is_empty() && retry.next_due.is_some());
    world.pass(Duration::from_secs(6));
    let claim = world.claim_one(&endpoint).await;
    assert_eq!(progress(&claim), (1, TriggerType::Scheduled));
    world.exhaust(&claim).await;
    assert_eq!(world.settle(world.settlement(&claim, 200, Transition::Delivered)).await, Settled::Stale);
    let owed = world.store().endpoints_of_message(app.key, message, ascending(10)).await.sure();
    let expected = DeliveryStatus { state: DeliveryState::Exhausted, attempts: 2, next_attempt: None };
    assert_eq!(owed.items[0].1, expected);
    assert_eq!(world.pending().await, 0);
}

pub(crate) async fn a_released_delivery_has_used_up_nothing(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let recorder = Recorder::with_room(0);
    world.store().attach(recorder.clone());
    world.send(&app).await;
    let claim = world.claim_one(&endpoint).await;
    recorder.heard().waiting.clear();
    let until = world.now().plus(Duration::from_mins(10));
    assert_eq!(world.settle(World::released(&claim, until)).await, Settled::Done);
    recorder.until(|heard| heard.waiting.get(&endpoint.key) == Some(&until)).await;
    assert!(world.claim(&endpoint).await.is_empty());
    world.pass(Duration::from_mins(10));
    let again = world.claim_one(&endpoint).await;
    assert_eq!(progress(&again), (0, TriggerType::Scheduled));
    assert_eq!(world.settle(World::released(&claim, until)).await, Settled::Stale);
}

pub(crate) async fn lanes_are_endpoints_with_unsettled_deliveries(world: World) {
    let app = world.app().await;
    let mut endpoints = Vec::new();
    for _ in 0..4 {
        endpoints.push(world.endpoint(&app).await);
    }
    let idle =
        world.endpoint_with(&app, |new| new.channels = Some(vec![hookwire_core::Channel::stored("x")])).await;
    world.send(&app).await;
    let key = world.send(&app).await;
    // The first is settled, of the second all is leased, the third is disabled.
    for claim in world.claim(&endpoints[0]).await {
        world.succeed(&claim).await;
    }
    let leased = world.claim(&endpoints[1]).await;
    world.switch(&endpoints[2], false).await;
    let lanes = world.store().lanes(None, 10).await.sure();
    let found: Vec<_> = lanes.iter().map(|lane| lane.endpoint).collect();
    assert_eq!(found, [endpoints[1].key, endpoints[3].key], "idle is {}", idle.key);
    assert_eq!(lanes[0].next_due, leased[0].delivery.lease_until);
    assert!(lanes[1].next_due < world.stored(&app, key).await.sure().created);
    let pages =
        [world.store().lanes(None, 1).await.sure(), world.store().lanes(Some(found[0]), 1).await.sure()];
    assert_eq!(pages.concat(), lanes);
    assert_eq!(world.store().lanes(Some(found[1]), 10).await.sure(), []);
    assert_eq!(world.pending().await, 6);
}

pub(crate) async fn a_disabled_endpoint_keeps_its_deliveries_until_it_is_enabled(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let recorder = Recorder::with_room(0);
    world.store().attach(recorder.clone());
    let key = world.send(&app).await;
    assert!(world.switch(&endpoint, false).await.disabled);
    recorder.heard().waiting.clear();
    let held = world.claim_with(endpoint.key, 10, usize::MAX).await;
    assert!(held.claims.is_empty());
    assert_eq!(held.next_due, None);
    assert_eq!(world.pending().await, 1);
    world.pass(Duration::from_hours(100));
    world.switch(&endpoint, true).await;
    recorder.until(|heard| heard.waiting.contains_key(&endpoint.key)).await;
    assert_eq!(world.claim_one(&endpoint).await.message.key, key);
    assert_eq!(recorder.heard().changed.len(), 2);
}

pub(crate) async fn a_detached_dispatcher_is_given_nothing(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let recorder = Recorder::with_room(10);
    world.store().attach(recorder.clone());
    world.store().detach();
    world.send(&app).await;
    assert!(recorder.take().is_empty());
    assert_eq!(recorder.heard().room, 10);
    assert_eq!(world.claim(&endpoint).await.len(), 1);
}
