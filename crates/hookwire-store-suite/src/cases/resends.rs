//! Deliveries made again by hand.

use std::time::Duration;

use hookwire_core::{DeliveryState, Reference, Transition, TriggerType};
use hookwire_store::queue::Resend;

use crate::recorder::Recorder;
use crate::sure::Sure;
use crate::world::{World, ascending, by_uid, event_type, progress, uid};

pub(crate) async fn a_settled_delivery_starts_anew(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let message = world.send(&app).await;
    let reference = Reference::Key(endpoint.key);
    let resend = async || {
        world.store().resend(app.key, &Reference::Key(message), &reference, world.now()).await.sure()
    };
    world.succeed(&world.claim_one(&endpoint).await).await;
    assert_eq!(resend().await, Resend::Queued);
    let claim = world.claim_one(&endpoint).await;
    assert_eq!((progress(&claim), claim.delivery.resume_at), ((0, TriggerType::Manual), None));
    world.fail(&claim, Duration::ZERO).await;
    let claim = world.claim_one(&endpoint).await;
    assert_eq!(progress(&claim), (1, TriggerType::Scheduled));
    world.exhaust(&claim).await;
    assert_eq!(resend().await, Resend::Queued);
    let claim = world.claim_one(&endpoint).await;
    assert_eq!((progress(&claim), claim.delivery.fence), ((0, TriggerType::Manual), 4));
}

pub(crate) async fn one_that_waits_for_a_retry_is_tried_at_once_and_uses_up_nothing(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let recorder = Recorder::with_room(0);
    world.store().attach(recorder.clone());
    let message = world.send_with(&app, |message| message.event_id = Some(uid("e1"))).await;
    let resend = async || {
        let reference = Reference::Key(endpoint.key);
        world.store().resend(app.key, &by_uid("e1"), &reference, world.now()).await.sure()
    };
    // Not attempted yet: it is about to be sent anyway.
    assert_eq!(resend().await, Resend::Queued);
    let claim = world.claim_one(&endpoint).await;
    assert_eq!(progress(&claim), (0, TriggerType::Scheduled));
    // Under way: likewise.
    assert_eq!(resend().await, Resend::Queued);
    assert!(world.claim(&endpoint).await.is_empty());
    let planned = world.now().plus(Duration::from_hours(5));
    world.end(&claim, 500, Transition::RetryAt(planned)).await;
    recorder.heard().waiting.clear();
    assert_eq!(resend().await, Resend::Queued);
    recorder.until(|heard| heard.waiting.get(&endpoint.key).is_some_and(|due| *due < planned)).await;
    let claim = world.claim_one(&endpoint).await;
    assert_eq!((progress(&claim), claim.delivery.resume_at), ((1, TriggerType::Manual), Some(planned)));
    // Released, it is still an extra attempt.
    world.settle(World::released(&claim, world.now())).await;
    let claim = world.claim_one(&endpoint).await;
    assert_eq!((progress(&claim), claim.delivery.resume_at), ((1, TriggerType::Manual), Some(planned)));
    world.end(&claim, 500, Transition::RetryAt(planned)).await;
    assert!(world.claim(&endpoint).await.is_empty());
    world.pass(Duration::from_hours(5));
    let claim = world.claim_one(&endpoint).await;
    assert_eq!((progress(&claim), claim.delivery.resume_at), ((1, TriggerType::Scheduled), None));
    world.succeed(&claim).await;
    let owed = world.store().endpoints_of_message(app.key, message, ascending(10)).await.sure();
    assert_eq!(owed.items[0].1.state, DeliveryState::Delivered);
}

pub(crate) async fn one_that_was_never_owed_is_made(world: World) {
    let app = world.app().await;
    let message = world.send(&app).await;
    let endpoint = world.endpoint_with(&app, |new| new.event_types = Some(vec![event_type("other")])).await;
    let reference = Reference::Key(endpoint.key);
    let resend = world.store().resend(app.key, &Reference::Key(message), &reference, world.now()).await;
    assert_eq!(resend.sure(), Resend::Queued);
    let claim = world.claim_one(&endpoint).await;
    assert_eq!((progress(&claim), claim.delivery.fence), ((0, TriggerType::Manual), 1));
}

pub(crate) async fn what_can_not_be_sent_again_says_why(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint_with(&app, |new| new.uid = Some(uid("main"))).await;
    let message = world.send(&app).await;
    let elsewhere = world.app().await;
    let foreign = world.endpoint(&elsewhere).await;
    let resend = async |app, message: &str, endpoint| {
        let message = if message.is_empty() { by_uid("none") } else { Reference::parse(message) };
        world.store().resend(app, &message, &endpoint, world.now()).await.sure()
    };
    let name = message.to_string();
    assert_eq!(resend(app.key, "", by_uid("main")).await, Resend::NoMessage);
    assert_eq!(resend(elsewhere.key, &name, Reference::Key(foreign.key)).await, Resend::NoMessage);
    assert_eq!(resend(app.key, &name, by_uid("none")).await, Resend::NoEndpoint);
    assert_eq!(resend(app.key, &name, Reference::Key(foreign.key)).await, Resend::NoEndpoint);
    world.switch(&endpoint, false).await;
    assert_eq!(resend(app.key, &name, by_uid("main")).await, Resend::Disabled);
    world.store().expunge_payload(app.key, &Reference::Key(message)).await.sure();
    assert_eq!(resend(app.key, &name, by_uid("main")).await, Resend::NoPayload);
}
