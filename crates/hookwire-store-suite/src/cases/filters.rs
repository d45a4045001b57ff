//! Payload filters.

use std::sync::Arc;

use bytes::Bytes;
use hookwire_core::message::RawBody;
use hookwire_core::rules::RulesChange;
use hookwire_core::task::TaskKind;
use hookwire_core::{App, Channel, Endpoint, EndpointChange, Filter, MessageKey, Payload, Reference};
use hookwire_store::ingest::{Ingested, NewMessage};
use hookwire_store::upkeep::NewTask;

use super::rules::filter;
use crate::sure::Sure;
use crate::world::{World, ascending, event_type};

async fn filtered(world: &World, app: &App, source: &str) -> Endpoint {
    world.endpoint_with(app, |new| new.rules.filter = Some(Some(filter(source)))).await
}

async fn refilter(world: &World, endpoint: &Endpoint, filter: Option<Arc<Filter>>) {
    let rules = RulesChange { filter: Some(filter), ..RulesChange::default() };
    let change = EndpointChange { rules, ..EndpointChange::default() };
    let reference = Reference::Key(endpoint.key);
    world.store().change_endpoint(endpoint.app, &reference, change, world.now()).await.sure().sure();
}

/// Sends this payload; answers the endpoints that it is owed to.
async fn owed(world: &World, app: &App, payload: &str, words: impl FnOnce(&mut NewMessage)) -> Vec<Endpoint> {
    let mut message = world.message(app);
    message.payload = Payload::from_json(payload.to_owned());
    words(&mut message);
    let key = message.key;
    let ingested = world.ingest(message).await;
    let owed = to(world, app, key).await;
    assert_eq!(ingested, Ingested::Accepted { app: app.key, deliveries: owed.len() as u32 });
    owed
}

async fn to(world: &World, app: &App, message: MessageKey) -> Vec<Endpoint> {
    let owed = world.store().endpoints_of_message(app.key, message, ascending(250)).await.sure();
    owed.items.into_iter().map(|(endpoint, _)| endpoint).collect()
}

pub(crate) async fn filters_choose_together_with_types_and_channels(world: World) {
    let app = world.app().await;
    let eu = || vec![Channel::parse("eu").sure()];
    let dear = filtered(&world, &app, r#"{"price":{"$gte":100}}"#).await;
    let dear_paid = world
        .endpoint_with(&app, |new| {
            new.event_types = Some(vec![event_type("invoice.paid")]);
            new.rules.filter = Some(Some(filter(r#"{"price":{"$gte":100}}"#)));
        })
        .await;
    let in_channel = world
        .endpoint_with(&app, |new| {
            new.channels = Some(eu());
            new.rules.filter = Some(Some(filter(r#"{"kind":["a","b"]}"#)));
        })
        .await;
    let all = world.endpoint(&app).await;
    let any = |_: &mut NewMessage| {};
    let (cheap, costly) = (r#"{"price":99.5,"kind":"a"}"#, r#"{"price":100,"kind":"c"}"#);
    assert_eq!(owed(&world, &app, cheap, any).await, std::slice::from_ref(&all));
    assert_eq!(owed(&world, &app, cheap, |new| new.channels = eu()).await, [in_channel.clone(), all.clone()]);
    assert_eq!(owed(&world, &app, costly, any).await, [dear.clone(), dear_paid.clone(), all.clone()]);
    let other_type = |new: &mut NewMessage| new.event_type = event_type("invoice.sent");
    assert_eq!(owed(&world, &app, costly, other_type).await, [dear.clone(), all.clone()]);
    // A raw body is sent, but the payload is what is looked at.
    let raw = |new: &mut NewMessage| {
        new.payload.raw =
            Some(RawBody { bytes: Bytes::from_static(b"<price>1</price>"), content_type: None });
    };
    assert_eq!(owed(&world, &app, costly, raw).await.len(), 3);
    // One that is named gets it in any case.
    let only = |new: &mut NewMessage| new.only_to = Some(dear.key);
    assert_eq!(owed(&world, &app, cheap, only).await, [dear]);
}

pub(crate) async fn a_changed_filter_counts_from_then_on(mut world: World) {
    let app = world.app().await;
    let endpoint = filtered(&world, &app, r#"{"n":1}"#).await;
    let other = filtered(&world, &app, r#"{"n":3}"#).await;
    let keys = async |world: &World, payload: &str| {
        let owed = owed(world, &app, payload, |_| {}).await;
        owed.into_iter().map(|endpoint| endpoint.key).collect::<Vec<_>>()
    };
    assert_eq!(keys(&world, r#"{"n":1}"#).await, [endpoint.key]);
    refilter(&world, &endpoint, Some(filter(r#"{"n":2}"#))).await;
    assert_eq!(keys(&world, r#"{"n":1}"#).await, []);
    assert_eq!(keys(&world, r#"{"n":2}"#).await, [endpoint.key]);
    world.crash().await;
    assert_eq!(keys(&world, r#"{"n":2}"#).await, [endpoint.key]);
    refilter(&world, &endpoint, None).await;
    assert_eq!(keys(&world, r#"{"n":3}"#).await, [endpoint.key, other.key]);
}

pub(crate) async fn filters_choose_also_where_that_takes_a_while(world: World) {
    let app = world.app().await;
    let mut endpoints = Vec::new();
    for number in 0..40 {
        let filter = format!(r#"{{"n":{{"$gt":{number}}},"a":{{"b":{{"c":{{"$exists":true}}}}}}}}"#);
        endpoints.push(filtered(&world, &app, &filter).await.key);
    }
    let payload = |n| format!(r#"{{"pad":"{}","n":{n},"a":{{"b":{{"c":null}}}}}}"#, "x".repeat(50_000));
    let ingested = futures::future::join_all((0..8_usize).map(|n| {
        let mut message = world.message(&app);
        message.payload = Payload::from_json(payload(n * 5));
        let key = message.key;
        let (world, app) = (&world, &app);
        async move {
            world.ingest(message).await;
            to(world, app, key).await
        }
    }));
    for (n, owed) in ingested.await.into_iter().enumerate() {
        let keys: Vec<_> = owed.iter().map(|endpoint| endpoint.key).collect();
        assert_eq!(keys, endpoints[..n * 5]);
    }
}

pub(crate) async fn a_replay_queues_what_the_filter_lets_through(world: World) {
    let app = world.app().await;
    let since = world.now();
    let mut wanted = Vec::new();
    for n in 0..6 {
        let pad = "x".repeat(if n < 3 { 0 } else { 50_000 });
        let payload = format!(r#"{{"n":{},"pad":"{pad}"}}"#, n % 2);
        let key = world.send_with(&app, |new| new.payload = Payload::from_json(payload)).await;
        if n % 2 == 1 {
            wanted.push(key);
        }
    }
    let endpoint = filtered(&world, &app, r#"{"n":1}"#).await;
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
    let mut steps = 0;
    while world.store().advance_tasks(world.now(), 100).await.sure() > 0 {
        steps += 1;
    }
    // Each large payload ends a step.
    assert_eq!(steps, 3);
    assert_eq!(world.store().task(&world.org, task.key).await.sure().sure().queued, 3);
    let claims = world.claim(&endpoint).await;
    assert_eq!(claims.iter().map(|claim| claim.message.key).collect::<Vec<_>>(), wanted);
}

pub(crate) async fn notices_are_filtered_too(world: World) {
    let (internal, all) = world.notices().await;
    let created = filtered(&world, &internal, r#"{"type":"endpoint.created"}"#).await;
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    refilter(&world, &endpoint, Some(filter("{}"))).await;
    assert_eq!((world.claim(&all).await.len(), world.claim(&created).await.len()), (2, 1));
}
