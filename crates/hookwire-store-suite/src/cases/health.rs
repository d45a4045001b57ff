//! What attempts do to an endpoint's health.

use std::time::Duration;

use hookwire_core::{Endpoint, EndpointChange, Reference, Transition};

use crate::recorder::Recorder;
use crate::sure::Sure;
use crate::world::World;

pub(crate) async fn failing_begins_and_ends(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    world.send(&app).await;
    let claim = world.claim_one(&endpoint).await;
    let before = world.now();
    world.fail(&claim, Duration::ZERO).await;
    let since = world.stored_endpoint(&endpoint).await.sure().failing_since.sure();
    assert!(since > before);
    world.pass(Duration::from_hours(1));
    let claim = world.claim_one(&endpoint).await;
    world.fail(&claim, Duration::ZERO).await;
    assert_eq!(world.stored_endpoint(&endpoint).await.sure().failing_since, Some(since));
    // A change of its words is no sign of health.
    let change = EndpointChange { version: Some(2), ..EndpointChange::default() };
    world.store().change_endpoint(app.key, &Reference::Key(endpoint.key), change, world.now()).await.sure();
    assert_eq!(world.stored_endpoint(&endpoint).await.sure().failing_since, Some(since));
    let claim = world.claim_one(&endpoint).await;
    world.succeed(&claim).await;
    assert_eq!(world.stored_endpoint(&endpoint).await.sure().failing_since, None);
}

pub(crate) async fn an_endpoint_is_turned_off_when_its_patience_is_over(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let recorder = Recorder::with_room(0);
    world.store().attach(recorder.clone());
    for _ in 0..3 {
        world.send(&app).await;
    }
    let claims = world.claim(&endpoint).await;
    world.exhaust(&claims[0]).await;
    assert!(!world.stored_endpoint(&endpoint).await.sure().disabled);
    world.pass(Duration::from_hours(120));
    let claims = world.claim(&endpoint).await;
    world.fail(&claims[0], Duration::ZERO).await;
    let failing = world.stored_endpoint(&endpoint).await.sure();
    assert!(!failing.disabled, "only a last attempt turns an endpoint off");
    world.exhaust(&claims[1]).await;
    let off = world.stored_endpoint(&endpoint).await.sure();
    assert_eq!(off, Endpoint { disabled: true, ..failing });
    recorder.until(|heard| heard.changed.iter().any(|(changed, _)| changed.disabled)).await;
    assert!(world.claim(&endpoint).await.is_empty());

    world.switch(&endpoint, true).await;
    assert_eq!(world.stored_endpoint(&endpoint).await.sure().failing_since, None);
    let claim = world.claim_one(&endpoint).await;
    world.exhaust(&claim).await;
    assert!(!world.stored_endpoint(&endpoint).await.sure().disabled);
}

pub(crate) async fn gone_turns_an_endpoint_off_at_once(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    world.send(&app).await;
    world.send(&app).await;
    let claims = world.claim(&endpoint).await;
    world.end(&claims[0], 410, Transition::Exhausted).await;
    assert!(world.stored_endpoint(&endpoint).await.sure().disabled);
    // What is under way is still settled.
    world.succeed(&claims[1]).await;
    assert_eq!(world.pending().await, 0);
}

pub(crate) async fn being_turned_off_is_no_change_by_a_client(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    world.send(&app).await;
    let claim = world.claim_one(&endpoint).await;
    world.end(&claim, 410, Transition::Exhausted).await;
    let off = world.stored_endpoint(&endpoint).await.sure();
    assert_eq!((off.disabled, off.updated), (true, endpoint.updated));
    let on = EndpointChange { disabled: Some(false), ..EndpointChange::default() };
    let at = world.now();
    world.store().change_endpoint(app.key, &Reference::Key(endpoint.key), on, at).await.sure();
    let on = world.stored_endpoint(&endpoint).await.sure();
    assert_eq!((on.disabled, on.updated), (false, at));
}

pub(crate) async fn the_brake_keeps_many_endpoints_on(world: World) {
    let app = world.app().await;
    let mut endpoints = Vec::new();
    for _ in 0..12 {
        endpoints.push(world.endpoint(&app).await);
    }
    world.send(&app).await;
    for endpoint in &endpoints {
        let claim = world.claim_one(endpoint).await;
        world.end(&claim, 410, Transition::Exhausted).await;
    }
    let mut off = 0;
    for endpoint in &endpoints {
        off += u32::from(world.stored_endpoint(endpoint).await.sure().disabled);
    }
    assert_eq!(off, 10);
    world.pass(Duration::from_hours(2));
    world.send(&app).await;
    let last = endpoints.last().sure();
    let claim = world.claim_one(last).await;
    world.end(&claim, 410, Transition::Exhausted).await;
    assert!(world.stored_endpoint(last).await.sure().disabled);
}
