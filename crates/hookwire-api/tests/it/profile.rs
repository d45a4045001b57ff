//! `/profile` and `/profiles`.

use serde_json::{Value, json};

use crate::world::{World, column};

const NAMES: [&str; 4] = ["featureos", "flotiq", "standard", "unleash"];

#[tokio::test]
async fn an_org_has_the_standard_profile_until_it_chooses_another() {
    let world = World::new();
    let org = world.org();
    let expected = json!({
        "name": "standard", "title": org.get("/profile").await.expect(200)["title"], "httpsOnly": false,
        "successCodes": ["2xx"], "retryPolicy": null, "timeout": null, "logLimit": null,
        "contentType": "application/json", "bodyTemplate": null, "signing": "standard", "eventTypes": [],
    });
    assert_eq!(org.get("/profile").await.expect(200), expected);
    let chosen = org.put("/profile", json!({ "name": "flotiq" })).await.expect(200);
    assert_eq!((&chosen["name"], &chosen["logLimit"]), (&json!("flotiq"), &json!(300)));
    assert_eq!(chosen["retryPolicy"]["delays"], json!([]));
    assert!(chosen["bodyTemplate"].as_str().unwrap().contains("{{endpoint.id}}"));
    assert_eq!(org.get("/profile").await.expect(200), chosen);
    assert_eq!(world.org_named("org_b").get("/profile").await.expect(200), expected);
}

#[tokio::test]
async fn the_event_types_of_a_profile_are_made_once() {
    let world = World::new();
    let org = world.org();
    let own = json!({ "name": "content_object.create", "description": "mine" });
    org.post("/event-type", own).await.expect(201);
    org.put("/profile", json!({ "name": "flotiq" })).await.expect(200);
    let list = async || org.get("/event-type?with_content=true").await.expect(200);
    let made = list().await;
    let expected =
        ["content_object.create", "content_object.custom", "content_object.delete", "content_object.update"];
    assert_eq!(column(&made, "name"), expected);
    assert_eq!(made["data"][0]["description"], "mine", "what is there stays");
    let deleted = json!({
        "contentTypeName": "product", "ref": "/api/v1/content/product/product-399121/version/2",
        "payload": { "id": "product-399121" },
    });
    assert_eq!(made["data"][2]["schemas"], json!({ "1": { "examples": [deleted] } }));
    org.put("/profile", json!({ "name": "flotiq" })).await.expect(200);
    assert_eq!(list().await, made, "repeating it is harmless");
    org.put("/profile", json!({ "name": "unleash" })).await.expect(200);
    let old = org.get("/event-type/feature-updated").await.expect(200);
    assert_eq!((&old["deprecated"], &old["archived"]), (&json!(true), &json!(false)));
    // Stored schemas go through the same checks as anybody's.
    let again = org.get("/event-type/feature-created").await.expect(200);
    org.put("/event-type/feature-created", again).await.expect(200);
}

#[tokio::test]
async fn an_event_type_of_a_profile_can_be_sent_as_an_example() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    org.put("/profile", json!({ "name": "featureos" })).await.expect(200);
    org.make_endpoint("acme", "main").await;
    let sent = org.post("/app/acme/endpoint/main/send-example", json!({ "eventType": "post_created" })).await;
    assert_eq!(sent.expect(200)["payload"]["object"], "post");
}

#[tokio::test]
async fn an_unknown_profile_is_refused_with_those_that_there_are() {
    let world = World::new();
    let org = world.org();
    for name in ["", "Flotiq", "../flotiq", "none"] {
        let issues = org.put("/profile", json!({ "name": name })).await.expect_invalid();
        let expected = format!("must be one of {}", NAMES.join(", "));
        assert_eq!(issues, [("body.name".to_owned(), expected)], "{name}");
    }
    org.put("/profile", json!({})).await.expect_invalid_at("body");
    assert_eq!(org.get("/profile").await.expect(200)["name"], "standard");
}

#[tokio::test]
async fn profiles_are_listed_with_all_that_they_say() {
    let world = World::new();
    let org = world.org();
    let all = org.get("/profiles").await.expect(200);
    assert_eq!(
        (column(&all, "name").as_slice(), &all["done"]),
        (&NAMES.map(str::to_owned)[..], &json!(true))
    );
    let flotiq = &all["data"][1];
    org.put("/profile", json!({ "name": "flotiq" })).await.expect(200);
    assert_eq!(org.get("/profile").await.expect(200), *flotiq);
    let types = flotiq["eventTypes"].as_array().unwrap();
    let aliases: Vec<&Value> = types.iter().map(|one| &one["alias"]).collect();
    assert_eq!(aliases, ["Create", "Update", "Delete", "Custom"]);
    assert!(types[2]["bodyTemplate"].as_str().unwrap().contains(r#""payload":{"id""#));
    assert_eq!((&types[0]["bodyTemplate"], &types[0]["deprecated"]), (&json!(null), &json!(false)));
    assert_eq!(types[2]["example"]["payload"], json!({ "id": "product-399121" }));
}

#[tokio::test]
async fn profiles_are_paged_in_both_directions() {
    let world = World::new();
    let org = world.org();
    for order in ["ascending", "descending"] {
        let mut names = NAMES.map(str::to_owned);
        if order == "descending" {
            names.reverse();
        }
        let page = async |rest: String| {
            let page = org.get(&format!("/profiles?order={order}{rest}")).await.expect(200);
            (column(&page, "name"), page["done"] == true, page)
        };
        let (found, done, first) = page("&limit=2".to_owned()).await;
        assert_eq!((&found[..], done), (&names[..2], false));
        let (found, done, second) =
            page(format!("&limit=2&iterator={}", first["iterator"].as_str().unwrap())).await;
        assert_eq!((&found[..], done), (&names[2..], true));
        let (found, done, _) =
            page(format!("&limit=2&iterator={}", second["prevIterator"].as_str().unwrap())).await;
        assert_eq!((&found[..], done), (&names[..2], true));
        let (found, done, _) = page(format!("&limit=1&iterator=-{}", names[2])).await;
        assert_eq!((&found[..], done), (&names[1..2], false));
    }
}
