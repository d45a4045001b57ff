//! What nodes hear of each other, and what one may do while another does something else.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::id::Key as _;
use hookwire_core::{InstallKey, KeyMint, OrgId, Reference};
use hookwire_store::upkeep::{Removed, RetentionStep};
use hookwire_store::{Result, Vault};
use hookwire_store_postgres::{PostgresStore, Settings};
use hookwire_store_suite::Recorder;
use hookwire_testkit::eventually;

use crate::ground::Ground;
use crate::place::{LOCK_SPACE, SECRET};

const DAY: Duration = Duration::from_hours(24);
/// What retention removes at its end.
const OLD_CHANGE: &str = "INSERT INTO app_change (app, version, at) VALUES (9, 1, now() - interval '8 days')";

#[tokio::test]
async fn what_is_claimed_counts_also_if_the_app_is_changed_right_after() {
    let ground = Ground::new().await;
    let app = ground.world.app().await;
    let endpoint = ground.world.endpoint_with(&app, |_| {}).await;
    ground.world.send(&app).await;
    ground
        .other(
            "CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN UPDATE app SET version = version + 1; RETURN NULL; END $$; \
             CREATE TRIGGER bump AFTER UPDATE ON queue EXECUTE FUNCTION bump()",
        )
        .await;
    ground.world.claim_one(&endpoint).await;
}

#[tokio::test]
async fn the_dispatcher_hears_of_a_change_that_the_node_has_met_before() {
    let ground = Ground::new().await;
    let app = ground.world.app().await;
    let endpoint = ground.world.endpoint_with(&app, |_| {}).await;
    ground.world.send(&app).await;
    let recorder = Recorder::with_room(0);
    ground.world.store().attach(recorder.clone());
    let app_key = app.key.raw();
    ground
        .other(&format!(
            "UPDATE endpoint SET disabled = true WHERE key = {}; UPDATE app SET version = version + 1; \
             DELETE FROM app_change",
            endpoint.key.raw()
        ))
        .await;
    // It is refused and then accepted by what is there now.
    ground.world.send(&app).await;
    assert!(recorder.heard().changed.is_empty());
    ground
        .other(&format!(
            "INSERT INTO app_change (app, version) SELECT key, version FROM app WHERE key = {app_key}"
        ))
        .await;
    recorder
        .until(|heard| heard.changed.iter().any(|(one, _)| one.key == endpoint.key && one.disabled))
        .await;
}

#[tokio::test]
async fn an_endpoint_that_is_made_for_an_install_goes_with_it() {
    let ground = Ground::new().await;
    let app = ground.world.app().await;
    let endpoint = ground.world.endpoint_with(&app, |_| {}).await;
    let (app_key, made) = (app.key.raw(), endpoint.key.raw());
    ground
        .other(&format!(
            "INSERT INTO oauth_client (key, org, owner, config, hook, created, updated) \
                 SELECT 5, key, {app_key}, '', '', 0, 0 FROM org; \
             INSERT INTO oauth_install (key, client, app, consented_by, actor, granted, created) \
                 VALUES (6, 5, {app_key}, 'somebody', 'user', 0, 0)"
        ))
        .await;
    let brings_in_step = "BEGIN; SELECT 1 FROM oauth_client FOR UPDATE; UPDATE oauth_install SET endpoint =";
    ground.other(&format!("{brings_in_step} {made}")).await;
    let (store, now) = (ground.world.store(), ground.world.now());
    let org: OrgId = app.org.clone();
    let revoke = tokio::spawn(async move { store.revoke_install(&org, InstallKey::from_raw(6), now).await });
    assert!(ground.after_commit(revoke).await);
    let left = ground.world.store().endpoint(app.key, &Reference::Key(endpoint.key)).await;
    assert_eq!(left.expect("the database answers"), None);
}

/// A step of retention when what there is by now is old. It comes to its end, whatever else becomes of it.
async fn retain(ground: &Ground) -> Result<Removed> {
    ground.other(OLD_CHANGE).await;
    let now = ground.world.now().plus(DAY * 40);
    let step = RetentionStep { now, attempts: DAY * 10, messages: DAY * 10, limit: 10 };
    let removed = ground.world.store().retain(step).await;
    let left = ground.place.database().await.query("SELECT count(*) FROM app_change WHERE app = 9").await;
    assert_eq!(left, "0");
    removed
}

#[tokio::test]
async fn a_day_that_is_in_use_stays_for_the_moment_and_holds_up_nothing_else() {
    let ground = Ground::new().await;
    let app = ground.world.app().await;
    ground.world.send(&app).await;
    let reader = ground.place.other().await;
    reader.batch_execute("BEGIN; SELECT count(*) FROM message").await.expect("it can be read");
    assert_eq!(retain(&ground).await.expect("it goes on").messages, 0);
    assert_eq!(ground.place.database().await.query("SELECT count(*) FROM message").await, "1");
}

#[tokio::test]
async fn an_error_in_one_part_of_retention_holds_up_no_other() {
    let ground = Ground::new().await;
    let app = ground.world.app().await;
    ground.world.send(&app).await;
    ground.other("ALTER TABLE event_id RENAME TO elsewhere").await;
    retain(&ground).await.expect_err("a table is not there");
}

#[tokio::test]
async fn a_node_that_was_declared_dead_begins_nothing_before_its_next_heartbeat() {
    let ground = Ground::new().await;
    let (store, database) = (ground.world.store(), ground.place.database().await);
    assert!(store.leases_hold());
    ground.other("UPDATE node SET incarnation = 0").await;
    let lives = || database.query("SELECT count(*) FROM node WHERE incarnation <> 0");
    eventually("its new life", lives, |count| count == "1").await;
    assert!(!store.leases_hold());
    eventually("its leases to count", async || store.leases_hold(), |hold| *hold).await;
}

#[tokio::test]
async fn numbers_of_nodes_that_died_alone_are_free_again() {
    let ground = Ground::new().await;
    ground
        .other(
            "INSERT INTO node (number, incarnation, heartbeat, name) \
             SELECT n, 10000 + n, now() - interval '1 day', '' FROM generate_series(2, 1023) n",
        )
        .await;
    let url = ground.place.database().await.url();
    let mint = Arc::new(KeyMint::new(1, 0));
    let opened = PostgresStore::open(&url, Vault::new(SECRET), Settings::default(), mint).await;
    assert!(opened.is_ok(), "{:?}", opened.err());
}

#[tokio::test]
async fn a_node_does_not_stop_to_wait_for_the_transactions_of_a_dead_one() {
    let ground = Ground::with(Settings { silence_max: Duration::from_secs(1), ..Settings::default() }).await;
    ground
        .other(&format!(
            "INSERT INTO node (number, incarnation, heartbeat, name) VALUES (77, 7777, now() - interval '1 day', ''); \
             SELECT pg_advisory_lock_shared({LOCK_SPACE}, 1077)"
        ))
        .await;
    let database = ground.place.database().await;
    let began = database.query("SELECT now()").await;
    let beats = format!(
        "SELECT CASE WHEN heartbeat > timestamptz '{began}' + interval '5 seconds' THEN 'goes on' \
         WHEN heartbeat < now() - interval '4 seconds' THEN 'waits' END FROM node WHERE number = 1"
    );
    let told = eventually("heartbeats", || database.query(&beats), |told| !told.is_empty()).await;
    assert_eq!(told, "goes on");
    let is_dead = || database.query("SELECT incarnation FROM node WHERE number = 77");
    assert_eq!(is_dead().await, "7777", "something may still be leased by it");
    ground.other(&format!("SELECT pg_advisory_unlock_shared({LOCK_SPACE}, 1077)")).await;
    eventually("its end", is_dead, |incarnation| incarnation == "0").await;
}
