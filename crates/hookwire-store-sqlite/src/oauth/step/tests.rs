//! A change to a client that was interrupted is carried on with, from where it was.

use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::oauth::{
    ActorMode, Client, ClientChange, Code, Digest, Grant, NewClient, OauthScope, RedirectUri,
};
use hookwire_core::{AppKey, ClientKey, EventTypeName, KeyMint, NewApp, OrgId, Secret, Timestamp};
use hookwire_store::oauth::{NewTokens, RedeemCode, Redeemed};
use hookwire_store::{Catalog, Oauth, Order, Page, Vault};

use super::super::client;
use crate::{Settings, SqliteStore};

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);
const LATER: Timestamp = Timestamp::from_seconds(1_790_009_000);
const PAGE: Page = Page { limit: 50, order: Order::Ascending, cursor: None };

fn open(folder: &tempfile::TempDir) -> Arc<SqliteStore> {
    let mint = Arc::new(KeyMint::new(1, 0));
    SqliteStore::open(&folder.path().join("db"), Vault::new("x"), Settings::default(), mint).unwrap()
}

async fn app(store: &SqliteStore) -> AppKey {
    let org = OrgId::stored("org_main");
    store.create_app(&org, NewApp::default(), NOW).await.unwrap().into_inner().key
}

async fn register(store: &SqliteStore, owner: AppKey) -> Client {
    let new = NewClient {
        org: OrgId::stored("org_main"),
        owner,
        name: "Client".to_owned(),
        redirect_uris: vec![RedirectUri::stored("https://a.example/cb")],
        actor_modes: vec![ActorMode::App],
        scopes: OauthScope::parse_list("webhooks:manage").unwrap(),
        webhook_url: Some("https://a.example/hook".to_owned()),
        subscribed: vec![EventTypeName::stored("a"), EventTypeName::stored("b")],
        secret: None,
        signing: Secret::from_random([1; 24]),
    };
    store.create_client(new, NOW).await.unwrap()
}

async fn install(store: &SqliteStore, client: &Client, app: AppKey) {
    let digest = |kind: &str| Digest::of(&format!("{kind} {}", app.raw()));
    let verifier = "v".repeat(50);
    let grant = Grant {
        redirect_uri: "https://a.example/cb".to_owned(),
        actor: ActorMode::App,
        scopes: client.scopes.clone(),
        events: client.subscribed.iter().map(|one| one.event.clone()).collect(),
        challenge: Some(hookwire_core::oauth::Challenge::of(&verifier)),
    };
    let (issued, expires) = (NOW, LATER);
    let (user, org, client) = ("u".to_owned(), client.org.clone(), client.key);
    let code = Code { client, org, app, user, grant, issued, expires, used_by: None };
    assert!(store.issue_code(digest("code"), code).await.unwrap());
    let tokens = NewTokens {
        access: digest("access"),
        access_until: LATER,
        refresh: digest("refresh"),
        family: digest("family"),
        refresh_until: LATER,
    };
    let redirect_uri = Some("https://a.example/cb".to_owned());
    let redeem =
        RedeemCode { code: digest("code"), client, redirect_uri, verifier: Some(verifier), tokens, now: NOW };
    assert!(matches!(store.redeem_code(redeem).await.unwrap(), Redeemed::Done(_)));
}

async fn stage(store: &SqliteStore) -> (Client, Vec<AppKey>) {
    let client = register(store, app(store).await).await;
    let mut apps = Vec::new();
    for _ in 0..3 * super::INSTALLS_AT_ONCE {
        let app = app(store).await;
        install(store, &client, app).await;
        apps.push(app);
    }
    (client, apps)
}

async fn count(
    store: &SqliteStore,
    apps: &[AppKey],
    is_so: impl Fn(&hookwire_core::Endpoint) -> bool,
) -> usize {
    let mut count = 0;
    for app in apps {
        count += store.endpoints(*app, PAGE).await.unwrap().items.iter().filter(|one| is_so(one)).count();
    }
    count
}

/// The first transaction of a change, and the first steps after it.
async fn begin(store: &SqliteStore, client: &Client, change: ClientChange, steps: usize) {
    let (owner, key) = (client.owner, client.key);
    store.writer.write(move |work| client::change(work, owner, key, change, LATER)).await.unwrap();
    for _ in 0..steps {
        store.writer.write(move |work| super::step(work, key, LATER)).await.unwrap();
    }
}

async fn tidy(store: &SqliteStore) {
    while store.tidy_oauth(LATER, 100).await.unwrap().installs > 0 {}
}

#[tokio::test]
async fn an_interrupted_suspension_is_carried_on_with_after_a_restart() {
    let folder = tempfile::TempDir::new().unwrap();
    let store = open(&folder);
    let (client, apps) = stage(&store).await;
    let suspend = ClientChange { suspended: Some(true), ..ClientChange::default() };
    begin(&store, &client, suspend, 1).await;
    assert_eq!(count(&store, &apps, |_| true).await, 2 * super::INSTALLS_AT_ONCE);
    drop(store);
    let store = open(&folder);
    tidy(&store).await;
    assert_eq!(count(&store, &apps, |_| true).await, 0);
    assert_eq!(store.tidy_oauth(LATER, 100).await.unwrap().installs, 0);
}

#[tokio::test]
async fn a_later_change_begins_anew_and_a_url_needs_no_steps() {
    let folder = tempfile::TempDir::new().unwrap();
    let store = open(&folder);
    let (client, apps) = stage(&store).await;
    let narrow =
        ClientChange { subscribed: Some(vec![EventTypeName::stored("a")]), ..ClientChange::default() };
    begin(&store, &client, narrow, 1).await;
    let url = Some(Some("https://b.example/".to_owned()));
    begin(&store, &client, ClientChange { webhook_url: url, ..ClientChange::default() }, 0).await;
    // Already all of them, in memory and in the file.
    assert_eq!(count(&store, &apps, |one| one.url == "https://b.example/").await, apps.len());
    let owed = apps.clone();
    let cached = store.writer.write(move |work| {
        let mut urls = Vec::new();
        for app in owed {
            let state = work.app(app)?.expect("the app is there");
            urls.extend(state.endpoints.values().map(|endpoint| endpoint.url.clone()));
        }
        Ok(urls)
    });
    assert!(cached.await.unwrap().iter().all(|url| url == "https://b.example/"));
    let is_narrow = |one: &hookwire_core::Endpoint| one.event_types == Some(vec![EventTypeName::stored("a")]);
    assert_eq!(count(&store, &apps, is_narrow).await, super::INSTALLS_AT_ONCE);
    tidy(&store).await;
    assert_eq!(count(&store, &apps, is_narrow).await, apps.len());
}

#[tokio::test]
async fn an_interrupted_deletion_is_carried_on_with_and_the_client_is_gone_at_once() {
    let folder = tempfile::TempDir::new().unwrap();
    let store = open(&folder);
    let (client, apps) = stage(&store).await;
    let key = client.key;
    let owner = client.owner;
    store.writer.write(move |work| client::delete(work, owner, key)).await.unwrap();
    assert_eq!(store.client(key).await.unwrap(), None);
    let token = Digest::of(&format!("access {}", apps[0].raw()));
    assert_eq!(store.token(token, NOW).await.unwrap(), None);
    tidy(&store).await;
    assert_eq!(count(&store, &apps, |_| true).await, 0);
    let rows = |sql: &'static str| {
        store
            .readers
            .read(move |reading| crate::row::one(reading.db, sql, [], |row| Ok(row.get::<_, i64>(0)?)))
    };
    assert_eq!(rows("SELECT count(*) FROM oauth_client").await.unwrap(), Some(0));
    assert_eq!(rows("SELECT count(*) FROM oauth_install").await.unwrap(), Some(0));
    assert_eq!(rows("SELECT count(*) FROM oauth_token").await.unwrap(), Some(0));
    // What was removed leaves its keys behind.
    drop(store);
    let next = register(&open(&folder), owner).await;
    assert!(next.key > ClientKey::from_raw(key.raw()));
}
