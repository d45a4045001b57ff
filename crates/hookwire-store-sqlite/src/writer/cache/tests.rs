//! What is kept in memory is bounded in bytes, and counted without a remainder.

use hookwire_core::{NewApp, NewEndpoint, Secret};

use super::*;

const MIB: usize = 1_024 * 1_024;

fn app(number: i64) -> App {
    let new = NewApp { uid: Some(Uid::stored(&format!("app-{number}"))), ..NewApp::default() };
    let (org, profile) = (OrgId::stored("org"), ProfileName::standard());
    new.into_app(AppKey::from_raw(number), org, profile, Timestamp::from_seconds(0))
}

/// An endpoint with so many bytes of description.
fn endpoint(app: i64, number: i64, bytes: usize) -> Arc<Endpoint> {
    let new = NewEndpoint {
        uid: None,
        name: None,
        url: "https://example.com/".to_owned(),
        description: "x".repeat(bytes),
        version: 1,
        disabled: false,
        event_types: None,
        channels: None,
        throttle_rate: None,
        metadata: hookwire_core::Metadata::new(),
        headers: None,
        rules: hookwire_core::rules::RulesChange::default(),
        secret: Secret::from_random([7; 24]),
    };
    let (key, app) = (EndpointKey::from_raw(number), AppKey::from_raw(app));
    Arc::new(new.into_endpoint(key, app, Timestamp::from_seconds(0)))
}

fn cached(cache: &Cache) -> Vec<i64> {
    let mut keys: Vec<i64> = cache.apps.keys().map(|key| key.raw()).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn what_was_not_used_for_longest_is_dropped_when_it_takes_too_many_bytes() {
    let mut cache = Cache::default();
    for number in 1..=8 {
        cache.put_new(app(number), 1);
        cache.put_endpoint(&endpoint(number, number, 7 * MIB));
        cache.trim();
    }
    assert_eq!(cached(&cache), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert!(cache.cached(AppKey::from_raw(1)).is_some());
    cache.put_new(app(9), 1);
    cache.put_endpoint(&endpoint(9, 9, 9 * MIB));
    cache.trim();
    assert_eq!(cached(&cache), [1, 5, 6, 7, 8, 9]);
    assert!(cache.bytes <= BYTES_MAX / 4 * 3 && !cache.homes.contains_key(&EndpointKey::from_raw(2)));
    assert!(!cache.uids[&1].contains_key("app-2") && cache.uids[&1].contains_key("app-1"));
}

#[test]
fn the_app_that_is_in_use_stays_however_much_it_takes() {
    let mut cache = Cache::default();
    cache.put_new(app(1), 1);
    cache.trim();
    cache.put_new(app(2), 1);
    for number in 1..=20 {
        cache.put_endpoint(&endpoint(2, number, 4 * MIB));
    }
    cache.trim();
    assert_eq!(cached(&cache), [2]);
    cache.trim();
    assert_eq!(cached(&cache), [2]);
}

#[test]
fn bytes_are_counted_without_a_remainder() {
    let mut cache = Cache::default();
    cache.put_new(app(1), 1);
    let alone = cache.bytes;
    for (number, bytes) in [(1, 10), (2, 2_000), (1, 500), (2, 0)] {
        cache.put_endpoint(&endpoint(1, number, bytes));
        let all = cache.apps[&AppKey::from_raw(1)].bytes;
        assert_eq!(cache.bytes, all);
    }
    assert!(cache.bytes > alone + 500);
    cache.replace_app(&Arc::new(App { name: "x".repeat(300), ..app(1) }));
    assert_eq!(cache.apps[&AppKey::from_raw(1)].bytes, cache.bytes);
    for number in [1, 2] {
        cache.remove_endpoint(AppKey::from_raw(1), EndpointKey::from_raw(number));
    }
    assert_eq!(cache.bytes, alone + 300);
    cache.forget(AppKey::from_raw(1));
    assert_eq!((cache.bytes, cache.homes.len(), cache.uids.len()), (0, 0, 0));
}
