//! What is left in the file when nobody can ask for it any more.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::{
    App, Attempt, AttemptKey, AttemptStatus, Endpoint, ErrorClass, KeyMint, NewEndpoint, Reference,
    Timestamp, Timings, Transition, Verdict,
};
use hookwire_store::queue::{ClaimRequest, Settlement};
use hookwire_store::upkeep::{Removed, RetentionStep};
use hookwire_store::{Catalog, Ingest, Queue, Upkeep};
use hookwire_store_sqlite::SqliteStore;
use rusqlite::Connection;

use crate::place::{NOW, Place, app, message, new_endpoint, org, quick};

const DAY: Duration = Duration::from_hours(24);

/// The one number that `sql` asks the file for.
fn number(place: &Place, sql: &str) -> i64 {
    let db = Connection::open(place.path()).expect("the file opens");
    db.query_row(sql, [], |row| row.get(0)).expect(sql)
}

async fn retain(store: &SqliteStore, now: Timestamp, limit: u32) -> Removed {
    store.retain(RetentionStep { now, attempts: DAY, messages: DAY * 3, limit }).await.expect("a step")
}

fn with_credentials() -> NewEndpoint {
    NewEndpoint {
        url: "https://user:pass@example.com/hook?token=canary".to_owned(),
        headers: Some(vec![("Authorization".to_owned(), "Bearer canary".to_owned())]),
        ..new_endpoint()
    }
}

/// Sends one message to the endpoint, which refuses it.
async fn fail_once(store: &SqliteStore, app: &App, endpoint: &Endpoint, mint: &KeyMint) {
    store.ingest(message(app, mint.next(NOW), 10)).await.expect("accepted");
    let lease_until = NOW.plus(Duration::from_mins(1));
    let request =
        ClaimRequest { endpoint: endpoint.key, now: NOW, lease_until, limit: 1, bytes_max: usize::MAX };
    let claim = store.claim(request).await.expect("claimed").claims.remove(0);
    let attempt = Attempt {
        key: mint.next::<AttemptKey>(NOW),
        message: claim.message.key,
        endpoint: endpoint.key,
        app: app.key,
        at: NOW,
        url: String::new(),
        status: AttemptStatus::Failed,
        trigger: claim.delivery.trigger,
        request: None,
        response_code: 500,
        response: String::new(),
        error: Some(ErrorClass::Http),
        timings: Timings::default(),
    };
    let settlement = Settlement {
        delivery: claim.delivery,
        attempt: Some(attempt),
        verdict: Some(Verdict::Failure { retry_after: None }),
        transition: Transition::Exhausted,
    };
    store.settle(vec![settlement], NOW).await.expect("settled");
}

#[tokio::test]
async fn a_deleted_endpoints_row_holds_no_credentials_and_goes_when_no_delivery_names_it() {
    let place = Place::new();
    let store = place.open_with(quick()).unwrap();
    let app = app(&store).await;
    let endpoint = store.create_endpoint(app.key, with_credentials(), NOW).await.unwrap();
    fail_once(&store, &app, &endpoint, &KeyMint::new(2, 0)).await;
    let unused = store.create_endpoint(app.key, with_credentials(), NOW).await.unwrap();
    let live = store.create_endpoint(app.key, with_credentials(), NOW).await.unwrap();
    for deleted in [&endpoint, &unused] {
        let reference = Reference::Key(deleted.key);
        assert!(store.delete_endpoint(app.key, &reference, NOW).await.unwrap());
    }
    let count = |what: &str| number(&place, &format!("SELECT count(*) FROM {what}"));
    assert_eq!(count("endpoint WHERE deleted = 1 AND length(sealed) = 0"), 2);
    assert_eq!(count("endpoint WHERE config LIKE '%canary%' OR config LIKE '%pass%'"), 0);
    assert_eq!(retain(&store, NOW, 10).await, Removed { others: 1, ..Removed::default() });
    assert_eq!(count("endpoint WHERE deleted = 1"), 1);
    // Its attempt goes, then its delivery with the message.
    let after = |days: u32| NOW.plus(DAY * days);
    assert_eq!(retain(&store, after(2), 10).await, Removed { attempts: 1, ..Removed::default() });
    assert_eq!(count("endpoint WHERE deleted = 1"), 1);
    assert_eq!(retain(&store, after(4), 10).await, Removed { messages: 1, others: 1, ..Removed::default() });
    assert_eq!(count("endpoint"), 1);
    let left = store.endpoint(app.key, &Reference::Key(live.key)).await.unwrap().unwrap();
    assert_eq!(left.url, live.url);
}

#[tokio::test]
async fn tombstones_go_in_steps_and_those_that_are_named_hold_up_nobody() {
    let place = Place::new();
    let store = place.open_with(quick()).unwrap();
    let app = app(&store).await;
    let mint = KeyMint::new(2, 0);
    for number in 0..10 {
        let endpoint = store.create_endpoint(app.key, new_endpoint(), NOW).await.unwrap();
        if number < 4 {
            fail_once(&store, &app, &endpoint, &mint).await;
        }
        assert!(store.delete_endpoint(app.key, &Reference::Key(endpoint.key), NOW).await.unwrap());
    }
    let mut removed = Vec::new();
    for _ in 0..5 {
        removed.push(retain(&store, NOW, 3).await.others);
    }
    assert_eq!(removed, [0, 2, 3, 1, 0]);
    assert_eq!(number(&place, "SELECT count(*) FROM endpoint"), 4);
}

#[tokio::test]
async fn a_deleted_app_leaves_no_row() {
    let place = Place::new();
    let store = place.open_with(quick()).unwrap();
    let (app, other) = (app(&store).await, app(&store).await);
    assert!(store.delete_app(&org(), &Reference::Key(app.key), NOW).await.unwrap());
    assert!(!store.delete_app(&org(), &Reference::Key(app.key), NOW).await.unwrap());
    assert_eq!(number(&place, "SELECT count(*) FROM app"), 1);
    assert_eq!(number(&place, "SELECT key FROM app"), hookwire_core::id::Key::raw(other.key));
}

#[tokio::test]
async fn old_numbers_go_in_steps() {
    let place = Place::new();
    drop(place.open_with(quick()).unwrap());
    // Three endpoints with 250 old hours each, and one that counts still.
    let fill = "WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 250)
        INSERT INTO endpoint_hour SELECT e, iif(i = 0, ?1, i), 1, 1, 1 FROM n, (SELECT 1 AS e UNION SELECT 2 UNION SELECT 3)";
    let db = Connection::open(place.path()).unwrap();
    db.execute(fill, [NOW.seconds() / 3_600]).unwrap();
    drop(db);
    let store: Arc<SqliteStore> = place.open_with(quick()).unwrap();
    let mut removed = Vec::new();
    for _ in 0..9 {
        removed.push(retain(&store, NOW, 100).await.others);
    }
    assert_eq!(removed, [100, 100, 100, 100, 100, 100, 100, 50, 0]);
    assert_eq!(number(&place, "SELECT count(*) FROM endpoint_hour"), 3);
}
