//! What endpoints set for themselves.

use std::sync::Arc;
use std::time::Duration;

use hookwire_core::retry::{RetryOn, RetryPolicy};
use hookwire_core::rules::{DeliveryOrder, Method, Rules, RulesChange, Signing, Tls};
use hookwire_core::status::StatusSet;
use hookwire_core::{EndpointChange, Filter, NewEndpoint, Reference};

use crate::sure::Sure;
use crate::world::{World, new_endpoint};

/// A value for every rule.
pub(super) fn full() -> RulesChange {
    RulesChange {
        method: Some(Method::Put),
        content_type: Some(Some("application/cloudevents+json".to_owned())),
        body_template: Some(Some("{{message.id}} \u{1f9fe}".to_owned())),
        retry: Some(Some(RetryPolicy {
            delays: vec![Duration::from_millis(1_500), Duration::from_hours(2)],
            jitter: 0.25,
            retry_on: RetryOn::parse(["timeout", "5xx", "429"]).sure(),
        })),
        success: Some(Some(StatusSet::parse(["2xx", "304"]).sure())),
        timeout: Some(Some(Duration::from_millis(2_500))),
        tls: Some(Some(Tls {
            ca_pem: Some("ca".to_owned()),
            client_cert_pem: Some("cert".to_owned()),
            client_key_pem: Some("key".to_owned().into()),
        })),
        filter: Some(Some(filter(r#"{ "paid": [true, false] }"#))),
        log_limit: Some(Some(20)),
        order: Some(DeliveryOrder::Fifo),
        signing: Some(Some(Signing::None)),
    }
}

/// Other values than [`full`]'s, each in a change of its own.
fn others() -> [RulesChange; 11] {
    let keep = RulesChange::default;
    let plain = RetryPolicy { delays: Vec::new(), jitter: 0.0, retry_on: RetryOn::default() };
    let trust = Tls { ca_pem: Some("other".to_owned()), ..Tls::default() };
    [
        RulesChange { method: Some(Method::Delete), ..keep() },
        RulesChange { content_type: Some(Some("text/plain".to_owned())), ..keep() },
        RulesChange { body_template: Some(Some(String::new())), ..keep() },
        RulesChange { retry: Some(Some(plain)), ..keep() },
        RulesChange { success: Some(Some(StatusSet::parse(["204"]).sure())), ..keep() },
        RulesChange { timeout: Some(Some(Duration::from_mins(1))), ..keep() },
        RulesChange { tls: Some(Some(trust)), ..keep() },
        RulesChange { filter: Some(Some(filter(r#"{"paid":{"$exists":true}}"#))), ..keep() },
        RulesChange { log_limit: Some(Some(1)), ..keep() },
        RulesChange { order: Some(DeliveryOrder::None), ..keep() },
        RulesChange { signing: Some(Some(Signing::Standard)), ..keep() },
    ]
}

/// Back to what is usual, each rule in a change of its own.
fn resets() -> [RulesChange; 11] {
    let keep = RulesChange::default;
    [
        RulesChange { method: Some(Method::Post), ..keep() },
        RulesChange { content_type: Some(None), ..keep() },
        RulesChange { body_template: Some(None), ..keep() },
        RulesChange { retry: Some(None), ..keep() },
        RulesChange { success: Some(None), ..keep() },
        RulesChange { timeout: Some(None), ..keep() },
        RulesChange { tls: Some(None), ..keep() },
        RulesChange { filter: Some(None), ..keep() },
        RulesChange { log_limit: Some(None), ..keep() },
        RulesChange { order: Some(DeliveryOrder::None), ..keep() },
        RulesChange { signing: Some(None), ..keep() },
    ]
}

pub(super) fn filter(source: &str) -> Arc<Filter> {
    Arc::new(Filter::compile(source).sure())
}

pub(crate) async fn rules_are_changed_one_by_one_and_reset(mut world: World) {
    let app = world.app().await;
    let endpoint = world.endpoint_with(&app, |new| new.rules = full()).await;
    let reference = Reference::Key(endpoint.key);
    let mut expected = Rules::default();
    full().apply(&mut expected);
    assert_eq!(endpoint.rules, expected);
    for rules in others().into_iter().chain(resets()) {
        rules.clone().apply(&mut expected);
        let change = EndpointChange { rules, ..EndpointChange::default() };
        let changed =
            world.store().change_endpoint(app.key, &reference, change, world.now()).await.sure().sure();
        assert_eq!(changed.rules, expected);
        assert_eq!(world.stored_endpoint(&endpoint).await, Some(changed));
    }
    assert_eq!(expected, Rules::default());
    // A filter is kept as it was written.
    let source = r#"{ "paid" : [ true ] }"#;
    let rules = RulesChange { filter: Some(Some(filter(source))), ..RulesChange::default() };
    let change = EndpointChange { rules, ..EndpointChange::default() };
    world.store().change_endpoint(app.key, &reference, change, world.now()).await.sure();
    world.crash().await;
    let stored = world.stored_endpoint(&endpoint).await.sure();
    assert_eq!(stored.rules.filter.as_ref().sure().source(), source);
    world.send(&app).await;
    assert_eq!(*world.claim_one(&endpoint).await.endpoint, stored);
}

pub(crate) async fn putting_an_endpoint_keeps_the_rules_that_it_does_not_name(world: World) {
    let app = world.app().await;
    let named = |new: &mut NewEndpoint| (new.name, new.rules) = (Some("Billing".to_owned()), full());
    let endpoint = world.endpoint_with(&app, named).await;
    let put = async |rules, name: Option<&str>| {
        let new = NewEndpoint { rules, name: name.map(str::to_owned), ..new_endpoint() };
        let reference = Reference::Key(endpoint.key);
        world.store().upsert_endpoint(app.key, &reference, new, world.now()).await.sure().into_inner()
    };
    let kept = put(RulesChange::default(), None).await;
    assert_eq!((kept.name.as_str(), &kept.rules), ("Billing", &endpoint.rules));
    let changes = RulesChange { log_limit: Some(None), timeout: Some(None), ..RulesChange::default() };
    let changed = put(changes, Some("Orders")).await;
    assert_eq!(changed.rules, Rules { log_limit: None, timeout: None, ..endpoint.rules.clone() });
    assert_eq!(changed.name, "Orders");
    assert_eq!(world.stored_endpoint(&endpoint).await, Some(changed));
}
