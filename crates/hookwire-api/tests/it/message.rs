//! `/app/{app_id}/msg`.

use hookwire_core::{OrgId, Reference};
use http::Method;
use serde_json::json;

use crate::world::{World, column, id_of};

#[tokio::test]
async fn a_message_is_accepted_and_read_back_byte_for_byte() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let payload = r#"{"z": 1, "a":{"z":1,"z":2},"big":1e400,"text":"\u00e9\ud800é"}"#;
    let body = format!(
        r#"{{"eventType":"user.signup","eventId":"evt_1","payload": {payload} ,"channels":["p1"],"tags":["t1"]}}"#
    );
    let answer = org.send(Method::POST, "/app/acme/msg", body).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let exact = format!(
        r#"{{"eventId":"evt_1","eventType":"user.signup","payload":{payload},"channels":["p1"],"id":"msg_"#
    );
    assert!(answer.text.starts_with(&exact), "{}", answer.text);
    let id = answer.text.split(r#""id":""#).nth(1).unwrap().split('"').next().unwrap().to_owned();
    for name in [id.as_str(), "evt_1"] {
        let read = org.get(&format!("/app/acme/msg/{name}")).await;
        assert_eq!((read.status.as_u16(), read.text), (200, answer.text.clone()));
    }
}

#[tokio::test]
async fn an_answer_without_content_has_an_empty_payload() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let body = json!({ "eventType": "a", "payload": { "x": 1 } });
    let made = org.post("/app/acme/msg?with_content=false", body).await.expect(202);
    assert_eq!(
        (&made["payload"], &made["eventId"], &made["channels"]),
        (&json!({}), &json!(null), &json!(null))
    );
    assert_eq!(made["timestamp"], "2026-09-21T14:13:20.000000Z");
    let id = id_of(&made);
    let read = org.get(&format!("/app/acme/msg/{id}?with_content=false")).await.expect(200);
    assert_eq!(read, made);
    assert_eq!(org.get(&format!("/app/acme/msg/{id}")).await.expect(200)["payload"], json!({ "x": 1 }));
    org.post("/app/acme/msg?with_content=2", json!({})).await.expect(400);
}

#[tokio::test]
async fn a_repeated_event_id_is_refused_and_names_the_message_that_has_it() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let body = json!({ "eventType": "a", "eventId": "evt_1", "payload": {} });
    let first = id_of(&org.post("/app/acme/msg", body.clone()).await.expect(202));
    let refused = org.post("/app/acme/msg", body).await.expect(409);
    assert_eq!((&refused["code"], &refused["existingMessageId"]), (&json!("conflict"), &json!(first)));
    assert!(refused["detail"].as_str().unwrap().contains(&format!("already exists as {first}")));
}

#[tokio::test]
async fn an_app_is_made_on_the_way_when_its_uid_is_the_one_in_the_path() {
    let world = World::new();
    let org = world.org();
    let body = |uid: Option<&str>| json!({ "eventType": "a", "payload": {}, "application": { "name": "New", "uid": uid } });
    org.post("/app/fresh/msg", json!({ "eventType": "a", "payload": {} })).await.expect(404);
    let mismatch = org.post("/app/fresh/msg", body(Some("other"))).await.expect(422);
    assert_eq!(mismatch["detail"][0]["type"], "application_uid_mismatch");
    let missing = org.post("/app/fresh/msg", body(None)).await.expect(422);
    assert_eq!(missing["detail"][0]["type"], "application_uid_missing");
    let deleted = org.make_app("deleted").await;
    org.delete("/app/deleted").await.expect(204);
    org.post(&format!("/app/{deleted}/msg"), body(Some("fresh"))).await.expect(404);
    org.post("/app/fresh/msg", body(Some("fresh"))).await.expect(202);
    assert_eq!(org.get("/app/fresh").await.expect(200)["name"], "New");
    org.post("/app/fresh/msg", body(Some("fresh"))).await.expect(202);
}

#[tokio::test]
async fn every_fault_of_a_message_is_named() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    for (field, value, place) in [
        ("eventType", json!("a b"), "body.eventType"),
        ("eventType", json!(1), "body.eventType"),
        ("payload", json!([1]), "body.payload"),
        ("payload", json!("text"), "body.payload"),
        ("payload", json!(null), "body.payload"),
        ("eventId", json!("msg_1"), "body.uid.__all__"),
        ("channels", json!(["1", "2", "3", "4", "5", "6"]), "body.channels"),
        ("channels", json!(["a b"]), "body.channels.[0]"),
        ("tags", json!(["1", "2", "3", "4", "5", "6", "7", "8", "9"]), "body.tags"),
        ("tags", json!(["x".repeat(129)]), "body.tags"),
        ("deliverAt", json!("tomorrow"), "body.deliverAt"),
        ("deliverAt", json!("2027-01-01T00:00:00Z"), "body.deliverAt"),
        ("payloadRetentionPeriod", json!(4), "body.payload_retention_period"),
        ("payloadRetentionPeriod", json!(91), "body.payload_retention_period"),
        ("payloadRetentionHours", json!(2_161), "body.payload_retention_hours"),
        ("transformationsParams", json!({ "headers": { "x": "y" } }), "body.transformationsParams.headers"),
        ("application", json!({ "name": "", "uid": "acme" }), "body.application.name"),
    ] {
        let mut body = json!({ "eventType": "a", "payload": {} });
        body[field] = value;
        org.post("/app/acme/msg", body).await.expect_invalid_at(place);
    }
    org.post("/app/acme/msg", json!({ "eventType": "a" })).await.expect_invalid_at("body");
    assert_eq!(column(&org.get("/app/acme/msg").await.expect(200), "id").len(), 0, "nothing was accepted");
}

#[tokio::test]
async fn older_names_and_optional_fields_are_honoured() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let body = json!({
        "eventType": "a", "data": { "x": 1 }, "deliverAt": "2026-09-22T00:00:00+02:00", "payloadRetentionHours": 1,
        "payloadRetentionPeriod": 5, "tags": ["b", "a", "a"], "channels": ["d", "c"],
        "transformationsParams": { "rawPayload": "raw", "headers": { "content-type": "text/plain" } },
    });
    let answer = org.post("/app/acme/msg", body).await;
    assert_eq!(answer.header("hookwire-ignored-fields"), None);
    let made = answer.expect(202);
    assert_eq!((&made["payload"], &made["tags"]), (&json!({ "x": 1 }), &json!(["a", "b"])));
    assert_eq!(
        (&made["deliverAt"], &made["channels"]),
        (&json!("2026-09-21T22:00:00.000000Z"), &json!(["c", "d"]))
    );
    let past = json!({ "eventType": "a", "payload": {}, "deliverAt": "2020-01-01T00:00:00Z" });
    assert!(org.post("/app/acme/msg", past).await.expect(202).get("deliverAt").is_none());
}

#[tokio::test]
async fn payloads_are_kept_for_the_span_that_the_store_takes_for_usual() {
    let usual = hookwire_store_sqlite::Settings::default().payload_retention;
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    org.make_endpoint("acme", "main").await;
    let example = json!({ "eventType": "hookwire.ping" });
    let ids = [
        id_of(&org.post("/app/acme/msg", json!({ "eventType": "a", "payload": {} })).await.expect(202)),
        id_of(&org.post("/app/acme/endpoint/main/send-example", example).await.expect(200)),
    ];
    let acme = Reference::Uid("acme".to_owned());
    let app = world.store.app(&OrgId::stored("org_a"), &acme).await.unwrap().unwrap();
    for id in ids {
        let message = world.store.message(app.key, &Reference::parse(&id), false).await.unwrap().unwrap();
        assert_eq!(message.payload_expires, message.created.plus(usual), "{id}");
    }
}

#[tokio::test]
async fn messages_are_found_by_type_channel_tag_and_time() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let post = async |event_type: &str, channel: &str, tag: &str| {
        let body = json!({ "eventType": event_type, "payload": {}, "channels": [channel], "tags": [tag] });
        let id = id_of(&org.post("/app/acme/msg", body).await.expect(202));
        world.clock.advance(std::time::Duration::from_mins(1));
        id
    };
    let one = post("a", "x", "red").await;
    let two = post("b", "x", "blue").await;
    let three = post("c", "y", "red").await;
    let found =
        async |query: &str| column(&org.get(&format!("/app/acme/msg?{query}")).await.expect(200), "id");
    assert_eq!(found("").await, [three.clone(), two.clone(), one.clone()], "newest first");
    assert_eq!(found("before=9999-12-31T23:59:59Z").await, [three.clone(), two.clone(), one.clone()]);
    assert_eq!(found("after=9999-12-31T23:59:59Z").await, [""; 0]);
    assert_eq!(found("event_types=a,b").await, [two.clone(), one.clone()]);
    assert_eq!(found("event_types[]=c&event_types[]=b").await, [three.clone(), two.clone()]);
    assert_eq!(found("channel=x").await, [two.clone(), one.clone()]);
    assert_eq!(found("tag=red").await, [three.clone(), one.clone()]);
    assert_eq!(found("before=2026-09-21T14:14:00Z").await, [one]);
    assert_eq!(found("after=2026-09-21T14:15:00Z").await, [three]);
    assert_eq!(found("channel=x&tag=blue&event_types=b").await, [two]);
    org.get("/app/acme/msg?before=x").await.expect_invalid_at("query.before");
    org.get("/app/acme/msg?event_types=a%20b").await.expect_invalid_at("query.event_types");
    org.get("/app/acme/msg?channel=a%20b").await.expect_invalid_at("query.channel");
}

#[tokio::test]
async fn a_time_alone_asks_for_the_page_next_to_it() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let endpoint = org.make_endpoint("acme", "main").await;
    let mut messages = Vec::new();
    for number in 0..6 {
        messages.push(org.make_message("acme", number).await);
        world.succeed(&endpoint).await;
        world.clock.advance(std::time::Duration::from_mins(1));
    }
    // Made at 14:13:20 and every minute after that.
    let (after, before) = ("after=2026-09-21T14:14:20Z", "before=2026-09-21T14:17:20Z");
    for list in ["/app/acme/msg", "/app/acme/endpoint/main/msg", "/app/acme/attempt/endpoint/main"] {
        let page = async |query: &str| org.get(&format!("{list}?limit=2&{query}")).await.expect(200);
        let field = if list.contains("attempt") { "msgId" } else { "id" };
        let shown = |page: &serde_json::Value| {
            let place = |id: &String| messages.iter().position(|one| one == id).unwrap();
            column(page, field).iter().map(place).collect::<Vec<_>>()
        };
        let first = page(after).await;
        assert_eq!((shown(&first), &first["done"]), (vec![3, 2], &json!(false)), "{list}");
        let prev = first["prevIterator"].as_str().unwrap();
        let second = page(&format!("{after}&iterator={prev}")).await;
        assert_eq!((shown(&second), &second["done"]), (vec![5, 4], &json!(true)), "{list}");
        let iterator = first["iterator"].as_str().unwrap();
        let none = page(&format!("{after}&iterator={iterator}")).await;
        assert_eq!((shown(&none), &none["done"]), (vec![], &json!(true)), "{list}");
        assert_eq!(shown(&page(before).await), [3, 2], "{list}");
        assert_eq!(shown(&page(&format!("{after}&{before}")).await), [3, 2], "{list}");
    }
}

#[tokio::test]
async fn an_expunged_payload_is_shown_as_expired() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let id = org.make_message("acme", 1).await;
    org.delete(&format!("/app/acme/msg/{id}/content")).await.expect(204);
    let read = org.get(&format!("/app/acme/msg/{id}")).await.expect(200);
    assert_eq!(read["payload"], json!({ "expired": true }));
    org.delete("/app/acme/msg/none/content").await.expect(404);
    org.get("/app/acme/msg/none").await.expect(404);
}

#[tokio::test]
async fn several_payloads_are_removed_at_once_and_each_is_answered_for() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let (gone, kept) = (org.make_message("acme", 1).await, org.make_message("acme", 2).await);
    let path = "/app/acme/msg/bulk-expunge";
    let answer = org.post(path, json!({ "ids": [gone, "none"] })).await.expect(200);
    let mut expected = json!({ "none": "not-found" });
    expected[&gone] = "expunged".into();
    assert_eq!(answer["results"], expected);
    let payload =
        async |id: &str| org.get(&format!("/app/acme/msg/{id}")).await.expect(200)["payload"].clone();
    assert_eq!(payload(&gone).await, json!({ "expired": true }));
    assert_eq!(payload(&kept).await, json!({ "number": 2 }));
    org.post(path, json!({ "ids": [] })).await.expect_invalid_at("body.ids");
    org.post(path, json!({ "ids": vec!["x"; 101] })).await.expect_invalid_at("body.ids");
}

#[tokio::test]
async fn a_precheck_tells_whether_anybody_wants_the_message() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let path = "/app/acme/msg/precheck/active";
    let ask = json!({ "eventType": "a", "channels": ["x"] });
    assert_eq!(org.post(path, ask.clone()).await.expect(200), json!({ "active": false }));
    let body = json!({ "url": "https://example.com/", "uid": "main", "channels": ["x"] });
    org.post("/app/acme/endpoint", body).await.expect(201);
    assert_eq!(org.post(path, ask.clone()).await.expect(200), json!({ "active": true }));
    assert_eq!(org.post(path, json!({ "eventType": "a" })).await.expect(200), json!({ "active": false }));
    org.patch("/app/acme/endpoint/main", json!({ "disabled": true })).await.expect(200);
    assert_eq!(org.post(path, ask).await.expect(200), json!({ "active": false }));
    org.post(path, json!({ "eventType": "" })).await.expect_invalid_at("body.eventType");
}

#[tokio::test]
async fn an_example_goes_to_one_endpoint_only() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    org.make_endpoint("acme", "main").await;
    org.make_endpoint("acme", "other").await;
    let schemas = json!({ "1": { "examples": [{ "n": 0 }, { "n": 1 }, 7] } });
    org.post("/event-type", json!({ "name": "a", "description": "d", "schemas": schemas })).await.expect(201);
    let path = "/app/acme/endpoint/main/send-example";
    let sent = async |body: serde_json::Value| org.post(path, body).await.expect(200)["payload"].clone();
    assert_eq!(sent(json!({ "eventType": "a" })).await, json!({ "n": 0 }));
    assert_eq!(sent(json!({ "eventType": "a", "exampleIndex": 1 })).await, json!({ "n": 1 }));
    assert_eq!(sent(json!({ "eventType": "a", "payload": { "own": 1 } })).await, json!({ "own": 1 }));
    assert!(sent(json!({ "eventType": "svix.ping" })).await.is_object());
    let owed = org.get("/app/acme/endpoint/main/msg").await.expect(200);
    assert_eq!(column(&owed, "eventType"), ["svix.ping", "a", "a", "a"]);
    assert_eq!(column(&org.get("/app/acme/endpoint/other/msg").await.expect(200), "id"), [""; 0]);
    org.post(path, json!({ "eventType": "a", "exampleIndex": 9 })).await.expect(400);
    org.post(path, json!({ "eventType": "a", "exampleIndex": 2 })).await.expect_invalid_at("body.payload");
    org.post(path, json!({ "eventType": "none" })).await.expect(404);
    org.post("/app/acme/endpoint/none/send-example", json!({ "eventType": "a" })).await.expect(404);
    org.patch("/app/acme/endpoint/main", json!({ "disabled": true })).await.expect(200);
    assert_eq!(org.post(path, json!({ "eventType": "a" })).await.expect(400)["code"], "endpoint_disabled");
    assert_eq!(column(&org.get("/app/acme/msg").await.expect(200), "id").len(), 4, "nothing was made");
}
