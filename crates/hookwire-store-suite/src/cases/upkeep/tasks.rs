//! Background tasks.

use std::time::Duration;

use hookwire_core::id::Key;
use hookwire_core::limits::ENDED_TASK_KEPT;
use hookwire_core::task::{Task, TaskKind, TaskStatus};
use hookwire_core::{App, Endpoint, OrgId, Reference, Timestamp, TriggerType};
use hookwire_store::upkeep::{NewTask, TaskFilter};
use hookwire_store::{Cursor, Order};

use crate::recorder::Recorder;
use crate::sure::Sure;
use crate::world::{World, ascending, event_type, page, progress};

async fn start(
    world: &World,
    app: &App,
    endpoint: &Endpoint,
    kind: TaskKind,
    since: Timestamp,
    until: Timestamp,
) -> Task {
    let new = NewTask {
        org: app.org.clone(),
        app: app.key,
        endpoint: endpoint.key,
        kind,
        since,
        until,
        now: world.now(),
    };
    world.store().start_task(new).await.sure()
}

async fn finish(world: &World, task: &Task, limit: u32) -> Task {
    let mut steps = 0;
    while world.store().advance_tasks(world.now(), limit).await.sure() > 0 {
        steps += 1;
        assert!(steps < 100);
    }
    world.store().task(&task.org, task.key).await.sure().sure()
}

pub(crate) async fn a_recovery_queues_what_failed(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    world.send(&app).await;
    world.exhaust(&world.claim_one(&endpoint).await).await;
    world.pass(Duration::from_secs(1));
    let since = world.now();
    let mut failed = Vec::new();
    for number in 0..7 {
        let key = world.send(&app).await;
        let claim = world.claim_one(&endpoint).await;
        if number % 3 == 0 {
            world.succeed(&claim).await;
        } else {
            world.exhaust(&claim).await;
            failed.push(key);
        }
    }
    world.store().expunge_payload(app.key, &Reference::Key(failed.remove(0))).await.sure();
    world.pass(Duration::from_secs(1));
    let until = world.now();
    world.send(&app).await;
    world.exhaust(&world.claim_one(&endpoint).await).await;
    let recorder = Recorder::with_room(0);
    world.store().attach(recorder.clone());
    let task = start(&world, &app, &endpoint, TaskKind::Recover, since, until).await;
    assert_eq!((task.status, task.queued), (TaskStatus::Running, 0));
    let task = finish(&world, &task, 2).await;
    assert_eq!((task.status, task.queued), (TaskStatus::Finished, failed.len() as u64));
    recorder.until(|heard| heard.waiting.contains_key(&endpoint.key)).await;
    let claims = world.claim(&endpoint).await;
    assert_eq!(claims.iter().map(|claim| claim.message.key).collect::<Vec<_>>(), failed);
    assert!(claims.iter().all(|claim| progress(claim) == (0, TriggerType::Manual)));
}

pub(crate) async fn a_replay_queues_what_was_never_owed(world: World) {
    let app = world.app().await;
    let since = world.now();
    let mut missing = Vec::new();
    for number in 0..6 {
        let wanted = number % 2 == 0;
        let words = |message: &mut hookwire_store::ingest::NewMessage| {
            message.event_type = event_type(if wanted { "wanted" } else { "other" });
        };
        let key = world.send_with(&app, words).await;
        if wanted {
            missing.push(key);
        }
    }
    let endpoint = world.endpoint_with(&app, |new| new.event_types = Some(vec![event_type("wanted")])).await;
    world.send_with(&app, |message| message.event_type = event_type("wanted")).await;
    world.succeed(&world.claim_one(&endpoint).await).await;
    let task = start(&world, &app, &endpoint, TaskKind::ReplayMissing, since, world.now()).await;
    let task = finish(&world, &task, 2).await;
    assert_eq!((task.status, task.queued), (TaskStatus::Finished, 3));
    let claims = world.claim(&endpoint).await;
    assert_eq!(claims.iter().map(|claim| claim.message.key).collect::<Vec<_>>(), missing);
    // Once is enough.
    let task = start(&world, &app, &endpoint, TaskKind::ReplayMissing, since, world.now()).await;
    assert_eq!(finish(&world, &task, 100).await.queued, 0);
}

pub(crate) async fn ended_tasks_go_after_their_time_and_running_ones_stay(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let since = world.now();
    world.send(&app).await;
    let until = world.now().plus(Duration::from_secs(1));
    let begin = async || start(&world, &app, &endpoint, TaskKind::ReplayMissing, since, until).await;
    let read = async |task: &Task| world.store().task(&world.org, task.key).await.sure();
    let ended = begin().await;
    finish(&world, &ended, 10).await;
    // It has one message to look at and may look at one: it is not known to be the last.
    let running = begin().await;
    assert_eq!(world.store().advance_tasks(world.now(), 1).await.sure(), 1);
    world.pass(ENDED_TASK_KEPT.saturating_sub(Duration::from_hours(1)));
    assert_eq!(world.retain(|_| {}).await.others, 0);
    assert!(read(&ended).await.is_some());
    world.pass(Duration::from_hours(2));
    assert_eq!(world.retain(|_| {}).await.others, 1);
    assert_eq!(read(&ended).await, None);
    assert_eq!(read(&running).await.sure().status, TaskStatus::Running);
    // What counts is when a task ended, not when it was started.
    finish(&world, &running, 10).await;
    world.pass(ENDED_TASK_KEPT.saturating_sub(Duration::from_hours(1)));
    assert_eq!(world.retain(|_| {}).await.others, 0);
    world.pass(Duration::from_hours(2));
    assert_eq!(world.retain(|_| {}).await.others, 1);
    assert!(
        world.store().tasks(&world.org, TaskFilter::default(), ascending(10)).await.sure().items.is_empty()
    );
}

pub(crate) async fn tasks_belong_to_their_org(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    world.switch(&endpoint, false).await;
    let (since, until) = (world.now(), world.now());
    let first = start(&world, &app, &endpoint, TaskKind::Recover, since, until).await;
    let second = start(&world, &app, &endpoint, TaskKind::ReplayMissing, since, until).await;
    let store = world.store();
    assert_eq!(store.task(&world.org, first.key).await.sure(), Some(first.clone()));
    let listed = store.tasks(&world.org, TaskFilter::default(), ascending(10)).await.sure().items;
    assert_eq!(listed, [first.clone(), second.clone()]);
    let other = OrgId::stored("org_other");
    assert_eq!(store.task(&other, first.key).await.sure(), None);
    assert!(store.tasks(&other, TaskFilter::default(), ascending(10)).await.sure().items.is_empty());
    assert_eq!(finish(&world, &first, 10).await.status, TaskStatus::Finished);
    store.delete_endpoint(app.key, &Reference::Key(endpoint.key), world.now()).await.sure();
    let late = start(&world, &app, &endpoint, TaskKind::Recover, since, until).await;
    assert_eq!(finish(&world, &late, 10).await.status, TaskStatus::Failed);
}

pub(crate) async fn tasks_are_found_by_status_and_kind(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let mut keys = Vec::new();
    for number in 0..12 {
        let kind = if number % 4 == 0 { TaskKind::Recover } else { TaskKind::ReplayMissing };
        let task = start(&world, &app, &endpoint, kind, world.now(), world.now()).await;
        if number == 7 {
            finish(&world, &task, 100).await;
        }
        keys.push(task.key);
    }
    let read = async |status, kind, page| {
        let slice = world.store().tasks(&world.org, TaskFilter { status, kind }, page).await.sure();
        let place = |task: &Task| keys.iter().position(|key| *key == task.key).sure();
        (slice.items.iter().map(place).collect::<Vec<_>>(), slice.more)
    };
    let (done, running) = (Some(TaskStatus::Finished), Some(TaskStatus::Running));
    let recoveries = Some(TaskKind::Recover);
    assert_eq!(read(done, None, ascending(9)).await, ((0..8).collect(), false));
    assert_eq!(read(None, recoveries, ascending(9)).await, (vec![0, 4, 8], false));
    assert_eq!(read(running, recoveries, ascending(9)).await, (vec![8], false));
    assert_eq!(read(Some(TaskStatus::Failed), None, ascending(9)).await, (vec![], false));
    // A page is full whatever was left out before it.
    assert_eq!(read(None, recoveries, ascending(2)).await, (vec![0, 4], true));
    let after = Some(Cursor::After(keys[4].raw()));
    assert_eq!(read(None, recoveries, page(2, Order::Ascending, after)).await, (vec![8], false));
    let before = Some(Cursor::Before(keys[8].raw()));
    assert_eq!(read(None, recoveries, page(2, Order::Ascending, before)).await, (vec![0, 4], false));
}
