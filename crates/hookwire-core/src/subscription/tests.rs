//! Who wants what, also against trying every endpoint.

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::*;
use crate::filter::Steps;
use crate::id::Key;
use crate::limits::FILTER_STEPS_MAX;
use crate::{AppKey, NewEndpoint, Secret, Timestamp};

/// What an endpoint wants, with its parts.
#[derive(Debug, Clone)]
struct Wish {
    key: EndpointKey,
    event_types: Option<Vec<EventTypeName>>,
    channels: Option<Vec<Channel>>,
    filter: Option<Arc<Filter>>,
}

impl Wish {
    fn subscription(&self) -> Subscription<'_> {
        Subscription {
            endpoint: self.key,
            event_types: self.event_types.as_deref(),
            channels: self.channels.as_deref(),
            filter: self.filter.as_ref(),
        }
    }

    /// The rule, straight.
    fn wants(&self, event_type: &str, channels: &[Channel], payload: &str) -> bool {
        let document = Document::index(payload).unwrap();
        self.event_types.as_ref().is_none_or(|names| names.iter().any(|name| name.as_str() == event_type))
            && share(self.channels.as_deref(), channels)
            && self.filter.as_ref().is_none_or(|filter| filter.matches(&document))
    }
}

fn event_types(names: &[&str]) -> Vec<EventTypeName> {
    names.iter().map(|name| EventTypeName::parse(name).unwrap()).collect()
}

fn channels(names: &[&str]) -> Vec<Channel> {
    names.iter().map(|name| Channel::parse(name).unwrap()).collect()
}

fn wish(key: i64, types: Option<&[&str]>, of_channels: Option<&[&str]>, filter: Option<&str>) -> Wish {
    Wish {
        key: EndpointKey::from_raw(key),
        event_types: types.map(event_types),
        channels: of_channels.map(channels),
        filter: filter.map(|text| Arc::new(Filter::compile(text).unwrap())),
    }
}

fn subscriptions(wishes: &[Wish]) -> Subscriptions {
    Subscriptions::new(wishes.iter().map(Wish::subscription))
}

fn raw(keys: Vec<EndpointKey>) -> Vec<i64> {
    keys.into_iter().map(Key::raw).collect()
}

fn wanting(wishes: &[Wish], event_type: &str, of_channels: &[&str], payload: &str) -> Vec<i64> {
    raw(subscriptions(wishes).wanted_by(event_type, &channels(of_channels), Some(payload.as_bytes())))
}

#[test]
fn endpoints_choose_by_type_and_channel() {
    let wishes = [
        wish(4, None, Some(&["x"]), None),
        wish(3, Some(&["b"]), Some(&["x", "y"]), None),
        wish(2, Some(&["a", "b", "a"]), None, None),
        wish(1, None, None, None),
    ];
    assert_eq!(wanting(&wishes, "a", &[], "{}"), [1, 2]);
    assert_eq!(wanting(&wishes, "b", &["y"], "{}"), [1, 2, 3]);
    assert_eq!(wanting(&wishes, "c", &["x"], "{}"), [1, 4]);
    assert_eq!(wanting(&wishes, "c", &[], "{}"), [1]);
}

#[test]
fn endpoints_choose_by_payload_too() {
    let wishes = [
        wish(1, Some(&["a"]), None, Some(r#"{"customer":"c1"}"#)),
        wish(2, None, None, Some(r#"{"customer":{"$in":["c2","c1"]},"price":{"$gt":5}}"#)),
        wish(3, Some(&["a"]), Some(&["x"]), Some(r#"{"customer":"c1"}"#)),
        wish(4, Some(&["a"]), None, Some(r#"{"price":{"$lt":5}}"#)),
        wish(5, None, None, Some(r#"{"customer":null}"#)),
        wish(6, None, None, Some(r#"{"deep":{"er":[1,true]}}"#)),
    ];
    assert_eq!(wanting(&wishes, "a", &[], r#"{"customer":"c1","price":9}"#), [1, 2]);
    assert_eq!(wanting(&wishes, "b", &["x"], r#"{"customer":["c1","c2"],"price":9}"#), [2]);
    assert_eq!(wanting(&wishes, "a", &["x"], r#"{"customer":"c1","price":1}"#), [1, 3, 4]);
    assert_eq!(wanting(&wishes, "a", &[], r#"{"deep":{"er":1.0}}"#), [5, 6]);
}

#[test]
fn a_payload_that_cannot_be_read_passes_every_filter() {
    let mut wishes: Vec<_> =
        (0..10).map(|key| wish(key, None, None, Some(&format!(r#"{{"a":{key}}}"#)))).collect();
    wishes.push(wish(10, None, None, Some(r#"{"a":{"$gt":1}}"#)));
    wishes.push(wish(11, Some(&["b"]), None, Some(r#"{"a":1}"#)));
    let subscriptions = subscriptions(&wishes);
    for payload in [None, Some(&b"{"[..]), Some(b"\"\xff\"")] {
        assert_eq!(raw(subscriptions.wanted_by("a", &[], payload)), (0..11).collect::<Vec<_>>());
    }
    assert_eq!(raw(subscriptions.wanted_by("a", &[], Some(b"{}"))), [0; 0]);
}

#[test]
fn a_list_too_long_to_look_up_passes_every_filter() {
    let wishes: Vec<_> =
        (0..10).map(|key| wish(key, None, None, Some(&format!(r#"{{"a":"{key}"}}"#)))).collect();
    let list = |count: u32| format!(r#"{{"a":[{}null]}}"#, "null,".repeat(count as usize));
    let few = FILTER_STEPS_MAX / (FEW as u32 + 2);
    assert_eq!(wanting(&wishes, "t", &[], &list(few)), [0; 0]);
    assert_eq!(wanting(&wishes, "t", &[], &list(FILTER_STEPS_MAX)), (0..10).collect::<Vec<_>>());
}

#[test]
fn the_filters_of_an_app_share_the_steps_of_a_payload() {
    let wishes: Vec<_> =
        (0..40).map(|key| wish(key, None, None, Some(&format!(r#"{{"a":{{"$gt":{key}}}}}"#)))).collect();
    let numbers = format!(r#"{{"a":[{}0]}}"#, "0,".repeat(FILTER_STEPS_MAX as usize / 20));
    let matched = wanting(&wishes, "t", &[], &numbers);
    assert_eq!(matched, (19..40).collect::<Vec<_>>());
}

/// The groups that are tried for a payload.
fn tried(wishes: &[Wish], payload: &str) -> usize {
    let subscriptions = subscriptions(wishes);
    let payload = LazyDocument { json: Some(payload.as_bytes()), document: OnceCell::new() };
    let mut found = subscriptions.all_types.groups.clone();
    subscriptions.by_value.find(&payload, &mut Steps::default(), &mut found);
    found.len()
}

#[test]
fn a_value_repeated_in_a_long_list_is_looked_up_once() {
    let wishes: Vec<_> =
        (0..2_000).map(|key| wish(key, None, Some(&[&format!("c{key}")]), Some(r#"{"a":"x"}"#))).collect();
    let list = format!(r#"{{"a":[{}"x"]}}"#, r#""x","#.repeat(200_000));
    assert_eq!(tried(&wishes, &list), 2_000);
}

#[test]
fn filters_that_require_a_value_are_found_by_the_rarest() {
    let filter =
        |key: i64| format!(r#"{{"action":"Create","id":{{"$in":["c{key}","d{key}"]}},"n":{{"$gt":0}}}}"#);
    let wishes: Vec<_> = (0..1_000).map(|key| wish(key, None, None, Some(&filter(key)))).collect();
    let payload = |id: &str| format!(r#"{{"action":"Create","id":{id},"n":1}}"#);
    assert_eq!(wanting(&wishes, "t", &[], &payload(r#""c7""#)), [7]);
    assert_eq!(tried(&wishes, &payload(r#""c7""#)), FEW + 2, "one was kept by its action");
    assert_eq!(wanting(&wishes, "t", &[], &payload(r#"["d7","c9"]"#)), [7, 9]);
    assert_eq!(tried(&wishes, &payload(r#"["d7","c9"]"#)), FEW + 3);
}

#[test]
fn endpoints_of_a_rare_event_type_are_found_by_it() {
    let wishes: Vec<_> = (0..1_000)
        .map(|key| {
            wish(key, Some(&[&format!("t{}", key / 5)]), None, Some(&format!(r#"{{"a":["x","{key}"]}}"#)))
        })
        .collect();
    assert_eq!(wanting(&wishes, "t1", &[], r#"{"a":"x"}"#), [5, 6, 7, 8, 9]);
    assert_eq!(wanting(&wishes, "t1", &[], r#"{"a":["99","6"]}"#), [6]);
    assert!(tried(&wishes, r#"{"a":"x"}"#) <= 200, "at most the fifth of each type is kept by value");
}

#[test]
fn the_payload_is_read_only_when_a_filter_may_need_it() {
    let plain = wish(1, None, None, None);
    let other_type = wish(2, Some(&["b"]), None, Some(r#"{"a":1}"#));
    let other_channel = wish(3, None, Some(&["x"]), Some(r#"{"a":{"$gt":1}}"#));
    let by_value = (10..20).map(|key| wish(key, Some(&["c"]), None, Some(&format!(r#"{{"a":{key}}}"#))));
    let subscriptions =
        subscriptions(&[plain, other_type, other_channel].into_iter().chain(by_value).collect::<Vec<_>>());
    let is_read = |event_type: &str, of_channels: &[&str]| {
        let payload = LazyDocument { json: Some(b"{}"), document: OnceCell::new() };
        subscriptions.wanted(event_type, &channels(of_channels), &payload, Effort::any()).unwrap();
        payload.document.get().is_some()
    };
    assert!(!is_read("a", &[]));
    assert!(is_read("b", &[]) && is_read("a", &["x"]) && is_read("c", &[]));
}

#[test]
fn what_may_take_long_is_not_found_out_soon() {
    let ranges = |count: i64| -> Vec<_> {
        (0..count).map(|key| wish(key, None, None, Some(&format!(r#"{{"a":{{"$gt":{key}}}}}"#)))).collect()
    };
    let values = |count: i64| -> Vec<_> {
        (0..count).map(|key| wish(key, None, None, Some(&format!(r#"{{"a":{key}}}"#)))).collect()
    };
    let fields = |count: i64| -> Vec<_> {
        (0..count).map(|key| wish(key, None, None, Some(&format!(r#"{{"a{key}":1}}"#)))).collect()
    };
    let soon = |wishes: &[Wish], payload: &str| {
        subscriptions(wishes).wanted_soon("t", &[], Some(payload.as_bytes())).map(raw)
    };
    assert_eq!(soon(&ranges(20), r#"{"a":3}"#), Some(vec![0, 1, 2]));
    assert_eq!(soon(&ranges(2_000), r#"{"a":3}"#), None);
    assert_eq!(soon(&values(2_000), r#"{"a":3}"#), Some(vec![3]));
    assert_eq!(soon(&fields(2_000), r#"{"a3":1}"#), None);
    let same = vec![wish(1, None, None, Some(r#"{"a":{"$gt":1}}"#)); 2_000];
    assert_eq!(soon(&same, r#"{"a":1}"#), Some(Vec::new()));
    // Neither is what a large payload, or a long list in it, makes long.
    let large = format!(r#"{{"a":3,"b":"{}"}}"#, "x".repeat(10_000));
    let list = format!(r#"{{"a":[{}1]}}"#, "1,".repeat(1_500));
    assert_eq!((soon(&ranges(1), &large), soon(&ranges(5), &list)), (None, None));
    assert_eq!(soon(&[wish(1, None, None, None)], &large), Some(vec![1]));
    let channels: Vec<_> = (0..2_000).map(|key| wish(key, None, Some(&[&format!("c{key}")]), None)).collect();
    assert_eq!(soon(&channels, "{}"), None);
}

#[test]
fn endpoints_that_want_the_same_are_one_group() {
    let filter = |spaces: usize| format!(r#"{{{}"a":{{"$gt":1}}}}"#, " ".repeat(spaces));
    let wishes: Vec<_> = (0..30).map(|key| wish(key, None, None, Some(&filter(key as usize % 3)))).collect();
    assert_eq!(subscriptions(&wishes).groups.len(), 1);
    assert_eq!(wanting(&wishes, "a", &[], r#"{"a":2}"#), (0..30).collect::<Vec<_>>());
}

#[test]
fn after_many_changes_it_is_time_to_start_anew() {
    let wishes: Vec<_> =
        (0..200).map(|key| wish(key, None, None, Some(&format!(r#"{{"a":{key}}}"#)))).collect();
    let mut subscriptions = subscriptions(&wishes);
    let mut changes = 0;
    while subscriptions.put(wishes[7].key, Some(wishes[7].subscription())) {
        changes += 1;
    }
    assert!((50..100).contains(&changes), "{changes}");
}

#[test]
fn a_disabled_endpoint_subscribes_to_nothing() {
    let mut endpoint = NewEndpoint {
        uid: None,
        name: None,
        url: "https://example.com/".to_owned(),
        description: String::new(),
        version: 1,
        disabled: true,
        event_types: Some(event_types(&["a"])),
        channels: Some(channels(&["x"])),
        throttle_rate: None,
        metadata: crate::Metadata::new(),
        headers: None,
        rules: crate::rules::RulesChange::default(),
        secret: Secret::from_random([0; 24]),
    }
    .into_endpoint(EndpointKey::from_raw(7), AppKey::from_raw(1), Timestamp::from_seconds(0));
    assert_eq!(Subscription::of(&endpoint), None);
    endpoint.disabled = false;
    let wish = wish(7, Some(&["a"]), Some(&["x"]), None);
    assert_eq!(Subscription::of(&endpoint), Some(wish.subscription()));
}

fn filter() -> impl Strategy<Value = Value> {
    let scalar = || select(vec![json!("x"), json!("y"), json!(1), json!(1.0), json!(true), json!(null)]);
    let values = vec(scalar(), 1..4).prop_map(Value::from);
    let leaf = prop_oneof![
        scalar(),
        values.prop_map(Value::from),
        vec(scalar(), 1..3).prop_map(|values| json!({ "$nin": values })),
        Just(json!({"$gt": 0})),
        any::<bool>().prop_map(|exists| json!({ "$exists": exists })),
    ]
    .boxed();
    let name = || select(vec!["a", "b", "c"]);
    let nested = prop_oneof![
        3 => leaf.clone(),
        1 => (name(), leaf.clone()).prop_map(|(name, leaf)| json!({ name: leaf })),
        1 => leaf.clone().prop_map(|leaf| json!({"$elemMatch": leaf})),
    ]
    .boxed();
    let fields = prop::collection::btree_map(name().prop_map(str::to_owned), nested, 1..4)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
        .boxed();
    prop_oneof![
        4 => fields.clone(),
        1 => vec(fields.clone(), 1..3).prop_map(|fields| json!({ "$and": fields })),
        1 => vec(fields.clone(), 1..3).prop_map(|fields| json!({ "$or": fields })),
        1 => fields.prop_map(|fields| json!({ "$not": fields })),
    ]
}

fn payload() -> impl Strategy<Value = Value> {
    let scalar = select(vec![json!("x"), json!("y"), json!(1), json!(true), json!(null), json!(0.5)]).boxed();
    let value = prop_oneof![
        3 => scalar.clone(),
        1 => vec(scalar.clone(), 0..4).prop_map(Value::from),
        1 => scalar.prop_map(|value| json!({"a": value})),
    ];
    prop::collection::btree_map(select(vec!["a", "b", "c"]).prop_map(str::to_owned), value, 0..4)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

fn names(of: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    btree_set(select(of.to_vec()), 0..3).prop_map(|names| names.into_iter().collect())
}

type Parts = (Option<Vec<&'static str>>, Option<Vec<&'static str>>, Option<Value>);

fn parts() -> impl Strategy<Value = Parts> {
    (option::of(names(&["t", "u", "v"])), option::of(names(&["x", "y"])), option::of(filter()))
}

fn made(key: usize, (types, channels, filter): Parts) -> Wish {
    let filter = filter.map(|filter| filter.to_string());
    wish(key as i64, types.as_deref(), channels.as_deref(), filter.as_deref())
}

type Post = (&'static str, Vec<&'static str>, Value);

fn posts() -> impl Strategy<Value = Vec<Post>> {
    vec((select(vec!["t", "u", "w"]), names(&["x", "y", "z"]), payload()), 1..8)
}

/// Whether it names the same endpoints for each as trying them one by one does.
fn agrees(subscriptions: &Subscriptions, wishes: &[Wish], posts: &[Post]) -> Result<(), TestCaseError> {
    for (event_type, names, payload) in posts {
        let (channels, payload) = (channels(names), payload.to_string());
        let wanting = wishes.iter().filter(|wish| wish.wants(event_type, &channels, &payload));
        let expected: Vec<_> = wanting.map(|wish| wish.key).collect();
        let found = subscriptions.wanted_by(event_type, &channels, Some(payload.as_bytes()));
        let soon = subscriptions.wanted_soon(event_type, &channels, Some(payload.as_bytes()));
        prop_assert!(soon.is_none_or(|soon| soon == found));
        prop_assert_eq!(found, expected, "{} {:?} {}", event_type, channels, payload);
    }
    Ok(())
}

proptest! {
    #[test]
    fn the_index_agrees_with_trying_every_endpoint(wishes in vec(parts(), 0..80), posts in posts()) {
        let wishes: Vec<_> = wishes.into_iter().enumerate().map(|(key, parts)| made(key, parts)).collect();
        agrees(&subscriptions(&wishes), &wishes, &posts)?;
    }

    #[test]
    fn changes_lead_to_what_starting_anew_would(
        wishes in vec(parts(), 20..40),
        changes in vec((0..40_usize, option::of(parts())), 0..CHANGES_MIN),
        posts in posts(),
    ) {
        let mut wishes: Vec<_> = wishes.into_iter().enumerate().map(|(key, parts)| made(key, parts)).collect();
        let mut subscriptions = subscriptions(&wishes);
        for (key, parts) in changes {
            let raw = EndpointKey::from_raw(key as i64);
            let new = parts.map(|parts| made(key, parts));
            prop_assert!(subscriptions.put(raw, new.as_ref().map(Wish::subscription)));
            wishes.retain(|wish| wish.key != raw);
            wishes.extend(new);
            wishes.sort_by_key(|wish| wish.key);
        }
        agrees(&subscriptions, &wishes, &posts)?;
    }
}
