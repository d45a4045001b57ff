//! Profiles of orgs.

use hookwire_core::{AppChange, EndpointChange, EventType, NewApp, OrgId, ProfileName, Reference};

use crate::recorder::Recorder;
use crate::sure::Sure;
use crate::world::{World, event_type};

fn profile(name: &str) -> ProfileName {
    ProfileName::parse(name).sure()
}

pub(crate) async fn an_org_has_the_standard_profile_until_it_chooses_one(mut world: World) {
    let (other, nobody) = (OrgId::stored("org_other"), OrgId::stored("org_nobody"));
    world.app_of(&other, NewApp::default()).await;
    let before = world.app().await;
    assert_eq!(before.profile, ProfileName::standard());
    world.store().choose_profile(&world.org, profile("unleash"), Vec::new()).await.sure();
    world.crash().await;
    let store = world.store();
    for (org, expected) in [(&world.org, "unleash"), (&other, "standard"), (&nobody, "standard")] {
        assert_eq!(store.profile(org).await.sure(), profile(expected));
    }
    let (found, made) = (store.app(&world.org, &Reference::Key(before.key)).await.sure(), world.app().await);
    assert_eq!((found.sure().profile, made.profile), (profile("unleash"), profile("unleash")));
    // One that is the first thing ever heard of an org, and back.
    store.choose_profile(&nobody, profile("flotiq"), Vec::new()).await.sure();
    assert_eq!(world.app_of(&nobody, NewApp::default()).await.profile, profile("flotiq"));
    store.choose_profile(&nobody, ProfileName::standard(), Vec::new()).await.sure();
    assert_eq!(store.profile(&nobody).await.sure(), ProfileName::standard());
}

pub(crate) async fn claims_carry_the_profile_that_is_chosen_by_then(world: World) {
    let (app, elsewhere) = (world.app().await, world.app().await);
    let endpoint = world.endpoint(&app).await;
    let (_, listener) = world.notices().await;
    let recorder = Recorder::with_room(0);
    world.store().attach(recorder.clone());
    world.send(&app).await;
    world.store().choose_profile(&world.org, profile("unleash"), Vec::new()).await.sure();
    assert_eq!(world.claim_one(&endpoint).await.app.profile, profile("unleash"));
    let heard = |app| recorder.heard().apps.iter().filter(|heard| heard.key == app).count();
    recorder.until(|heard| heard.apps.len() >= 2).await;
    assert_eq!((heard(app.key), heard(elsewhere.key)), (1, 1));
    // What is told of changes has it, too.
    let change = EndpointChange { version: Some(2), ..EndpointChange::default() };
    let reference = Reference::Key(endpoint.key);
    world.store().change_endpoint(app.key, &reference, change, world.now()).await.sure().sure();
    recorder.until(|heard| heard.changed.len() == 1).await;
    assert_eq!(recorder.heard().changed[0].1.profile, profile("unleash"));
    let change = AppChange { name: Some("New".to_owned()), ..AppChange::default() };
    let renamed =
        world.store().change_app(&world.org, &Reference::Key(app.key), change, world.now()).await.sure();
    assert_eq!(renamed.sure().profile, profile("unleash"));
    recorder.heard().room = 1;
    world.send(&app).await;
    recorder.until(|heard| heard.accepted.len() == 1).await;
    assert_eq!(recorder.take()[0].app.profile, profile("unleash"));
    // Notices about the org are no product's webhooks.
    for claim in world.claim(&listener).await {
        assert_eq!(claim.app.profile, ProfileName::standard());
    }
}

pub(crate) async fn a_profile_brings_its_event_types(world: World) {
    let (store, org) = (world.store(), &world.org);
    let named = |name: &str, description: &str, archived| EventType {
        name: event_type(name),
        description: description.to_owned(),
        archived,
        deprecated: false,
        schemas: None,
        group_name: None,
        feature_flags: Vec::new(),
        created: world.now(),
        updated: world.now(),
    };
    let (own, gone) = (named("post.created", "own", false), named("post.deleted", "own", true));
    for one in [&own, &gone] {
        store.create_event_type(org, one.clone()).await.sure();
    }
    let brought = ["post.created", "post.deleted", "post.updated"].map(|name| named(name, "brought", false));
    store.choose_profile(org, profile("unleash"), brought.to_vec()).await.sure();
    let [_, deleted, updated] = brought;
    for expected in [own, deleted, updated] {
        assert_eq!(store.event_type(org, expected.name.as_str()).await.sure(), Some(expected));
    }
}
