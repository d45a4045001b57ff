//! Lists: pages in both directions, and iterators that make no sense.

use serde_json::Value;

use crate::world::{Client, World, column};

/// Walks a list to its end and back, and checks that every page fits the whole.
async fn walk(org: &Client<'_>, path: &str, field: &str, expected: &[String]) {
    let mut pages: Vec<Value> = Vec::new();
    let mut iterator = String::new();
    loop {
        let page = org.get(&format!("{path}limit=2&iterator={iterator}")).await.expect(200);
        assert_eq!(page["done"], pages.len() == 2, "{page}");
        page["iterator"].as_str().unwrap().clone_into(&mut iterator);
        let done = page["done"] == true;
        pages.push(page);
        if done {
            break;
        }
    }
    let forth: Vec<String> = pages.iter().flat_map(|page| column(page, field)).collect();
    assert_eq!(forth, expected);

    let last = pages.pop().unwrap();
    let mut back = last["prevIterator"].as_str().unwrap().to_owned();
    while let Some(page) = pages.pop() {
        let again = org.get(&format!("{path}limit=2&iterator={back}")).await.expect(200);
        assert_eq!(again["data"], page["data"]);
        assert_eq!(again["done"], pages.is_empty());
        again["prevIterator"].as_str().unwrap().clone_into(&mut back);
    }
    let beyond = org.get(&format!("{path}iterator={iterator}")).await.expect(200);
    assert_eq!((&beyond["iterator"], &beyond["done"]), (&Value::Null, &Value::Bool(true)));
    assert!(beyond.as_object().unwrap().contains_key("iterator") && beyond.get("prevIterator").is_none());
    let whole = org.get(path).await.expect(200);
    assert_eq!((column(&whole, field), &whole["done"]), (expected.to_vec(), &Value::Bool(true)));
}

#[tokio::test]
async fn every_list_is_walked_forth_and_back() {
    let world = World::new();
    let org = world.org();
    let (mut apps, mut endpoints, mut messages) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..5 {
        apps.push(org.make_app(&format!("app-{number}")).await);
    }
    for number in 0..5 {
        endpoints.push(org.make_endpoint("app-0", &format!("e-{number}")).await);
        org.make_event_type(&format!("type.{number}")).await;
    }
    for number in 0..5 {
        messages.push(org.make_message("app-0", number).await);
    }
    let types: Vec<String> = (0..5).map(|number| format!("type.{number}")).collect();
    let reversed = |ids: &[String]| ids.iter().rev().cloned().collect::<Vec<_>>();
    walk(&org, "/app?", "id", &apps).await;
    walk(&org, "/app?order=descending&", "id", &reversed(&apps)).await;
    walk(&org, "/app/app-0/endpoint?", "id", &reversed(&endpoints)).await;
    walk(&org, "/app/app-0/endpoint?order=ascending&", "id", &endpoints).await;
    walk(&org, "/event-type?", "name", &types).await;
    walk(&org, "/app/app-0/msg?", "id", &reversed(&messages)).await;
    walk(&org, "/app/app-0/endpoint/e-0/msg?", "id", &reversed(&messages)).await;
    let destinations = format!("/app/app-0/msg/{}/endpoint?", messages[0]);
    walk(&org, &destinations, "id", &reversed(&endpoints)).await;
    let attempts = reversed(&world.succeed(&endpoints[0]).await);
    walk(&org, "/app/app-0/attempt/endpoint/e-0?", "id", &attempts).await;
}

#[tokio::test]
async fn iterators_limits_and_orders_that_make_no_sense_are_refused() {
    let world = World::new();
    let org = world.org();
    let app = org.make_app("acme").await;
    let endpoint = org.make_endpoint("acme", "main").await;
    let message = org.make_message("acme", 1).await;
    for list in [
        "/app".to_owned(),
        "/event-type".to_owned(),
        "/background-task".to_owned(),
        "/app/acme/endpoint".to_owned(),
        "/app/acme/msg".to_owned(),
        "/app/acme/endpoint/main/msg".to_owned(),
        "/app/acme/attempt/endpoint/main".to_owned(),
        format!("/app/acme/attempt/msg/{message}"),
        format!("/app/acme/msg/{message}/endpoint"),
    ] {
        for bad in ["-", "--", "msg_garbage", "app_0", "%00", "%27%20OR%201=1", "a%20b"] {
            let kind = if list == "/event-type" && !bad.contains(['%', '-']) { continue } else { bad };
            if list == "/event-type" && bad == "--" {
                continue;
            }
            let answer = org.get(&format!("{list}?iterator={kind}")).await;
            answer.expect_invalid_at("query.iterator");
        }
        org.get(&format!("{list}?limit=0")).await.expect_invalid_at("query.limit.limit");
        let issues = org.get(&format!("{list}?limit=251")).await.expect_invalid();
        assert_eq!(issues, [("query.limit.limit".to_owned(), "Given limit must not exceed 250".to_owned())]);
        assert_eq!(org.get(&format!("{list}?limit=x")).await.expect(400)["code"], "generic_error");
        org.get(&format!("{list}?limit=250&unknown=1&iterator=")).await.expect(200);
    }
    org.get("/app?order=sideways").await.expect(400);
    org.get(&format!("/app?iterator={endpoint}")).await.expect_invalid_at("query.iterator");
    org.get(&format!("/app/acme/endpoint?iterator={app}")).await.expect_invalid_at("query.iterator");
}
