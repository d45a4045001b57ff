//! First in, first out.

use std::time::Duration;

use hookwire_core::rules::{DeliveryOrder, RulesChange};
use hookwire_core::{
    App, Endpoint, EndpointChange, MessageKey, Reference, Timestamp, Transition, TriggerType,
};
use hookwire_store::queue::{Resend, Settled};

use crate::recorder::{LEASE, Recorder};
use crate::sure::Sure;
use crate::world::{World, progress};

const MINUTE: Duration = Duration::from_mins(1);

async fn fifo(world: &World, app: &App) -> Endpoint {
    world.endpoint_with(app, |new| new.rules.order = Some(DeliveryOrder::Fifo)).await
}

async fn send(world: &World, app: &App, count: usize) -> Vec<MessageKey> {
    let mut keys = Vec::new();
    for _ in 0..count {
        keys.push(world.send(app).await);
    }
    keys
}

/// Nothing can be claimed; answers when something can.
async fn none_until(world: &World, endpoint: &Endpoint) -> Option<Timestamp> {
    let claimed = world.claim_with(endpoint.key, 1_000, usize::MAX).await;
    assert!(claimed.claims.is_empty(), "{:?}", claimed.claims);
    claimed.next_due
}

async fn order(world: &World, endpoint: &Endpoint, order: DeliveryOrder) {
    let rules = RulesChange { order: Some(order), ..RulesChange::default() };
    let change = EndpointChange { rules, ..EndpointChange::default() };
    let reference = Reference::Key(endpoint.key);
    world.store().change_endpoint(endpoint.app, &reference, change, world.now()).await.sure().sure();
}

/// Claims what comes next, which must be this, and settles it.
async fn deliver(world: &World, endpoint: &Endpoint, expected: &[MessageKey]) {
    for key in expected {
        let claim = world.claim_one(endpoint).await;
        assert_eq!(claim.message.key, *key);
        world.succeed(&claim).await;
    }
    assert_eq!(none_until(world, endpoint).await, None);
}

pub(crate) async fn the_first_goes_again_and_again_before_the_second_goes(world: World) {
    let app = world.app().await;
    let endpoint = fifo(&world, &app).await;
    let keys = send(&world, &app, 3).await;
    let first = world.claim_one(&endpoint).await;
    assert_eq!(first.message.key, keys[0]);
    // Under way: its settlement will tell when to come again.
    assert_eq!(none_until(&world, &endpoint).await, None);
    let planned = world.now().plus(MINUTE);
    world.end(&first, 500, Transition::RetryAt(planned)).await;
    assert_eq!(none_until(&world, &endpoint).await, Some(planned));
    world.pass(MINUTE);
    let again = world.claim_one(&endpoint).await;
    assert_eq!((again.message.key, progress(&again)), (keys[0], (1, TriggerType::Scheduled)));
    // Put back it keeps its place, and so it does when nobody settles it.
    world.settle(World::released(&again, world.now())).await;
    assert_eq!(world.claim_one(&endpoint).await.message.key, keys[0]);
    world.pass(LEASE);
    let last = world.claim_one(&endpoint).await;
    assert_eq!(last.message.key, keys[0]);
    assert_eq!(world.settle(world.settlement(&again, 200, Transition::Delivered)).await, Settled::Stale);
    assert_eq!(none_until(&world, &endpoint).await, None);
    world.exhaust(&last).await;
    // One that is given up without an attempt makes room, too.
    let second = world.claim_one(&endpoint).await;
    assert_eq!(second.message.key, keys[1]);
    let given_up = World::released(&second, world.now());
    world.settle(hookwire_store::queue::Settlement { transition: Transition::Canceled, ..given_up }).await;
    deliver(&world, &endpoint, &keys[2..]).await;
}

pub(crate) async fn nothing_is_leased_on_ingest_and_settlements_tell_of_the_next(world: World) {
    let app = world.app().await;
    let endpoint = fifo(&world, &app).await;
    let free = world.endpoint(&app).await;
    let recorder = Recorder::with_room(10);
    world.store().attach(recorder.clone());
    let waits = || recorder.heard().waiting.remove(&endpoint.key);
    let keys = send(&world, &app, 2).await;
    recorder.until(|heard| heard.accepted.len() == 2).await;
    assert!(recorder.take().iter().all(|claim| claim.endpoint.key == free.key));
    let created = world.stored(&app, keys[0]).await.sure().created;
    assert_eq!(waits(), Some(created));
    let first = world.claim_one(&endpoint).await;
    // While one is under way, the others need no word; while it waits, they wait for its time.
    send(&world, &app, 1).await;
    assert_eq!(waits(), None);
    let planned = world.now().plus(MINUTE);
    world.end(&first, 500, Transition::RetryAt(planned)).await;
    assert_eq!(waits(), Some(planned));
    send(&world, &app, 1).await;
    assert_eq!(waits(), Some(planned));
    world.pass(MINUTE);
    let lanes = world.store().lanes(None, 1).await.sure();
    assert_eq!((lanes[0].endpoint, lanes[0].next_due), (endpoint.key, planned));
    let first = world.claim_one(&endpoint).await;
    let lanes = world.store().lanes(None, 1).await.sure();
    assert_eq!((lanes[0].endpoint, lanes[0].next_due), (endpoint.key, first.delivery.lease_until));
    recorder.heard().waiting.clear();
    world.succeed(&first).await;
    let second = world.stored(&app, keys[1]).await.sure();
    recorder.until(|heard| heard.waiting.get(&endpoint.key) == Some(&second.created)).await;
    assert_eq!(world.claim_one(&endpoint).await.message.key, second.key);
}

pub(crate) async fn scheduled_messages_stand_in_line_when_their_time_comes(world: World) {
    let app = world.app().await;
    let endpoint = fifo(&world, &app).await;
    let at = world.now().plus(MINUTE);
    let scheduled = world.send_with(&app, |message| message.deliver_at = Some(at)).await;
    assert_eq!(none_until(&world, &endpoint).await, Some(at));
    let early = send(&world, &app, 2).await;
    let claim = world.claim_one(&endpoint).await;
    assert_eq!(claim.message.key, early[0]);
    world.pass(MINUTE);
    let late = world.send(&app).await;
    world.succeed(&claim).await;
    deliver(&world, &endpoint, &[early[1], scheduled, late]).await;
}

pub(crate) async fn the_first_keeps_its_place_in_a_crash(mut world: World) {
    let app = world.app().await;
    let endpoint = fifo(&world, &app).await;
    let keys = send(&world, &app, 3).await;
    let first = world.claim_one(&endpoint).await;
    world.crash().await;
    // Its lease is void at once.
    let again = world.claim_one(&endpoint).await;
    assert_eq!(again.message.key, keys[0]);
    assert!(again.delivery.fence > first.delivery.fence);
    let planned = world.now().plus(MINUTE);
    world.end(&again, 500, Transition::RetryAt(planned)).await;
    world.crash().await;
    let recorder = Recorder::with_room(0);
    world.store().attach(recorder.clone());
    assert_eq!(none_until(&world, &endpoint).await, Some(planned));
    assert_eq!(world.store().lanes(None, 1).await.sure()[0].next_due, planned);
    world.pass(MINUTE);
    deliver(&world, &endpoint, &keys).await;
}

pub(crate) async fn an_order_can_be_given_to_a_backlog_and_taken_again(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let recorder = Recorder::with_room(1);
    world.store().attach(recorder.clone());
    let keys = send(&world, &app, 5).await;
    recorder.until(|heard| heard.accepted.len() == 1).await;
    let mut under_way = recorder.take();
    under_way.extend(world.claim_with(endpoint.key, 2, usize::MAX).await.claims);
    order(&world, &endpoint, DeliveryOrder::Fifo).await;
    // What is under way is waited for, all of it; what comes back stands in line by its time.
    for claim in &under_way {
        assert_eq!(none_until(&world, &endpoint).await, None);
        recorder.heard().waiting.clear();
        if claim.message.key == keys[1] {
            world.fail(claim, MINUTE).await;
        } else {
            world.succeed(claim).await;
        }
    }
    recorder.until(|heard| heard.waiting.contains_key(&endpoint.key)).await;
    let third = world.claim_one(&endpoint).await;
    assert_eq!(third.message.key, keys[3]);
    let planned = world.now().plus(MINUTE);
    world.end(&third, 500, Transition::RetryAt(planned)).await;
    assert_eq!(none_until(&world, &endpoint).await, Some(planned));
    recorder.heard().waiting.clear();
    order(&world, &endpoint, DeliveryOrder::None).await;
    recorder.until(|heard| heard.waiting.get(&endpoint.key).is_some_and(|due| *due < planned)).await;
    assert_eq!(world.claim_one(&endpoint).await.message.key, keys[4]);
    order(&world, &endpoint, DeliveryOrder::Fifo).await;
    world.pass(MINUTE * 2);
    // The lease of the last one has ended: it comes first, because it was due first.
    deliver(&world, &endpoint, &[keys[4], keys[1], keys[3]]).await;
}

pub(crate) async fn what_is_sent_again_stands_in_line(world: World) {
    let app = world.app().await;
    let endpoint = fifo(&world, &app).await;
    let keys = send(&world, &app, 3).await;
    let resend = async |message| {
        let references = (Reference::Key(message), Reference::Key(endpoint.key));
        let resent = world.store().resend(app.key, &references.0, &references.1, world.now()).await.sure();
        assert_eq!(resent, Resend::Queued);
    };
    world.succeed(&world.claim_one(&endpoint).await).await;
    let second = world.claim_one(&endpoint).await;
    resend(keys[0]).await;
    assert_eq!(none_until(&world, &endpoint).await, None);
    world.fail(&second, MINUTE).await;
    assert!(none_until(&world, &endpoint).await.is_some());
    // The one that everybody waits for is tried at once.
    resend(keys[1]).await;
    let second = world.claim_one(&endpoint).await;
    assert_eq!((second.message.key, progress(&second)), (keys[1], (1, TriggerType::Manual)));
    world.succeed(&second).await;
    deliver(&world, &endpoint, &[keys[2], keys[0]]).await;
}

pub(crate) async fn a_first_one_that_is_gone_holds_up_nobody(world: World) {
    let app = world.app().await;
    let endpoint = fifo(&world, &app).await;
    let recorder = Recorder::with_room(0);
    world.store().attach(recorder.clone());
    let day = Duration::from_hours(24);
    let gone = world.send(&app).await;
    let old = world.claim_one(&endpoint).await;
    world.end(&old, 500, Transition::RetryAt(world.now().plus(day * 30))).await;
    world.store().expunge_payload(app.key, &Reference::Key(gone)).await.sure();
    world.pass(day * 2);
    let next = world.send(&app).await;
    recorder.heard().waiting.clear();
    assert_eq!(world.retain(|step| step.messages = day).await.messages, 1);
    recorder.until(|heard| heard.waiting.contains_key(&endpoint.key)).await;
    let claim = world.claim_one(&endpoint).await;
    assert_eq!(claim.message.key, next);

    // One that is turned off and on again has not lost it; a deleted one has.
    let planned = world.now().plus(MINUTE);
    world.end(&claim, 500, Transition::RetryAt(planned)).await;
    send(&world, &app, 1).await;
    world.switch(&endpoint, false).await;
    assert_eq!(none_until(&world, &endpoint).await, None);
    recorder.heard().waiting.clear();
    world.switch(&endpoint, true).await;
    recorder.until(|heard| heard.waiting.get(&endpoint.key) == Some(&planned)).await;
    assert!(world.store().delete_endpoint(app.key, &Reference::Key(endpoint.key), world.now()).await.sure());
    assert_eq!(none_until(&world, &endpoint).await, None);
    assert_eq!(world.pending().await, 0);
}
