//! Operational notices.

use std::time::Duration;

use hookwire_core::id::Key;
use hookwire_core::{EndpointChange, Reference, Transition};

use crate::recorder::Recorder;
use crate::sure::Sure;
use crate::world::{World, uid};

/// The types of what was told.
fn types(told: &[(String, serde_json::Value)]) -> Vec<&str> {
    told.iter().map(|(event_type, _)| event_type.as_str()).collect()
}

pub(crate) async fn changes_of_endpoints_are_told(world: World) {
    let app = world.app().await;
    let before = world.endpoint(&app).await;
    let (internal, listener) = world.notices().await;
    let recorder = Recorder::with_room(1);
    world.store().attach(recorder.clone());
    let endpoint = world.endpoint_with(&app, |new| new.uid = Some(uid("main"))).await;
    let reference = Reference::Key(endpoint.key);
    let change = EndpointChange { version: Some(2), ..EndpointChange::default() };
    world.store().change_endpoint(app.key, &reference, change, world.now()).await.sure();
    world.store().delete_endpoint(app.key, &reference, world.now()).await.sure();
    let told = world.told(&internal).await;
    assert_eq!(types(&told), ["endpoint.created", "endpoint.updated", "endpoint.deleted"]);
    for (event_type, payload) in &told {
        assert_eq!(payload["type"], *event_type);
        assert_eq!(payload["data"]["endpointId"], endpoint.key.public());
        assert_eq!(payload["data"]["endpointUid"], "main");
        assert_eq!(payload["data"]["appId"], app.key.public());
    }
    // They are ordinary messages: leased on ingest while there is room, and queued otherwise.
    recorder.until(|heard| heard.accepted.len() == 1).await;
    assert_eq!(recorder.heard().accepted[0].endpoint.key, listener.key);
    assert_eq!(world.claim(&listener).await.len(), 2);
    assert_eq!(world.claim(&before).await.len(), 0);
}

pub(crate) async fn the_end_of_a_message_is_told_once(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let (internal, _) = world.notices().await;
    let message = world.send_with(&app, |message| message.event_id = Some(uid("e1"))).await;
    for _ in 0..5 {
        let claim = world.claim_one(&endpoint).await;
        world.fail(&claim, Duration::ZERO).await;
    }
    assert_eq!(types(&world.told(&internal).await), ["message.attempt.failing"]);
    let claim = world.claim_one(&endpoint).await;
    let last = world.exhaust(&claim).await;
    let told = world.told(&internal).await;
    assert_eq!(types(&told), ["message.attempt.failing", "message.attempt.exhausted"]);
    let data = &told[1].1["data"];
    assert_eq!((&data["msgId"], &data["msgEventId"]), (&message.public().into(), &"e1".into()));
    assert_eq!(data["lastAttempt"]["id"], last.public());
    assert_eq!(data["lastAttempt"]["responseStatusCode"], 500);

    let second = world.send(&app).await;
    for _ in 0..3 {
        let claim = world.claim_one(&endpoint).await;
        world.fail(&claim, Duration::from_hours(1)).await;
        world.pass(Duration::from_hours(1));
    }
    // A failed attempt by hand is not the fourth.
    let claim = world.claim_one(&endpoint).await;
    world.settle(World::released(&claim, world.now().plus(Duration::from_hours(1)))).await;
    let references = (Reference::Key(second), Reference::Key(endpoint.key));
    world.store().resend(app.key, &references.0, &references.1, world.now()).await.sure();
    let claim = world.claim_one(&endpoint).await;
    let planned = world.now().plus(Duration::from_hours(1));
    world.end(&claim, 500, Transition::RetryAt(planned)).await;
    assert_eq!(world.told(&internal).await.len(), 2);
    world.pass(Duration::from_hours(1));
    let claim = world.claim_one(&endpoint).await;
    world.fail(&claim, Duration::ZERO).await;
    let claim = world.claim_one(&endpoint).await;
    world.succeed(&claim).await;
    let told = world.told(&internal).await;
    assert_eq!(types(&told)[2..], ["message.attempt.failing", "message.attempt.recovered"]);
}

pub(crate) async fn an_endpoint_turned_off_is_told(world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint(&app).await;
    let (internal, _) = world.notices().await;
    world.send(&app).await;
    let claim = world.claim_one(&endpoint).await;
    world.fail(&claim, Duration::ZERO).await;
    let since = world.stored_endpoint(&endpoint).await.sure().failing_since.sure();
    world.pass(Duration::from_hours(121));
    let claim = world.claim_one(&endpoint).await;
    world.exhaust(&claim).await;
    let told = world.told(&internal).await;
    assert_eq!(types(&told), ["message.attempt.exhausted", "endpoint.disabled"]);
    assert_eq!(told[1].1["data"]["failSince"], since.to_rfc3339());
    assert_eq!(told[1].1["data"]["trigger"], "automatic");
}

pub(crate) async fn there_are_no_notices_about_notices(world: World) {
    let (internal, listener) = world.notices().await;
    let app = world.app().await;
    world.endpoint(&app).await;
    let claim = world.claim_one(&listener).await;
    world.end(&claim, 410, Transition::Exhausted).await;
    assert!(world.stored_endpoint(&listener).await.sure().disabled);
    assert_eq!(types(&world.told(&internal).await), ["endpoint.created"]);
    // Not even to an app that would be about the notices' own org.
    let own = hookwire_core::notice::notices_org();
    let new = hookwire_core::NewApp { uid: Some(uid(own.as_str())), ..hookwire_core::NewApp::default() };
    let about_itself = world.app_of(&own, new).await;
    world.endpoint(&about_itself).await;
    assert_eq!(types(&world.told(&about_itself).await), [] as [&str; 0]);
    // Another org's endpoints are not told here.
    let other = hookwire_core::OrgId::stored("org_other");
    let elsewhere = world.app_of(&other, hookwire_core::NewApp::default()).await;
    world.endpoint(&elsewhere).await;
    assert_eq!(world.told(&internal).await.len(), 1);
}
