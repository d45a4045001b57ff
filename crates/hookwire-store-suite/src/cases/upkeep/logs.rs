//! Log limits.

use std::time::Duration;

use hookwire_core::rules::RulesChange;
use hookwire_core::task::TaskKind;
use hookwire_core::{
    App, DeliveryState, Endpoint, EndpointChange, MessageKey, ProfileName, Reference, Transition,
};
use hookwire_store::history::{AttemptFilter, MessageFilter};
use hookwire_store::queue::Resend;
use hookwire_store::upkeep::{NewTask, TrimStep};

use crate::sure::Sure;
use crate::world::{START, World, ascending};

fn rules(limit: Option<u32>) -> RulesChange {
    RulesChange { log_limit: Some(limit), ..RulesChange::default() }
}

async fn limited(world: &World, app: &App, limit: u32) -> Endpoint {
    world.endpoint_with(app, |new| new.rules = rules(Some(limit))).await
}

async fn set_limit(world: &World, endpoint: &Endpoint, limit: Option<u32>) {
    let change = EndpointChange { rules: rules(limit), ..EndpointChange::default() };
    let reference = Reference::Key(endpoint.key);
    world.store().change_endpoint(endpoint.app, &reference, change, world.now()).await.sure().sure();
}

/// Trims by those limits of profiles; answers how many deliveries were removed.
async fn trim_by(world: &World, profiles: &[(&str, u32)], limit: u32) -> u64 {
    let profiles = profiles.iter().map(|(name, limit)| (ProfileName::stored(name), *limit)).collect();
    world.store().trim_logs(TrimStep { profiles, limit }).await.sure()
}

async fn trim(world: &World) -> u64 {
    trim_by(world, &[], 1_000).await
}

/// Sends so many messages that are delivered at once to the endpoint.
async fn deliver(world: &World, app: &App, endpoint: &Endpoint, count: usize) -> Vec<MessageKey> {
    let mut keys = Vec::new();
    for _ in 0..count {
        keys.push(world.send(app).await);
        world.succeed(&world.claim_one(endpoint).await).await;
    }
    keys
}

/// The messages in the endpoint's list.
async fn listed(world: &World, endpoint: &Endpoint) -> Vec<MessageKey> {
    let filter = MessageFilter::default();
    let store = world.store();
    let list = store.messages_of_endpoint(endpoint.app, endpoint.key, filter, None, None, ascending(250));
    list.await.sure().items.into_iter().map(|(message, _)| message.key).collect()
}

/// The messages of the endpoint's attempts.
async fn attempted(world: &World, endpoint: &Endpoint) -> Vec<MessageKey> {
    let filter = AttemptFilter::default();
    let store = world.store();
    let list = store.attempts_of_endpoint(endpoint.app, endpoint.key, filter, false, ascending(250));
    list.await.sure().items.into_iter().map(|(attempt, _)| attempt.message).collect()
}

pub(crate) async fn only_the_latest_logs_of_a_limited_endpoint_are_kept(world: World) {
    let app = world.app().await;
    let endpoint = limited(&world, &app, 3).await;
    let free = world.endpoint(&app).await;
    let messages = deliver(&world, &app, &endpoint, 8).await;
    for claim in world.claim(&free).await {
        world.succeed(&claim).await;
    }
    let stats = async || {
        let store = world.store();
        store.endpoint_stats(app.key, endpoint.key, START, world.now()).await.sure()
    };
    let before = stats().await;
    assert_eq!(before.succeeded, 8);
    assert_eq!(trim(&world).await, 5);
    assert_eq!(listed(&world, &endpoint).await, messages[5..]);
    assert_eq!(attempted(&world, &endpoint).await, messages[5..]);
    // Nothing else goes: messages, statistics, and what belongs to other endpoints.
    assert_eq!(stats().await, before);
    assert_eq!(listed(&world, &free).await, messages);
    assert_eq!(attempted(&world, &free).await, messages);
    assert!(world.stored(&app, messages[0]).await.sure().payload.is_some());
    let owed = world.store().endpoints_of_message(app.key, messages[0], ascending(9)).await.sure();
    assert_eq!(owed.items.iter().map(|(endpoint, _)| endpoint.key).collect::<Vec<_>>(), [free.key]);
    let log = AttemptFilter::default();
    let log = world.store().attempts_of_message(app.key, messages[0], log, ascending(9)).await.sure();
    assert_eq!(log.items.iter().map(|attempt| attempt.endpoint).collect::<Vec<_>>(), [free.key]);
    let more = deliver_also(&world, &app, &endpoint, &free).await;
    assert_eq!(trim(&world).await, 1);
    assert_eq!(listed(&world, &endpoint).await, [&messages[6..], &[more]].concat());
}

async fn deliver_also(world: &World, app: &App, endpoint: &Endpoint, free: &Endpoint) -> MessageKey {
    let message = world.send(app).await;
    world.succeed(&world.claim_one(endpoint).await).await;
    world.succeed(&world.claim_one(free).await).await;
    message
}

pub(crate) async fn looking_again_at_trimmed_logs_writes_nothing(world: World) {
    let app = world.app().await;
    let endpoint = limited(&world, &app, 1).await;
    deliver(&world, &app, &endpoint, 3).await;
    assert_eq!(trim(&world).await, 2);
    let before = world.store().write_stats();
    assert_eq!(trim(&world).await, 0);
    assert_eq!(world.store().write_stats().operations, before.operations);
}

pub(crate) async fn pending_deliveries_are_kept_until_they_are_settled(world: World) {
    let app = world.app().await;
    let endpoint = limited(&world, &app, 2).await;
    let mut messages = Vec::new();
    for _ in 0..6 {
        messages.push(world.send(&app).await);
    }
    let claims = world.claim_with(endpoint.key, 3, usize::MAX).await.claims;
    assert_eq!(trim(&world).await, 0);
    world.exhaust(&claims[1]).await;
    world.fail(&claims[2], Duration::from_hours(1)).await;
    assert_eq!(trim(&world).await, 1);
    let left = [&messages[..1], &messages[2..]].concat();
    assert_eq!((world.pending().await, listed(&world, &endpoint).await), (5, left));
    // One is still leased; whatever comes of it counts.
    world.end(&claims[0], 500, Transition::Exhausted).await;
    assert_eq!(trim(&world).await, 1);
    for claim in world.claim(&endpoint).await {
        world.succeed(&claim).await;
    }
    assert_eq!(trim(&world).await, 1);
    world.pass(Duration::from_hours(2));
    world.succeed(&world.claim_one(&endpoint).await).await;
    assert_eq!(trim(&world).await, 1);
    assert_eq!(listed(&world, &endpoint).await, messages[4..]);
    assert_eq!(attempted(&world, &endpoint).await, messages[4..]);
}

pub(crate) async fn an_endpoints_own_log_limit_goes_before_its_profiles(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let limits = [("other", 1), ("small", 4)];
    let messages = deliver(&world, &app, &endpoint, 9).await;
    assert_eq!(trim_by(&world, &limits, 100).await, 0);
    world.store().choose_profile(&world.org, ProfileName::stored("small"), Vec::new()).await.sure();
    assert_eq!(trim_by(&world, &limits, 100).await, 5);
    set_limit(&world, &endpoint, Some(3)).await;
    assert_eq!(trim_by(&world, &limits, 100).await, 1);
    assert_eq!(listed(&world, &endpoint).await, messages[6..]);
    set_limit(&world, &endpoint, Some(20)).await;
    let more = deliver(&world, &app, &endpoint, 3).await;
    assert_eq!(trim_by(&world, &limits, 100).await, 0);
    set_limit(&world, &endpoint, None).await;
    assert_eq!(trim_by(&world, &limits, 100).await, 2);
    assert_eq!(listed(&world, &endpoint).await, [&messages[8..], &more].concat());
    deliver(&world, &app, &endpoint, 1).await;
    assert_eq!(trim_by(&world, &limits, 100).await, 1);
    // The operator gave the profile another limit, then none.
    assert_eq!(trim_by(&world, &[("small", 3)], 100).await, 1);
    deliver(&world, &app, &endpoint, 3).await;
    assert_eq!(trim_by(&world, &[], 100).await, 0);
    assert_eq!(listed(&world, &endpoint).await.len(), 6);
}

pub(crate) async fn logs_are_trimmed_in_steps(world: World) {
    let app = world.app().await;
    let mut endpoints = Vec::new();
    for _ in 0..3 {
        endpoints.push(limited(&world, &app, 1).await);
    }
    // The look at all endpoints is over: from here on it is about what is touched.
    assert_eq!(trim(&world).await, 0);
    for _ in 0..121 {
        world.send(&app).await;
    }
    for endpoint in &endpoints {
        for claim in world.claim(endpoint).await {
            world.succeed(&claim).await;
        }
    }
    let mut steps = Vec::new();
    while steps.last().is_none_or(|removed| *removed == 110) {
        steps.push(trim_by(&world, &[], 110).await);
    }
    assert_eq!(steps, [110, 110, 110, 30]);
    for endpoint in &endpoints {
        assert_eq!(listed(&world, endpoint).await.len(), 1);
        assert_eq!(attempted(&world, endpoint).await.len(), 1);
    }
}

pub(crate) async fn logs_are_trimmed_after_a_crash(mut world: World) {
    let app = world.app().await;
    let (endpoint, last) = (limited(&world, &app, 2).await, limited(&world, &app, 2).await);
    let messages = deliver(&world, &app, &endpoint, 5).await;
    world.crash().await;
    assert_eq!(trim(&world).await, 3);
    assert_eq!(listed(&world, &endpoint).await, messages[3..]);
    for claim in world.claim(&last).await {
        world.succeed(&claim).await;
    }
    assert_eq!(trim(&world).await, 3);
    world.store().delete_endpoint(app.key, &Reference::Key(last.key), world.now()).await.sure();
    assert_eq!(trim(&world).await, 0);
    // The log of a deleted endpoint stays readable.
    assert_eq!(attempted(&world, &last).await, messages[3..]);
}

pub(crate) async fn a_replay_sends_nothing_again_that_was_trimmed(world: World) {
    let app = world.app().await;
    let endpoint = limited(&world, &app, 1).await;
    let messages = deliver(&world, &app, &endpoint, 4).await;
    assert_eq!(trim(&world).await, 3);
    let now = world.now();
    let replay = NewTask {
        org: world.org.clone(),
        app: app.key,
        endpoint: endpoint.key,
        kind: TaskKind::ReplayMissing,
        since: START,
        until: now,
        now,
    };
    world.store().start_task(replay).await.sure();
    while world.store().advance_tasks(world.now(), 100).await.sure() > 0 {}
    assert_eq!(world.pending().await, 0);
    // Who asks for one by its id gets it, and its log goes again.
    let (message, to) = (Reference::Key(messages[0]), Reference::Key(endpoint.key));
    let resent = world.store().resend(app.key, &message, &to, world.now()).await.sure();
    assert_eq!(resent, Resend::Queued);
    world.succeed(&world.claim_one(&endpoint).await).await;
    let status = world.store().endpoints_of_message(app.key, messages[0], ascending(9)).await.sure();
    assert_eq!(status.items[0].1.state, DeliveryState::Delivered);
    assert_eq!(trim(&world).await, 1);
    assert_eq!(attempted(&world, &endpoint).await, messages[3..]);
}
