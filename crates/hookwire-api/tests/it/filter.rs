//! `/filter/test`.

use http::Method;
use serde_json::{Value, json};

use crate::world::World;

const PATH: &str = "/filter/test";

#[tokio::test]
async fn a_filter_is_tried_on_a_payload() {
    let world = World::new();
    let org = world.org();
    let filter = json!({ "action": ["Create"], "payload": { "price": { "$gte": 100 } } });
    for (payload, matches) in [
        (json!({ "action": "Create", "payload": { "price": 100 } }), true),
        (json!({ "action": "Create", "payload": { "price": 99 } }), false),
        (json!([]), false),
    ] {
        let answer = org.post(PATH, json!({ "filter": filter, "payload": payload })).await.expect(200);
        assert_eq!(answer, json!({ "matches": matches }), "{payload}");
    }
    let app = org.make_app("acme").await;
    let own = world.app_client("org_a", &app);
    own.post(PATH, json!({ "filter": {}, "payload": {} })).await.expect(200);
}

#[tokio::test]
async fn a_faulty_filter_is_refused_with_the_place() {
    let world = World::new();
    let org = world.org();
    for (filter, place) in [
        (json!({ "a": { "$or": [1, { "$gtt": 1 }] } }), "body.filter.a.$or.[1].$gtt"),
        (json!({ "a": [] }), "body.filter.a"),
        (json!([]), "body.filter"),
        (json!(null), "body.filter"),
        (json!({ "x".repeat(2_000): 1 }), &format!("body.filter.{}..", "x".repeat(64))),
    ] {
        org.post(PATH, json!({ "filter": filter, "payload": {} })).await.expect_invalid_at(place);
    }
    org.post(PATH, json!({ "payload": {} })).await.expect_invalid_at("body");
    org.post(PATH, json!({ "filter": {} })).await.expect_invalid_at("body");
}

#[tokio::test]
async fn hostile_filters_and_payloads_are_answered() {
    let world = World::new();
    let org = world.org();
    let deep = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
    let send = async |filter: &str, payload: &str| {
        let body = format!(r#"{{"filter":{filter},"payload":{payload}}}"#);
        org.send(Method::POST, PATH, body).await
    };
    assert_eq!(send(&deep(17), "{}").await.status, 422, "too deep");
    let wide: Value = (0..257).map(|number| (format!("f{number}"), json!(1))).collect();
    assert_eq!(send(&wide.to_string(), "{}").await.status, 422, "too many conditions");
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(40_000));
    assert_eq!(send(&long, "{}").await.status, 422, "too long");
    assert_eq!(send("{\"a\":1e99999999999}", "{}").await.status, 422, "a number beyond all measure");
    let each = json!({ "l": { "$elemMatch": { "$and": vec![json!({ "$ne": 0 }); 120] } } });
    let list = format!("{{\"l\":[{}1]}}", "1,".repeat(400_000));
    assert_eq!(send(&each.to_string(), &list).await.expect(200), json!({ "matches": true }));
}
