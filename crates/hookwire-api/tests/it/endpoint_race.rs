//! Requests that change the same endpoint at the same time: each is carried out as a whole, before or after the other.
//!
//! One request is stopped at each place where it waits for the store, another is carried out in between, and then the
//! first goes on. Which of them changed the endpoint first is seen from how it was when the first was stopped.

use std::pin::pin;
use std::task::Poll;

use serde_json::{Value, json};

use crate::world::{Answer, Client, World};

const PATH: &str = "/app/acme/endpoint/main";
const HEADERS: &str = "/app/acme/endpoint/main/headers";
/// No request waits more often.
const STOPS_MAX: usize = 8;

/// Lets `first` go on until it has waited so many times, then carries out `second`, then lets `first` end.
async fn interrupted<T>(
    first: impl Future<Output = Answer>,
    waits: usize,
    second: impl Future<Output = T>,
) -> (Answer, T) {
    let mut first = pin!(first);
    let mut left = waits;
    let early = std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        first.as_mut().poll(context).map(Some)
    })
    .await;
    let second = second.await;
    match early {
        Some(answer) => (answer, second),
        None => (first.await, second),
    }
}

async fn fresh(headers: Value) -> World {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let body = json!({ "url": "https://user:pass@one.test/", "uid": "main", "headers": headers });
    org.post("/app/acme/endpoint", body).await.expect(201);
    world
}

async fn url(org: &Client<'_>) -> Value {
    org.get(PATH).await.expect(200)["url"].clone()
}

/// Changes the endpoint by one of the two ways that there are.
async fn changed(org: &Client<'_>, by_put: bool, url: &str) -> Answer {
    let body = json!({ "url": url, "uid": "main" });
    if by_put { org.put(PATH, body).await } else { org.patch(PATH, body).await }
}

#[tokio::test]
async fn a_credential_set_in_between_does_not_follow_the_url_to_another_host() {
    for (by_put, waits) in [true, false].into_iter().flat_map(|put| (0..STOPS_MAX).map(move |n| (put, n))) {
        let world = fresh(json!({})).await;
        let org = world.org();
        let second = async {
            let before = url(&org).await;
            org.put(HEADERS, json!({ "headers": { "Authorization": "for its host" } })).await.expect(204);
            before == "https://two.test/"
        };
        let first = changed(&org, by_put, "https://two.test/");
        let (answer, had_moved) = interrupted(first, waits, second).await;
        let sensitive = org.get(HEADERS).await.expect(200)["sensitive"].clone();
        let dropped = answer.header("hookwire-dropped-headers").map(str::to_owned);
        if had_moved {
            assert_eq!((sensitive, dropped), (json!(["Authorization"]), None), "{waits}");
        } else {
            assert_eq!((sensitive, dropped.as_deref()), (json!([]), Some("Authorization")), "{waits}");
        }
        answer.expect(200);
    }
}

#[tokio::test]
async fn a_client_certificate_set_in_between_does_not_follow_the_url_to_another_host() {
    for (by_put, waits) in [true, false].into_iter().flat_map(|put| (0..STOPS_MAX).map(move |n| (put, n))) {
        let world = fresh(json!({})).await;
        let org = world.org();
        let second = async {
            let before = url(&org).await;
            let tls = json!({ "clientCertPem": "for its host", "clientKeyPem": "key" });
            org.patch(PATH, json!({ "tls": tls })).await.expect(200);
            before == "https://two.test/"
        };
        let first = changed(&org, by_put, "https://two.test/");
        let (answer, had_moved) = interrupted(first, waits, second).await;
        answer.expect(200);
        let has_identity = org.get(PATH).await.expect(200)["tls"]["clientKeyPem"] == "***";
        assert_eq!(has_identity, had_moved, "{waits}");
    }
}

#[tokio::test]
async fn a_header_set_in_between_is_not_lost() {
    for (by_put, waits) in [true, false].into_iter().flat_map(|put| (0..STOPS_MAX).map(move |n| (put, n))) {
        let world = fresh(json!({ "Authorization": "for one.test" })).await;
        let org = world.org();
        let add = org.patch(HEADERS, json!({ "headers": { "X-Source": "us" } }));
        let (answer, add) = interrupted(changed(&org, by_put, "https://two.test/"), waits, add).await;
        add.expect(204);
        answer.expect(200);
        let shown = org.get(HEADERS).await.expect(200);
        assert_eq!(shown, json!({ "headers": { "X-Source": "us" }, "sensitive": [] }), "{waits}");
    }
}

#[tokio::test]
async fn a_masked_password_goes_to_the_host_that_it_is_for() {
    let masked = "https://user:***@one.test/new";
    for (by_put, waits) in [true, false].into_iter().flat_map(|put| (0..STOPS_MAX).map(move |n| (put, n))) {
        let world = fresh(json!({})).await;
        let org = world.org();
        let second = async {
            let before = url(&org).await;
            org.patch(PATH, json!({ "url": "https://user:other@two.test/" })).await.expect(200);
            before == masked
        };
        let (answer, was_first) = interrupted(changed(&org, by_put, masked), waits, second).await;
        if was_first {
            answer.expect(200);
        } else {
            answer.expect_invalid_at("body.url");
        }
        assert_eq!(url(&org).await, "https://user:***@two.test/", "{waits}");
    }
}

#[tokio::test]
async fn an_endpoint_that_is_made_in_between_is_changed() {
    for waits in 0..STOPS_MAX {
        let world = World::new();
        let org = world.org();
        org.make_app("acme").await;
        let body = |text: &str| json!({ "url": "https://one.test/", "uid": "main", "description": text });
        let (first, second) = (org.put(PATH, body("first")), org.put(PATH, body("second")));
        let (first, second) = interrupted(first, waits, second).await;
        let later = if second.status == 200 { "second" } else { "first" };
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 201], "{waits}");
        assert_eq!(org.get(PATH).await.expect(200)["description"], later);
        assert_eq!(org.get("/app/acme/endpoint").await.expect(200)["data"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn headers_are_counted_with_those_set_in_between() {
    let many = |prefix: &str| {
        let names = (0..60).map(|number| (format!("{prefix}-{number}"), json!("x")));
        json!({ "headers": names.collect::<serde_json::Map<_, _>>() })
    };
    for waits in 0..STOPS_MAX {
        let world = fresh(json!({})).await;
        let org = world.org();
        let (first, second) = (org.patch(HEADERS, many("A")), org.patch(HEADERS, many("B")));
        let (first, second) = interrupted(first, waits, second).await;
        let (done, refused) = if first.status == 204 { (first, second) } else { (second, first) };
        done.expect(204);
        refused.expect_invalid_at("body.headers");
    }
}
