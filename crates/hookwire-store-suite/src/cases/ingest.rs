//! Messages in.

use std::time::Duration;

use bytes::Bytes;
use hookwire_core::message::RawBody;
use hookwire_core::{Channel, EndpointChange, NewApp, OrgId, Payload, Reference, Tag};
use hookwire_store::Error;
use hookwire_store::ingest::{Begun, Ingested, RequestId, SavedAnswer};

use crate::recorder::{LEASE, Recorder};
use crate::sure::Sure;
use crate::world::{World, by_uid, event_type, no_app, uid};

fn channel(name: &str) -> Channel {
    Channel::parse(name).sure()
}

pub(crate) async fn a_message_goes_to_the_endpoints_that_want_it(world: World) {
    let app = world.app().await;
    let all = world.endpoint(&app).await;
    let other_type = world.endpoint_with(&app, |new| new.event_types = Some(vec![event_type("other")])).await;
    let in_channel = world.endpoint_with(&app, |new| new.channels = Some(vec![channel("eu")])).await;
    let disabled = world.endpoint_with(&app, |new| new.disabled = true).await;
    let mut message = world.message(&app);
    message.channels = vec![channel("us"), channel("eu")];
    message.tags = vec![Tag::parse("t1").sure()];
    message.event_id = Some(uid("event-1"));
    let sent = message.clone();
    assert_eq!(world.ingest(message).await, Ingested::Accepted { app: app.key, deliveries: 2 });
    for (endpoint, count) in [(&all, 1), (&other_type, 0), (&in_channel, 1), (&disabled, 0)] {
        assert_eq!(world.claim(endpoint).await.len(), count);
    }
    let stored = world.stored(&app, sent.key).await.sure();
    assert_eq!((stored.channels, stored.tags), (sent.channels, sent.tags));
    assert_eq!((stored.event_type, stored.event_id), (sent.event_type, sent.event_id));
    assert_eq!((stored.payload, stored.created), (Some(sent.payload), sent.now));
    let by_event_id = world.store().message(app.key, &by_uid("event-1"), false).await.sure().sure();
    assert_eq!((by_event_id.key, by_event_id.payload), (sent.key, None));
    // A changed endpoint counts from now on.
    let change = EndpointChange { event_types: Some(None), ..EndpointChange::default() };
    world.store().change_endpoint(app.key, &Reference::Key(other_type.key), change, world.now()).await.sure();
    let next = world.message(&app);
    assert_eq!(world.ingest(next).await, Ingested::Accepted { app: app.key, deliveries: 2 });
}

pub(crate) async fn a_message_needs_an_app_of_its_org_or_makes_it(world: World) {
    let app = world.app().await;
    let mut message = world.message(&app);
    message.app = by_uid("fresh");
    assert_eq!(world.ingest(message.clone()).await, Ingested::NoApp);
    let mut foreign = world.message(&app);
    foreign.org = OrgId::stored("org_other");
    assert_eq!(world.ingest(foreign.clone()).await, Ingested::NoApp);
    world.app_of(&foreign.org, NewApp::default()).await;
    assert_eq!(world.ingest(foreign).await, Ingested::NoApp);
    let mut absent = world.message(&app);
    absent.app = Reference::Key(no_app());
    assert_eq!(world.ingest(absent).await, Ingested::NoApp);

    message.create_app =
        Some(NewApp { name: "Fresh".to_owned(), uid: Some(uid("fresh")), ..NewApp::default() });
    let ingested = world.ingest(message.clone()).await;
    let made = world.store().app(&world.org, &by_uid("fresh")).await.sure().sure();
    assert_eq!(ingested, Ingested::Accepted { app: made.key, deliveries: 0 });
    message.key = world.mint().next(world.now());
    assert_eq!(world.ingest(message).await, Ingested::Accepted { app: made.key, deliveries: 0 });
}

pub(crate) async fn an_event_id_is_taken_once(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let first = world.send_with(&app, |message| message.event_id = Some(uid("e1"))).await;
    let mut again = world.message(&app);
    again.event_id = Some(uid("e1"));
    assert_eq!(world.ingest(again.clone()).await, Ingested::EventIdTaken(first));
    assert_eq!(world.claim(&endpoint).await.len(), 1);
    let elsewhere = world.app().await;
    world.send_with(&elsewhere, |message| message.event_id = Some(uid("e1"))).await;
    // The same key twice is a fault of the caller's, and harms nobody.
    let mut twice = world.message(&app);
    twice.key = first;
    assert!(matches!(world.store().ingest(twice).await, Err(Error::Internal(_))));
    world.send(&app).await;
}

pub(crate) async fn a_repeated_request_answers_the_first_message(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let request = RequestId { key: [1; 16], body: [2; 16] };
    let first = world.send_with(&app, |message| message.request = Some(request)).await;
    let mut again = world.message(&app);
    again.request = Some(request);
    let Ingested::Repeated(message) = world.ingest(again.clone()).await else { panic!("not repeated") };
    assert_eq!(*message, world.stored(&app, first).await.sure());
    again.request = Some(RequestId { body: [3; 16], ..request });
    assert_eq!(world.ingest(again.clone()).await, Ingested::OtherBody);
    assert_eq!(world.claim(&endpoint).await.len(), 1);
    world.pass(Duration::from_hours(11));
    (again.now, again.request) = (world.now(), Some(request));
    assert!(matches!(world.ingest(again.clone()).await, Ingested::Repeated(_)));
    world.pass(Duration::from_hours(2));
    again.now = world.now();
    assert!(matches!(world.ingest(again).await, Ingested::Accepted { .. }));
}

pub(crate) async fn a_message_can_be_for_one_endpoint_only(world: World) {
    let app = world.app().await;
    let one = world.endpoint_with(&app, |new| new.event_types = Some(vec![event_type("other")])).await;
    let other = world.endpoint(&app).await;
    let disabled = world.endpoint_with(&app, |new| new.disabled = true).await;
    world.send_with(&app, |message| message.only_to = Some(one.key)).await;
    assert_eq!((world.claim(&one).await.len(), world.claim(&other).await.len()), (1, 0));
    let mut held = world.message(&app);
    held.only_to = Some(disabled.key);
    assert_eq!(world.ingest(held).await, Ingested::Accepted { app: app.key, deliveries: 0 });
    let elsewhere = world.app().await;
    let mut lost = world.message(&elsewhere);
    lost.only_to = Some(one.key);
    assert_eq!(world.ingest(lost).await, Ingested::NoEndpoint);
}

pub(crate) async fn deliveries_are_leased_on_ingest_while_there_is_room(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let recorder = Recorder::with_room(1);
    world.store().attach(recorder.clone());
    let first = world.message(&app);
    let (key, now) = (first.key, first.now);
    world.ingest(first).await;
    recorder.until(|heard| heard.accepted.len() == 1).await;
    let claim = recorder.take().pop().sure();
    assert_eq!((claim.message.key, claim.delivery.fence, claim.delivery.attempts), (key, 1, 0));
    assert_eq!(claim.delivery.lease_until, now.plus(LEASE));
    assert_eq!(*claim.message, world.stored(&app, key).await.sure());
    assert_eq!((&*claim.endpoint, &*claim.app), (&endpoint, &app));
    assert!(world.claim(&endpoint).await.is_empty());

    let second = world.send(&app).await;
    recorder.until(|heard| heard.waiting.contains_key(&endpoint.key)).await;
    assert!(recorder.take().is_empty());
    assert_eq!(recorder.heard().reserved, 0);
    assert_eq!(world.claim_one(&endpoint).await.message.key, second);
    world.succeed(&claim).await;
    assert_eq!(world.pending().await, 1);
}

pub(crate) async fn a_scheduled_message_waits_for_its_time(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let recorder = Recorder::with_room(10);
    world.store().attach(recorder.clone());
    let at = world.now().plus(Duration::from_hours(1));
    let key = world.send_with(&app, |message| message.deliver_at = Some(at)).await;
    recorder.until(|heard| heard.waiting.get(&endpoint.key) == Some(&at)).await;
    assert!(recorder.take().is_empty());
    assert_eq!(world.stored(&app, key).await.sure().deliver_at, Some(at));
    let claimed = world.claim_with(endpoint.key, 10, usize::MAX).await;
    assert!(claimed.claims.is_empty());
    assert_eq!(claimed.next_due, Some(at));
    world.pass(Duration::from_hours(1));
    assert_eq!(world.claim_one(&endpoint).await.message.key, key);
}

pub(crate) async fn a_raw_body_is_kept_byte_for_byte(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    for content_type in [Some("text/csv".to_owned()), None] {
        let raw = RawBody { bytes: Bytes::from_static(b"a;b\r\n\0\xff"), content_type };
        let payload = Payload { json: Bytes::from_static(br#"{ "spaced" : 1.0e2 }"#), raw: Some(raw) };
        let key = world.send_with(&app, |message| message.payload = payload.clone()).await;
        assert_eq!(world.stored(&app, key).await.sure().payload, Some(payload.clone()));
        assert_eq!(world.claim_one(&endpoint).await.message.payload, Some(payload));
    }
}

pub(crate) async fn requests_are_remembered_with_their_answers(world: World) {
    let store = world.store();
    let request = RequestId { key: [1; 16], body: [2; 16] };
    let other = RequestId { body: [3; 16], ..request };
    let begin = async |request| store.begin_request(request, world.now()).await.sure();
    assert_eq!(begin(request).await, Begun::Fresh);
    assert_eq!(begin(request).await, Begun::Running);
    assert_eq!(begin(other).await, Begun::OtherBody);
    world.pass(Duration::from_mins(2));
    assert_eq!(begin(request).await, Begun::Fresh);
    store.finish_request(request, None, world.now()).await.sure();
    assert_eq!(begin(request).await, Begun::Fresh);
    let answer = SavedAnswer { status: 201, body: b"{}".to_vec() };
    store.finish_request(request, Some(answer.clone()), world.now()).await.sure();
    assert_eq!(begin(request).await, Begun::Answered(answer));
    assert_eq!(begin(other).await, Begun::OtherBody);
    world.pass(Duration::from_hours(12));
    assert_eq!(begin(other).await, Begun::Fresh);
}
