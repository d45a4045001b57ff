//! One message and one endpoint: from ingest to the last attempt.

use std::time::Duration;

use hookwire_core::id::Key as _;
use hookwire_core::{AttemptStatus, DeliveryState, ErrorClass, signature};
use hookwire_store::ingest::Ingested;
use hookwire_testkit::Reply;

use crate::world::{START, World};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_message_is_delivered_as_soon_as_it_is_accepted() {
    let world = World::new().await;
    let endpoint = world.endpoint("/hook").await;
    let message = world.send().await;
    let request = world.receiver.wait_for("/hook", 1).await.remove(0);
    let signed = signature::sign([&endpoint.secrets.current], &message.public(), START, &request.body);
    assert_eq!(request.text(), r#"{"paid":true}"#);
    assert_eq!(request.header("webhook-id"), message.public());
    assert_eq!(request.header("webhook-timestamp"), START.seconds().to_string());
    assert_eq!(request.header("webhook-signature"), signed);

    let status = world.until(message, &endpoint, |one| one.state == DeliveryState::Delivered).await;
    assert_eq!((status.attempts, status.next_attempt), (1, None));
    let attempts = world.attempts(message).await;
    let seen = attempts.iter().map(|one| (one.status, one.response_code, one.response.as_str(), one.at));
    assert_eq!(seen.collect::<Vec<_>>(), [(AttemptStatus::Succeeded, 200, "ok", START)]);
}

#[tokio::test]
async fn a_failed_delivery_is_tried_again_when_its_time_has_come_and_not_before() {
    let world = World::new().await;
    let endpoint = world.endpoint("/hook").await;
    world.receiver.script("/hook", [Reply::status(500), Reply::ok()]);
    let message = world.send().await;
    let status = world.until(message, &endpoint, |one| one.attempts == 1).await;
    assert_eq!(status.next_attempt, Some(START.plus(5 * SECOND)));

    world.pass(4 * SECOND).await;
    assert_eq!(world.receiver.requests_to("/hook").len(), 1);
    world.pass(SECOND).await;
    let requests = world.receiver.wait_for("/hook", 2).await;
    assert_eq!(requests[1].header("webhook-id"), requests[0].header("webhook-id"));
    world.until(message, &endpoint, |one| one.state == DeliveryState::Delivered && one.attempts == 2).await;
    let attempts = world.attempts(message).await;
    assert_eq!(attempts.iter().map(|one| one.at).collect::<Vec<_>>(), [START, START.plus(5 * SECOND)]);
    assert_eq!(attempts[0].error, Some(ErrorClass::Http));
}

#[tokio::test]
async fn a_delivery_is_exhausted_when_its_last_attempt_fails() {
    let world = World::new().await;
    let endpoint = world.endpoint("/hook").await;
    world.receiver.script("/hook", [Reply::status(500)]);
    let message = world.send().await;
    world.until(message, &endpoint, |one| one.attempts == 1).await;
    world.pass(5 * SECOND).await;
    let status = world.until(message, &endpoint, |one| one.attempts == 2).await;
    assert_eq!(status.state, DeliveryState::Pending);
    world.pass(60 * SECOND).await;
    let status = world.until(message, &endpoint, |one| one.attempts == 3).await;
    assert_eq!((status.state, status.next_attempt), (DeliveryState::Exhausted, None));

    world.pass(Duration::from_hours(1)).await;
    assert_eq!(world.receiver.requests_to("/hook").len(), 3);
    let metrics = world.engine().metrics();
    assert_eq!((metrics.retries.get(), metrics.exhausted.get()), (2, 1));
}

#[tokio::test]
async fn gone_ends_a_delivery_at_once_and_turns_the_endpoint_off() {
    let world = World::new().await;
    let endpoint = world.endpoint("/hook").await;
    world.receiver.script("/hook", [Reply::status(410)]);
    let later = world.send_with(|message| message.deliver_at = Some(START.plus(5 * SECOND))).await;
    let message = world.send().await;
    let status = world.until(message, &endpoint, |one| one.attempts == 1).await;
    assert_eq!(status.state, DeliveryState::Exhausted);
    assert!(world.stored(&endpoint).await.disabled);

    let ingested = world.store().ingest(world.message(|_| {})).await.unwrap();
    assert!(matches!(ingested, Ingested::Accepted { deliveries: 0, .. }), "{ingested:?}");
    world.pass(5 * SECOND).await;
    assert_eq!(world.receiver.requests_to("/hook").len(), 1);
    let status = world.status(later, &endpoint).await;
    assert_eq!((status.state, status.attempts), (DeliveryState::Pending, 0));
}

#[tokio::test]
async fn a_receiver_may_ask_for_a_longer_wait() {
    let world = World::new().await;
    let endpoint = world.endpoint("/hook").await;
    world.receiver.script("/hook", [Reply::status(503).header("Retry-After", "120"), Reply::ok()]);
    let message = world.send().await;
    let status = world.until(message, &endpoint, |one| one.attempts == 1).await;
    assert_eq!(status.next_attempt, Some(START.plus(120 * SECOND)));
    world.pass(119 * SECOND).await;
    assert_eq!(world.receiver.requests_to("/hook").len(), 1);
    world.pass(SECOND).await;
    world.until(message, &endpoint, |one| one.state == DeliveryState::Delivered).await;
}
