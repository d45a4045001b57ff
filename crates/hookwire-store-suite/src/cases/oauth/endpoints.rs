//! Endpoints of installs: what their client's changes do to them, and what nobody else may do.

use hookwire_core::id::Key;
use hookwire_core::oauth::ClientChange;
use hookwire_core::{Endpoint, EndpointChange, Reference, Secret};
use hookwire_store::Error;
use hookwire_store::catalog::Rotation;

use super::actors::{Stage, endpoint_of, events};
use crate::recorder::Recorder;
use crate::sure::Sure;
use crate::world::{World, new_endpoint};

/// More installs than one transaction takes care of.
const MANY: usize = 60;

/// The client of `stage`, installed by `count` more apps.
async fn spread(world: &World, stage: &Stage, count: usize) -> Vec<Stage> {
    let mut stages = Vec::new();
    for _ in 0..count {
        let target = world.app().await;
        let other = Stage { owner: stage.owner.clone(), target, client: stage.client.clone() };
        other.install(world).await;
        stages.push(other);
    }
    stages
}

async fn only(world: &World, stage: &Stage) -> Endpoint {
    let mut endpoints = stage.endpoints(world).await;
    assert_eq!(endpoints.len(), 1, "{endpoints:?}");
    endpoints.pop().sure()
}

pub(crate) async fn a_managed_endpoint_is_changed_by_nobody(world: World) {
    let stage = Stage::new(&world).await;
    let install = stage.install(&world).await;
    let endpoint = endpoint_of(&world, &install).await.sure();
    let (store, reference, app) = (world.store(), Reference::Key(endpoint.key), stage.target.key);
    let change = EndpointChange { disabled: Some(true), ..EndpointChange::default() };
    let now = world.now();
    let rotation = Rotation { secret: Secret::from_random([1; 24]), old_until: now, now };
    let refusals = [
        store.change_endpoint(app, &reference, change.clone(), now).await.err(),
        store.change_endpoint_as_seen(endpoint.clone(), change, now).await.err(),
        store.upsert_endpoint(app, &reference, new_endpoint(), now).await.err(),
        store.rotate_secret(app, &reference, rotation).await.err(),
        store.delete_endpoint(app, &reference, now).await.err(),
    ];
    for refused in refusals {
        assert!(matches!(refused, Some(Error::Conflict(_))), "{refused:?}");
    }
    assert_eq!(stage.endpoints(&world).await, [endpoint]);
}

pub(crate) async fn a_new_webhook_url_reaches_every_install(world: World) {
    let stage = Stage::new(&world).await;
    let stages = spread(&world, &stage, MANY).await;
    let hand_made = world.endpoint(&stages[0].target).await;
    stages[0].send(&world, "post_created").await;
    let recorder = Recorder::with_room(0);
    world.store().attach(recorder.clone());
    let url = "https://moved.example/hook";
    let secret = Secret::from_random([8; 24]);
    let old_until = world.now().plus(std::time::Duration::from_hours(1));
    let client = stage
        .change(&world, |change| {
            change.webhook_url = Some(Some(url.to_owned()));
            change.name = Some("Moved".to_owned());
            change.signing = Some((secret.clone(), old_until));
        })
        .await;
    recorder.until(|heard| heard.changed.len() >= MANY).await;
    for stage in &stages {
        let managed = stage.endpoints(&world).await.remove(0);
        assert_eq!((managed.url.as_str(), managed.name.as_str()), (url, "Moved"));
        assert_eq!((&managed.secrets, &managed.secrets.current), (&client.signing, &secret));
        let heard = recorder.heard();
        let told = heard.changed.iter().filter(|(endpoint, _)| endpoint.key == managed.key);
        assert!(told.clone().count() > 0 && told.clone().all(|(told, _)| **told == managed));
    }
    // What was accepted before goes there too, and what is made by hand stays as it is.
    let managed = stages[0].endpoints(&world).await.remove(0);
    assert_eq!(*world.claim_one(&managed).await.endpoint, managed);
    assert_eq!(world.stored_endpoint(&hand_made).await, Some(hand_made));
}

pub(crate) async fn a_narrower_subscription_narrows_every_grant_for_good(world: World) {
    let stage = Stage::new(&world).await;
    let stages = spread(&world, &stage, MANY).await;
    let subscribe = async |names: &[&str]| {
        let names = events(names);
        stage.change(&world, |change| change.subscribed = Some(names)).await
    };
    subscribe(&["post_updated", "post_completed"]).await;
    for stage in &stages {
        assert_eq!(only(&world, stage).await.event_types, Some(events(&["post_updated"])));
    }
    subscribe(&["post_created", "post_updated"]).await;
    let endpoint = only(&world, &stages[3]).await;
    assert_eq!(endpoint.event_types, Some(events(&["post_updated"])));
    stages[3].send(&world, "post_created").await;
    let sent = stages[3].send(&world, "post_updated").await;
    assert_eq!(world.claim_one(&endpoint).await.message.key, sent);
    // Nothing is left to deliver: there is no endpoint, rather than one for everything.
    subscribe(&["post_created"]).await;
    for stage in &stages {
        assert_eq!(stage.endpoints(&world).await, []);
    }
}

pub(crate) async fn endpoints_come_and_go_with_the_webhook_url(world: World) {
    let stage = Stage::new(&world).await;
    let install = stage.install(&world).await;
    let first = only(&world, &stage).await;
    stage.change(&world, |change| change.webhook_url = Some(None)).await;
    assert_eq!(stage.endpoints(&world).await, []);
    assert_eq!(stage.stored(&world, &install).await.sure().endpoint, None);
    stage.send(&world, "post_created").await;
    stage.change(&world, |change| change.webhook_url = Some(Some("https://new.example/".to_owned()))).await;
    let second = only(&world, &stage).await;
    assert_ne!(first.key, second.key);
    assert_eq!(stage.stored(&world, &install).await.sure().endpoint, Some(second.key));
    assert!(world.claim(&second).await.is_empty());
}

pub(crate) async fn an_endpoint_that_was_turned_off_comes_back_with_its_client(world: World) {
    let stage = Stage::new(&world).await;
    stage.install(&world).await;
    let back: [fn(&mut ClientChange); 2] = [
        |change| change.suspended = Some(false),
        |change| change.webhook_url = Some(Some("https://mended.example/".to_owned())),
    ];
    for change in back {
        let endpoint = only(&world, &stage).await;
        let sent = stage.send(&world, "post_created").await;
        stage.send(&world, "post_created").await;
        let claims = world.claim_with(endpoint.key, 1, usize::MAX).await.claims;
        let gone = world.settlement(&claims[0], 410, hookwire_core::Transition::Exhausted);
        world.settle(gone).await;
        assert!(only(&world, &stage).await.disabled);
        // Any other change leaves it as it is.
        stage.change(&world, |change| change.name = Some("Other".to_owned())).await;
        assert!(only(&world, &stage).await.disabled);
        stage.change(&world, change).await;
        let endpoint = only(&world, &stage).await;
        assert!(!endpoint.disabled && endpoint.failing_since.is_none());
        let claim = world.claim_one(&endpoint).await;
        assert!(claim.message.key.raw() > sent.raw());
        world.succeed(&claim).await;
    }
}
