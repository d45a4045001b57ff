//! What is there after a crash.

use std::time::Duration;

use hookwire_core::id::Key;
use hookwire_core::task::{TaskKind, TaskStatus};
use hookwire_core::{AttemptKey, MessageKey, Reference};
use hookwire_store::history::AttemptFilter;
use hookwire_store::ingest::{Ingested, RequestId};
use hookwire_store::upkeep::NewTask;

use crate::cases::triggers::{id, plain, record};
use crate::recorder::Recorder;
use crate::sure::Sure;
use crate::world::{START, World, ascending};

pub(crate) async fn everything_committed_is_there_after_a_crash(mut world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let request = RequestId { key: [1; 16], body: [2; 16] };
    let first = world.send_with(&app, |message| message.request = Some(request)).await;
    let claim = world.claim_one(&endpoint).await;
    let attempt = world.fail(&claim, Duration::from_hours(1)).await;
    let (message, endpoint) =
        (world.stored(&app, first).await.sure(), world.stored_endpoint(&endpoint).await.sure());
    world.crash().await;
    assert_eq!(world.stored(&app, first).await.sure(), message);
    assert_eq!(world.stored_endpoint(&endpoint).await.sure(), endpoint);
    let store = world.store();
    let log =
        store.attempts_of_endpoint(app.key, endpoint.key, AttemptFilter::default(), false, ascending(9));
    assert_eq!(log.await.sure().items[0].0.key, attempt);
    let mut again = world.message(&app);
    again.request = Some(request);
    assert!(matches!(world.ingest(again).await, Ingested::Repeated(_)));
    assert_eq!(world.pending().await, 1);
    assert!(world.claim(&endpoint).await.is_empty());
    world.pass(Duration::from_hours(1));
    let claim = world.claim_one(&endpoint).await;
    assert_eq!((claim.message.key, claim.delivery.attempts, claim.delivery.fence), (first, 1, 2));
}

pub(crate) async fn leases_of_an_earlier_run_are_void(mut world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let claimed = world.send(&app).await;
    let first = world.claim_one(&endpoint).await;
    let recorder = Recorder::with_room(1);
    world.store().attach(recorder.clone());
    let leased = world.send(&app).await;
    recorder.until(|heard| heard.accepted.len() == 1).await;
    let second = recorder.take().pop().sure();
    drop(recorder);
    for _ in 0..2 {
        world.crash().await;
    }
    let recorder = Recorder::with_room(0);
    world.store().attach(recorder.clone());
    recorder.until(|heard| heard.waiting.contains_key(&endpoint.key)).await;
    // Both are found, one after the other, long before their leases would have ended.
    let mut found = Vec::new();
    while found.len() < 2 {
        found.extend(world.claim(&endpoint).await);
        tokio::task::yield_now().await;
    }
    found.sort_by_key(|claim| claim.message.key);
    let keys: Vec<_> = found.iter().map(|claim| claim.message.key).collect();
    assert_eq!(keys, [claimed, leased]);
    assert!(
        found[0].delivery.fence > first.delivery.fence && found[1].delivery.fence > second.delivery.fence
    );
}

pub(crate) async fn keys_go_on_above_those_that_are_stored(mut world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let message = world.send(&app).await;
    let attempt = world.succeed(&world.claim_one(&endpoint).await).await;
    world.crash().await;
    // Even when the clock was set back by years.
    let past = START.minus(Duration::from_hours(24 * 1_000));
    assert!(world.mint().next::<MessageKey>(past).raw() > message.raw());
    assert!(world.mint().next::<AttemptKey>(past).raw() > attempt.raw());
    assert!(world.mint().next::<MessageKey>(past).raw() > endpoint.key.raw().max(app.key.raw()));
}

pub(crate) async fn keys_of_what_was_removed_are_not_made_again(mut world: World) {
    let past = START.minus(Duration::from_hours(24 * 1_000));
    let app = world.app().await;
    let message = world.send(&app).await;
    world.pass(Duration::from_hours(48));
    assert_eq!(world.retain(|step| step.messages = Duration::from_hours(24)).await.messages, 1);
    world.crash().await;
    assert!(world.mint().next::<MessageKey>(past).raw() > message.raw());

    let endpoint = world.endpoint(&app).await;
    world.store().delete_endpoint(app.key, &Reference::Key(endpoint.key), world.now()).await.sure();
    while world.retain(|_| {}).await.total() > 0 {}
    world.crash().await;
    assert!(world.mint().next::<MessageKey>(past).raw() > endpoint.key.raw());

    let (older, newer) = (world.app().await, world.app().await);
    for app in [&newer, &older] {
        world.store().delete_app(&world.org, &Reference::Key(app.key), world.now()).await.sure();
    }
    world.crash().await;
    assert!(world.mint().next::<MessageKey>(past).raw() > newer.key.raw());
}

pub(crate) async fn a_running_task_goes_on(mut world: World) {
    let app = world.app().await;
    let since = world.now();
    for _ in 0..5 {
        world.send(&app).await;
    }
    let endpoint = world.endpoint(&app).await;
    let new = NewTask {
        org: world.org.clone(),
        app: app.key,
        endpoint: endpoint.key,
        kind: TaskKind::ReplayMissing,
        since,
        until: world.now(),
        now: world.now(),
    };
    let task = world.store().start_task(new).await.sure();
    assert_eq!(world.store().advance_tasks(world.now(), 2).await.sure(), 1);
    world.crash().await;
    while world.store().advance_tasks(world.now(), 2).await.sure() > 0 {}
    let task = world.store().task(&world.org, task.key).await.sure().sure();
    assert_eq!((task.status, task.queued), (TaskStatus::Finished, 5));
    assert_eq!(world.claim(&endpoint).await.len(), 5);
    let reference = Reference::Key(endpoint.key);
    assert!(world.store().endpoint(app.key, &reference).await.sure().is_some());
}

pub(crate) async fn triggers_and_their_records_are_there_after_a_crash(mut world: World) {
    let app = world.app().await;
    let trigger = plain(app.key, "a", world.now());
    world.store().register_trigger(trigger.clone()).await.sure();
    let record = record(&world, &app, "a");
    world.store().record_invocations(vec![record.clone()]).await.sure();
    world.crash().await;
    assert_eq!(world.store().trigger(app.key, &id("a")).await.sure(), Some(trigger));
    assert_eq!(world.store().invocation(app.key, record.key).await.sure(), Some(record.clone()));
    let next: MessageKey = world.mint().next(START);
    assert!(next.raw() > record.key.raw());
}
