//! Retention, and the store's own state.

mod logs;
mod tasks;

pub(crate) use logs::*;
pub(crate) use tasks::*;

use std::time::Duration;

use futures::future::join_all;
use hookwire_core::limits::{PAYLOAD_GRACE, STATS_SPAN_MAX};
use hookwire_core::{Channel, DeliveryState, Reference, Tag};
use hookwire_store::history::{AttemptFilter, MessageFilter};
use hookwire_store::ingest::{Begun, RequestId};
use hookwire_store::upkeep::Removed;
use hookwire_store::{Error, Order};

use crate::sure::Sure;
use crate::world::{RETENTION, World, ascending, page};

const DAY: Duration = Duration::from_hours(24);

pub(crate) async fn payloads_go_when_their_time_is_up(world: World) {
    let app = world.app().await;
    let short = world.send_with(&app, |message| message.payload_retention = DAY).await;
    let mut usual = Vec::new();
    for _ in 0..5 {
        usual.push(world.send(&app).await);
    }
    world.pass(DAY * 2);
    let later = world.send(&app).await;
    assert_eq!(world.retain(|_| {}).await, Removed { payloads: 1, ..Removed::default() });
    assert_eq!(world.stored(&app, short).await.sure().payload, None);
    assert!(world.stored(&app, usual[0]).await.sure().payload.is_some());
    world.pass(RETENTION.saturating_sub(DAY));
    assert_eq!(world.retain(|step| step.limit = 3).await.payloads, 3);
    assert_eq!(world.retain(|step| step.limit = 3).await.payloads, 2);
    assert_eq!(world.retain(|_| {}).await.total(), 0);
    for key in usual {
        assert_eq!(world.stored(&app, key).await.sure().payload, None);
    }
    assert!(world.stored(&app, later).await.sure().payload.is_some());
}

pub(crate) async fn a_scheduled_message_keeps_its_payload_from_its_time_on(world: World) {
    let app = world.app().await;
    let at = world.now().plus(DAY * 30);
    let scheduled = world.send_with(&app, |message| message.deliver_at = Some(at)).await;
    let usual = world.send(&app).await;
    assert_eq!(world.stored(&app, scheduled).await.sure().payload_expires, at.plus(RETENTION));
    world.pass(RETENTION + DAY);
    assert_eq!(world.retain(|_| {}).await.payloads, 1);
    assert_eq!(world.stored(&app, usual).await.sure().payload, None);
    assert!(world.stored(&app, scheduled).await.sure().payload.is_some());
    world.pass(DAY * 30);
    assert_eq!(world.retain(|_| {}).await.payloads, 1);
}

pub(crate) async fn payloads_go_in_time_when_the_usual_span_was_changed(mut world: World) {
    let app = world.app().await;
    let before = world.send(&app).await;
    world.reopen_with_retention(DAY).await;
    let short = world.send_with(&app, |message| message.payload_retention = DAY).await;
    world.reopen_with_retention(RETENTION).await;
    let long = world.send(&app).await;
    world.pass(DAY * 2);
    assert_eq!(world.retain(|_| {}).await.payloads, 1);
    assert_eq!(world.stored(&app, short).await.sure().payload, None);
    assert!(world.stored(&app, before).await.sure().payload.is_some());
    world.pass(RETENTION);
    assert_eq!(world.retain(|_| {}).await.payloads, 2);
    assert_eq!(world.stored(&app, long).await.sure().payload, None);
}

pub(crate) async fn a_payload_stays_while_a_delivery_of_it_is_tried(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let short = world.send_with(&app, |message| message.payload_retention = DAY).await;
    let claim = world.claim_one(&endpoint).await;
    world.fail(&claim, DAY).await;
    let usual = world.send(&app).await;
    let claim = world.claim_one(&endpoint).await;
    world.fail(&claim, RETENTION * 2).await;
    for (pass, left) in [(DAY * 2, 1), (RETENTION, 2)] {
        world.pass(pass);
        let kept = world.retain(|step| step.messages = DAY * 365).await;
        assert_eq!((kept.payloads, kept.kept_payloads), (0, left));
        assert_eq!(world.retain(|step| step.messages = DAY * 365).await.total(), 0);
    }
    let claim = world.claim_one(&endpoint).await;
    assert_eq!(claim.message.key, short);
    assert!(claim.message.payload.is_some());
    world.succeed(&claim).await;
    world.pass(PAYLOAD_GRACE);
    let went = world.retain(|step| step.messages = DAY * 365).await;
    assert_eq!((went.payloads, went.kept_payloads), (1, 1));
    assert_eq!(world.stored(&app, short).await.sure().payload, None);
    // However short messages are kept.
    world.retain(|step| step.messages = DAY).await;
    assert!(world.stored(&app, usual).await.sure().payload.is_some());
}

pub(crate) async fn what_waits_for_an_endpoint_that_is_off_outlives_its_payload_as_a_name(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let key = world.send_with(&app, |message| message.payload_retention = DAY).await;
    world.switch(&endpoint, false).await;
    world.pass(DAY * 2);
    assert_eq!(world.retain(|step| step.messages = DAY * 3).await.payloads, 1);
    world.switch(&endpoint, true).await;
    let claim = world.claim_one(&endpoint).await;
    assert_eq!((claim.message.key, &claim.message.payload), (key, &None));
}

pub(crate) async fn old_attempts_go_and_later_ones_stay(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let message = world.send(&app).await;
    let claim = world.claim_one(&endpoint).await;
    world.fail(&claim, Duration::ZERO).await;
    world.pass(DAY * 2);
    let claim = world.claim_one(&endpoint).await;
    let later = world.fail(&claim, Duration::ZERO).await;
    for _ in 0..3 {
        assert!(world.retain(|step| step.attempts = DAY).await.attempts < 2);
    }
    let left =
        world.store().attempts_of_message(app.key, message, AttemptFilter::default(), ascending(9)).await;
    assert_eq!(left.sure().items.iter().map(|attempt| attempt.key).collect::<Vec<_>>(), [later]);
    world.pass(DAY * 2);
    assert_eq!(world.retain(|step| step.attempts = DAY).await.attempts, 1);
}

pub(crate) async fn old_messages_go_with_all_that_belongs_to_them(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let (channel, tag) = (Channel::parse("c").sure(), Tag::parse("t").sure());
    let words = |message: &mut hookwire_store::ingest::NewMessage| {
        message.channels = vec![Channel::stored("c")];
        message.tags = vec![Tag::stored("t")];
    };
    let done = world.send_with(&app, words).await;
    world.succeed(&world.claim_one(&endpoint).await).await;
    let pending = world.send_with(&app, words).await;
    world.pass(DAY * 2);
    let fresh = world.send_with(&app, words).await;
    let step = |step: &mut hookwire_store::upkeep::RetentionStep| step.messages = DAY;
    assert_eq!(world.retain(step).await, Removed { messages: 1, ..Removed::default() });
    assert_eq!(world.stored(&app, done).await, None);
    for filter in [
        MessageFilter { channel: Some(channel), ..MessageFilter::default() },
        MessageFilter { tag: Some(tag), ..MessageFilter::default() },
    ] {
        let left = world.store().messages(app.key, filter, ascending(9)).await.sure();
        assert_eq!(left.items.iter().map(|message| message.key).collect::<Vec<_>>(), [pending, fresh]);
    }
    let store = world.store();
    let log =
        store.attempts_of_endpoint(app.key, endpoint.key, AttemptFilter::default(), false, ascending(9));
    assert!(log.await.sure().items.is_empty());
    // With its payload the last reason to keep a message goes.
    world.switch(&endpoint, false).await;
    world.pass(RETENTION);
    world.retain(|step| step.messages = RETENTION).await;
    assert_eq!(world.stored(&app, pending).await, None);
}

pub(crate) async fn forgotten_requests_are_new_again(world: World) {
    let request = RequestId { key: [1; 16], body: [2; 16] };
    let begin = async |now| world.store().begin_request(request, now).await.sure();
    assert_eq!(begin(world.now()).await, Begun::Fresh);
    let app = world.app().await;
    let of_message = RequestId { key: [2; 16], body: [2; 16] };
    world.send_with(&app, |message| message.request = Some(of_message)).await;
    assert_eq!(world.retain(|_| {}).await.others, 0);
    world.pass(Duration::from_hours(13));
    assert_eq!(world.retain(|_| {}).await.others, 2);
    assert_eq!(world.retain(|_| {}).await.others, 0);
}

pub(crate) async fn deliveries_of_a_deleted_endpoint_are_cancelled_step_by_step(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    for _ in 0..4 {
        join_all((0..500).map(|_| world.send(&app))).await;
    }
    let leased = world.claim_with(endpoint.key, 2, usize::MAX).await.claims;
    world.store().delete_endpoint(app.key, &Reference::Key(endpoint.key), world.now()).await.sure();
    let owed = async |states: Option<Vec<DeliveryState>>| {
        let filter = MessageFilter::default();
        let page = page(250, Order::Descending, None);
        world.store().messages_of_endpoint(app.key, endpoint.key, filter, states, None, page).await.sure()
    };
    // However far the work is, nothing is shown as pending.
    assert!(owed(Some(vec![DeliveryState::Pending])).await.items.is_empty());
    assert_eq!(owed(Some(vec![DeliveryState::Canceled])).await.items.len(), 250);
    assert!(world.claim(&endpoint).await.is_empty());
    assert_eq!(world.store().lanes(None, 10).await.sure(), []);
    while world.retain(|step| step.limit = 400).await.total() > 0 {}
    assert_eq!(world.pending().await, 2);
    // What was under way ends as it ends; nothing is tried again.
    world.fail(&leased[0], Duration::ZERO).await;
    world.succeed(&leased[1]).await;
    assert_eq!(world.pending().await, 0);
    let stats =
        world.store().endpoint_stats(app.key, endpoint.key, crate::world::START, world.now()).await.sure();
    assert_eq!((stats.succeeded, stats.failed, stats.canceled), (1, 1, 1_999));
}

pub(crate) async fn numbers_go_when_they_are_older_than_the_attempts_and_than_any_span(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let deliver = async || {
        world.send(&app).await;
        world.succeed(&world.claim_one(&endpoint).await).await;
    };
    let counted = async || {
        let (since, until) = (crate::world::START, world.now());
        world.store().endpoint_stats(app.key, endpoint.key, since, until).await.sure().succeeded
    };
    deliver().await;
    world.pass(STATS_SPAN_MAX.saturating_sub(DAY));
    deliver().await;
    // As long as a span of numbers may reach there, though the attempts are gone.
    assert_eq!(world.retain(|step| step.attempts = DAY).await.others, 0);
    assert_eq!(counted().await, 2);
    world.pass(DAY * 2);
    // As long as the attempts are there, though no span from now reaches there.
    assert_eq!(world.retain(|step| step.attempts = DAY * 90).await.others, 0);
    assert_eq!(counted().await, 2);
    world.pass(Duration::from_hours(2));
    assert_eq!(world.retain(|step| step.attempts = DAY).await.others, 1);
    assert_eq!(counted().await, 1);
}

pub(crate) async fn a_closed_store_is_unavailable(world: World) {
    let app = world.app().await;
    let store = world.store();
    store.ping().await.sure();
    store.close().await;
    let message = world.message(&app);
    assert!(matches!(store.ingest(message).await, Err(Error::Unavailable(_))));
    assert!(matches!(store.app(&world.org, &Reference::Key(app.key)).await, Err(Error::Unavailable(_))));
    assert!(matches!(store.ping().await, Err(Error::Unavailable(_))));
    store.close().await;
}

pub(crate) async fn the_writer_counts_what_it_does(world: World) {
    let app = world.app().await;
    let before = world.store().write_stats();
    join_all((0..100).map(|_| world.send(&app))).await;
    let after = world.store().write_stats();
    assert_eq!(after.operations - before.operations, 100);
    let commits = after.commits - before.commits;
    assert!((1..=100).contains(&commits), "{commits}");
    assert!(after.busy_us > before.busy_us);
}
