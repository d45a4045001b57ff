//! Opening: migrations, the main secret, one process at a time, files that are not ours.

use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::rules::{Rules, RulesChange};
use hookwire_core::{DeliveryState, EndpointChange, KeyMint, ProfileName, Reference};
use hookwire_store::history::{AttemptFilter, MessageFilter};
use hookwire_store::triggers::{InvocationFilter, Registered};
use hookwire_store::upkeep::TrimStep;
use hookwire_store::{Catalog, History, Order, Page, Queue, Triggers, Upkeep, Vault};
use hookwire_store_sqlite::{OpenError, SCHEMA, SqliteStore, migrate};
use rusqlite::Connection;

use crate::place::{NOW, Place, app, new_endpoint, org, quick, trigger};

const PAGE: Page = Page { limit: 10, order: Order::Ascending, cursor: None };

#[tokio::test]
async fn a_file_of_schema_1_opens_and_works() {
    let place = Place::new();
    std::fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    let db = Connection::open(place.path()).unwrap();
    db.execute_batch(include_str!("../fixtures/v1.sql")).unwrap();
    drop(db);
    let store = place.open_with(quick()).unwrap();
    let app = store.app(&org(), &Reference::Uid("acme".to_owned())).await.unwrap().unwrap();
    let endpoints = store.endpoints(app.key, PAGE).await.unwrap().items;
    assert_eq!(endpoints[0].url, "https://user:pass@example.com/hook");
    assert_eq!(endpoints[0].headers, [("Authorization".to_owned(), "Bearer canary".to_owned())]);
    assert_eq!((endpoints[0].name.as_str(), &endpoints[0].rules), ("", &Rules::default()));
    let profiles = [store.profile(&org()).await.unwrap(), app.profile.clone()];
    assert_eq!(profiles, [ProfileName::standard(), ProfileName::standard()]);
    let filter = MessageFilter { with_payload: true, ..MessageFilter::default() };
    let messages = store.messages(app.key, filter, PAGE).await.unwrap().items;
    assert_eq!(messages.len(), 2);
    assert_eq!(&messages[0].payload.as_ref().unwrap().json[..], br#"{"number":1}"#);
    let log = store.attempts_of_endpoint(app.key, endpoints[0].key, AttemptFilter::default(), false, PAGE);
    assert_eq!(log.await.unwrap().items[0].0.request, None);
    let owed = store.endpoints_of_message(app.key, messages[1].key, PAGE).await.unwrap().items;
    assert_eq!(owed[0].1.state, DeliveryState::Pending);
    assert_eq!(store.depth().await.unwrap().pending, 1);
    assert_eq!(store.event_type(&org(), "invoice.paid").await.unwrap().unwrap().description, "An invoice");
    // What schema 2 brought is there too.
    let trigger = trigger(app.key);
    assert_eq!(store.register_trigger(trigger.clone()).await.unwrap(), Registered::Created);
    assert_eq!(store.trigger(app.key, &trigger.id).await.unwrap(), Some(trigger));
    let any = InvocationFilter::default();
    assert!(store.invocations(app.key, any, PAGE).await.unwrap().items.is_empty());
    let rules = RulesChange { log_limit: Some(Some(1)), ..RulesChange::default() };
    let change = EndpointChange { rules, ..EndpointChange::default() };
    store.change_endpoint(app.key, &Reference::Key(endpoints[0].key), change, NOW).await.unwrap();
    assert_eq!(store.trim_logs(TrimStep { profiles: Vec::new(), limit: 9 }).await.unwrap(), 1);
    assert_eq!(store.depth().await.unwrap().pending, 1);
}

#[tokio::test]
async fn what_was_deleted_under_schema_1_loses_its_credentials() {
    let place = Place::new();
    std::fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    let db = Connection::open(place.path()).unwrap();
    db.execute_batch(include_str!("../fixtures/v1.sql")).unwrap();
    db.execute_batch(
        "UPDATE endpoint SET deleted = 1;
         INSERT INTO app (key, org, name, created, updated, deleted) VALUES (5, 1, 'gone', 0, 0, 1);",
    )
    .unwrap();
    assert_eq!(migrate(&place.path()).unwrap(), (1, SCHEMA));
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(number("SELECT sum(length(sealed)) FROM endpoint"), 0);
    assert_eq!(number("SELECT count(*) FROM app"), 1);
    drop(db);
    let store = place.open_with(quick()).unwrap();
    let app = store.app(&org(), &Reference::Uid("acme".to_owned())).await.unwrap().unwrap();
    let messages = store.messages(app.key, MessageFilter::default(), PAGE).await.unwrap().items;
    let owed = store.endpoints_of_message(app.key, messages[1].key, PAGE).await.unwrap().items;
    assert_eq!((owed[0].0.url.as_str(), owed[0].0.headers.len()), ("", 0));
    assert_eq!(owed[0].1.state, DeliveryState::Canceled);
}

#[test]
fn migrating_is_done_once() {
    let place = Place::new();
    assert_eq!(migrate(&place.path()).unwrap(), (0, SCHEMA));
    assert_eq!(migrate(&place.path()).unwrap(), (SCHEMA, SCHEMA));
    assert!(place.open_with(quick()).is_ok());
}

#[tokio::test]
async fn another_main_secret_is_refused_and_changes_nothing() {
    let place = Place::new();
    let store = place.open_with(quick()).unwrap();
    let app = app(&store).await;
    store.close().await;
    drop(store);
    let before = std::fs::read(place.path()).unwrap();
    let refused =
        SqliteStore::open(&place.path(), Vault::new("other"), quick(), Arc::new(KeyMint::new(1, 0)));
    assert!(matches!(refused, Err(OpenError::WrongSecret)), "{refused:?}");
    assert_eq!(std::fs::read(place.path()).unwrap(), before);
    let store = place.open_with(quick()).unwrap();
    assert_eq!(store.app(&org(), &Reference::Key(app.key)).await.unwrap(), Some(app));
}

#[tokio::test]
async fn a_store_is_open_once_at_a_time() {
    let place = Place::new();
    let store = place.open_with(quick()).unwrap();
    let second = place.open_with(quick());
    assert!(matches!(second, Err(OpenError::InUse(_))), "{second:?}");
    assert!(matches!(migrate(&place.path()), Err(OpenError::InUse(_))));
    store.close().await;
    assert!(place.open_with(quick()).is_ok());
}

#[test]
fn files_of_others_are_refused_by_name() {
    let place = Place::new();
    std::fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    std::fs::write(place.path(), vec![b'x'; 10_000]).unwrap();
    let garbage = place.open_with(quick());
    assert!(matches!(garbage, Err(OpenError::Damaged(_))), "{garbage:?}");
    assert!(garbage.unwrap_err().to_string().contains("no SQLite database"));

    let place = Place::new();
    std::fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    Connection::open(place.path()).unwrap().execute_batch("CREATE TABLE x (y)").unwrap();
    assert!(matches!(place.open_with(quick()), Err(OpenError::NotOurs)));
}

#[test]
fn a_file_of_a_later_version_is_refused() {
    let place = Place::new();
    drop(place.open_with(quick()).unwrap());
    let db = Connection::open(place.path()).unwrap();
    db.execute_batch(&format!("PRAGMA user_version = {}", SCHEMA + 1)).unwrap();
    drop(db);
    let refused = place.open_with(quick());
    assert!(matches!(refused, Err(OpenError::TooNew { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_mint_never_makes_a_stored_key_again() {
    let place = Place::new();
    let store = place.open_with(quick()).unwrap();
    let app = app(&store).await;
    let endpoint = store.create_endpoint(app.key, new_endpoint(), NOW).await.unwrap();
    drop(store);
    let mint = Arc::new(KeyMint::new(1, 0));
    let secret = Vault::new(crate::place::SECRET);
    let _store = SqliteStore::open(&place.path(), secret, quick(), Arc::clone(&mint)).unwrap();
    let next: hookwire_core::MessageKey = mint.next(NOW);
    assert!(next.raw() > endpoint.key.raw());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let _store = place.open_with(quick()).unwrap();
    for suffix in ["", "-wal", ".lock"] {
        let mut name = place.path().into_os_string();
        name.push(suffix);
        assert_eq!(std::fs::metadata(&name).unwrap().permissions().mode() & 0o777, 0o600, "{suffix}");
    }
}
