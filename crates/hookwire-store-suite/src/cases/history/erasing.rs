//! What may be erased.

use std::time::Duration;

use hookwire_core::{Attempt, AttemptKey, MessageKey, Reference, Transition};
use hookwire_store::history::{AttemptFilter, Erased};
use hookwire_store::queue::Settlement;

use crate::sure::Sure;
use crate::world::{World, ascending, by_uid, uid};

pub(crate) async fn payloads_and_responses_can_be_erased(world: World) {
    let (app, other) = (world.app().await, world.app().await);
    let endpoint = world.endpoint(&app).await;
    let message = world.send_with(&app, |message| message.event_id = Some(uid("e1"))).await;
    let attempt = world.succeed(&world.claim_one(&endpoint).await).await;
    let store = world.store();
    assert_eq!(store.expunge_payload(other.key, &Reference::Key(message)).await.sure(), Erased::Absent);
    assert_eq!(store.expunge_payload(app.key, &by_uid("none")).await.sure(), Erased::Absent);
    assert_eq!(store.expunge_payload(app.key, &by_uid("e1")).await.sure(), Erased::Done);
    assert_eq!(store.expunge_payload(app.key, &by_uid("e1")).await.sure(), Erased::Done);
    assert_eq!(world.stored(&app, message).await.sure().payload, None);
    assert_eq!(store.expunge_response(other.key, message, attempt).await.sure(), Erased::Absent);
    assert_eq!(store.expunge_response(app.key, message, attempt).await.sure(), Erased::Done);
    assert_eq!(store.attempt(app.key, message, attempt).await.sure().sure().response, "EXPUNGED");
}

pub(crate) async fn what_was_sent_is_logged_and_goes_with_its_payload(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let store = world.store();
    let send = async |retention, request: Option<&str>| {
        let message = world.send_with(&app, |message| message.payload_retention = retention).await;
        let claim = world.claim_one(&endpoint).await;
        let made = Attempt { request: request.map(str::to_owned), ..world.attempt(&claim, 200) };
        let key = made.key;
        let settlement = world.settlement(&claim, 200, Transition::Delivered);
        world.settle(Settlement { attempt: Some(made), ..settlement }).await;
        (message, key)
    };
    let read = async |(message, attempt): (MessageKey, AttemptKey)| {
        let found = store.attempt(app.key, message, attempt).await.sure().sure();
        (found.request, found.response)
    };
    let said = |request: Option<&str>, response: &str| (request.map(str::to_owned), response.to_owned());
    let long = Duration::from_hours(24 * 90);
    let (plain, made) = (send(long, None).await, send(long, Some("a made body")).await);
    let (expunged, short) = (send(long, Some("b")).await, send(Duration::from_hours(1), Some("c")).await);
    assert_eq!(read(plain).await, said(None, "answer 200"));
    assert_eq!(read(made).await, said(Some("a made body"), "answer 200"));
    let log =
        store.attempts_of_endpoint(app.key, endpoint.key, AttemptFilter::default(), false, ascending(9));
    let requests: Vec<_> = log.await.sure().items.into_iter().map(|(attempt, _)| attempt.request).collect();
    assert_eq!(requests, [None, Some("a made body"), Some("b"), Some("c")].map(|one| one.map(str::to_owned)));

    for (message, attempt) in [plain, made] {
        assert_eq!(store.expunge_response(app.key, message, attempt).await.sure(), Erased::Done);
    }
    assert_eq!(read(plain).await, said(None, "EXPUNGED"));
    assert_eq!(read(made).await, said(Some("EXPUNGED"), "EXPUNGED"));
    store.expunge_payload(app.key, &Reference::Key(expunged.0)).await.sure();
    assert_eq!(read(expunged).await, said(None, "answer 200"));
    world.pass(Duration::from_hours(2));
    assert_eq!(read(short).await, said(Some("c"), "answer 200"));
    assert_eq!(world.retain(|_| {}).await.payloads, 1);
    assert_eq!(read(short).await, said(None, "answer 200"));
}

pub(crate) async fn what_is_sent_while_its_payload_goes_is_not_logged(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let message = world.send(&app).await;
    let claim = world.claim_one(&endpoint).await;
    world.store().expunge_payload(app.key, &Reference::Key(message)).await.sure();
    let made = Attempt { request: Some("a made body".to_owned()), ..world.attempt(&claim, 200) };
    let key = made.key;
    let settlement = world.settlement(&claim, 200, Transition::Delivered);
    world.settle(Settlement { attempt: Some(made), ..settlement }).await;
    assert_eq!(world.store().attempt(app.key, message, key).await.sure().sure().request, None);
}
