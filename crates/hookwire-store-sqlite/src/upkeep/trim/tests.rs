//! What only comes to light when somebody is quicker than the trimming.

use std::sync::{Arc, Mutex};

use hookwire_core::id::Key;
use hookwire_core::rules::RulesChange;
use hookwire_core::{
    AppKey, EndpointKey, KeyMint, MessageKey, NewApp, NewEndpoint, OrgId, Secret, Timestamp,
};
use hookwire_store::{Catalog, Vault};
use rusqlite::params;

use super::touched::{Touched, Turn, lock};
use super::{Logged, remove};
use crate::{Settings, SqliteStore};

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

fn endpoint(number: i64) -> EndpointKey {
    EndpointKey::from_raw(number)
}

fn limited(limit: u32) -> NewEndpoint {
    NewEndpoint {
        uid: None,
        name: None,
        url: "https://example.com/".to_owned(),
        description: String::new(),
        version: 1,
        disabled: false,
        event_types: None,
        channels: None,
        throttle_rate: None,
        metadata: hookwire_core::Metadata::new(),
        headers: None,
        rules: RulesChange { log_limit: Some(Some(limit)), ..RulesChange::default() },
        secret: Secret::from_random([7; 24]),
    }
}

#[test]
fn an_endpoint_stays_touched_until_its_turn_is_ended() {
    let touched = Mutex::new(Touched::default());
    lock(&touched).add([(endpoint(1), 5)].into(), false);
    let turn = Turn::take(&touched, endpoint(1)).unwrap();
    assert_eq!(turn.from, i64::MIN);
    assert!(Turn::take(&touched, endpoint(1)).is_none());
    drop(turn);
    let mut turn = Turn::take(&touched, endpoint(1)).unwrap();
    turn.from = 9;
    // What is settled during its turn is not forgotten.
    lock(&touched).add([(endpoint(1), 7)].into(), false);
    turn.end(true);
    let turn = Turn::take(&touched, endpoint(1)).unwrap();
    assert_eq!(turn.from, 7);
    turn.end(true);
    assert!(Turn::take(&touched, endpoint(1)).is_none());
}

#[test]
fn turns_go_on_behind_the_last_one() {
    let touched = Mutex::new(Touched::default());
    lock(&touched).add([1, 2, 3].map(|number| (endpoint(number), 0)).into(), false);
    Turn::take(&touched, endpoint(2)).unwrap().end(false);
    let queue: Vec<_> = lock(&touched).queue().into();
    assert_eq!(queue, [3, 1, 2].map(endpoint));
}

#[test]
fn a_look_at_all_that_is_begun_anew_is_not_ended_by_an_earlier_one() {
    let mut touched = Touched::default();
    let first = touched.next().unwrap();
    touched.advance(first, Some(endpoint(5)), &[]);
    touched.add([].into(), true);
    touched.advance(endpoint(5), None, &[endpoint(7)]);
    assert_eq!(touched.next(), Some(first));
    assert_eq!(touched.queue(), [endpoint(7)]);
    touched.advance(first, None, &[]);
    assert_eq!(touched.next(), None);
}

#[tokio::test]
async fn what_was_queued_or_claimed_again_meanwhile_stays() {
    let folder = tempfile::TempDir::new().unwrap();
    let mint = Arc::new(KeyMint::new(1, 0));
    let store =
        SqliteStore::open(&folder.path().join("db"), Vault::new("x"), Settings::default(), mint).unwrap();
    let org = OrgId::stored("org_main");
    let app: AppKey = store.create_app(&org, NewApp::default(), NOW).await.unwrap().into_inner().key;
    let endpoint = store.create_endpoint(app, limited(1), NOW).await.unwrap().key;
    let removed = async |state: i64, fence: i64, limit: u32| {
        let step = move |work: &mut crate::writer::work::Work<'_>| {
            let row = params![endpoint.raw(), app.raw(), state, fence];
            let put = "INSERT OR REPLACE INTO delivery (message, endpoint, app, state, attempts, due, fence, leased, \
                lease_until, trigger) VALUES (1, ?1, ?2, ?3, 1, 0, ?4, 0, 0, 0)";
            work.db.execute(put, row)?;
            let found = Logged { message: MessageKey::from_raw(1), fence: 4, attempts: Vec::new() };
            remove(work, endpoint, limit, &[found])
        };
        store.writer.write(step).await.unwrap()
    };
    assert_eq!(removed(0, 4, 1).await, Some(0), "it is pending again");
    assert_eq!(
        removed(1, 5, 1).await,
        Some(0),
        "it was attempted again, and has attempts that were not found"
    );
    assert_eq!(removed(1, 4, 2).await, None, "the limit is another one by now");
    assert_eq!(removed(1, 4, 1).await, Some(1));
}
