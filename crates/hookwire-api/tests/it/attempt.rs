//! `/app/{app_id}/attempt/…`, attempts of messages, and sending again.

use std::time::Duration;

use hookwire_core::{Attempt, ErrorClass, Transition, Verdict};
use serde_json::json;

use crate::world::{World, column};

#[tokio::test]
async fn an_attempt_is_shown_as_it_was_made() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let endpoint = org.make_endpoint("acme", "main").await;
    let message = org.make_message("acme", 1).await;
    let ids = world.succeed(&endpoint).await;
    let expected = json!({
        "url": "https://example.com/hook", "requestBody": null, "response": "the response", "responseStatusCode": 200,
        "responseDurationMs": 41, "errorClass": null, "status": 0, "statusText": "success", "triggerType": 0, "msgId": message,
        "endpointId": endpoint, "id": ids[0], "timestamp": "2026-09-21T14:13:20.000000Z",
        "timings": {
            "resolveUs": 1_000, "connectUs": 2_000, "tlsUs": null, "firstByteUs": 40_000, "totalUs": 41_999,
        },
    });
    let one = format!("/app/acme/msg/{message}/attempt/{}", ids[0]);
    assert_eq!(org.get(&one).await.expect(200), expected);
    for list in [
        "/app/acme/attempt/endpoint/main".to_owned(),
        format!("/app/acme/attempt/msg/{message}"),
        format!("/app/acme/attempt/msg/{message}?endpoint_id=main"),
        format!("/app/acme/msg/{message}/attempt"),
        format!("/app/acme/msg/{message}/endpoint/main/attempt"),
    ] {
        assert_eq!(org.get(&list).await.expect(200)["data"], json!([expected]), "{list}");
    }
    let with = org.get("/app/acme/attempt/endpoint/main?with_msg=true&with_content=false").await.expect(200);
    assert_eq!((&with["data"][0]["msg"]["id"], &with["data"][0]["response"]), (&json!(message), &json!("")));
    assert_eq!(with["data"][0]["msg"]["payload"], json!({}));

    org.delete(&format!("{one}/content")).await.expect(204);
    assert_eq!(org.get(&one).await.expect(200)["response"], "EXPUNGED");
    org.get(&format!("/app/acme/msg/{message}/attempt/atmpt_none")).await.expect(404);
    org.delete(&format!("/app/acme/msg/{message}/attempt/atmpt_none/content")).await.expect(404);
    org.get("/app/acme/attempt/msg/none").await.expect(404);
    org.get("/app/acme/attempt/endpoint/none").await.expect(404);
}

#[tokio::test]
async fn a_body_that_was_made_is_shown_with_the_response_and_goes_with_it() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let endpoint = org.make_endpoint("acme", "main").await;
    let message = org.make_message("acme", 1).await;
    let verdict = Verdict::Failure { retry_after: None };
    let made = |attempt: &mut Attempt| {
        attempt.request = Some("made".to_owned());
        attempt.error = Some(ErrorClass::Http);
    };
    let id = world.deliver_logged(&endpoint, verdict, Transition::Exhausted, made).await.remove(0);
    let one = format!("/app/acme/msg/{message}/attempt/{id}");
    let lists = [
        "/app/acme/attempt/endpoint/main".to_owned(),
        format!("/app/acme/attempt/msg/{message}"),
        format!("/app/acme/msg/{message}/attempt"),
        format!("/app/acme/msg/{message}/endpoint/main/attempt"),
    ];
    let shown = org.get(&one).await.expect(200);
    assert_eq!((&shown["requestBody"], &shown["errorClass"]), (&json!("made"), &json!("http")));
    for list in &lists {
        assert_eq!(org.get(list).await.expect(200)["data"], json!([shown]), "{list}");
        let without = &org.get(&format!("{list}?with_content=false")).await.expect(200)["data"][0];
        assert_eq!(
            (&without["requestBody"], &without["errorClass"]),
            (&json!(null), &json!("http")),
            "{list}"
        );
    }
    org.delete(&format!("{one}/content")).await.expect(204);
    assert_eq!(org.get(&one).await.expect(200)["requestBody"], "EXPUNGED");
}

#[tokio::test]
async fn a_delivery_without_a_body_says_so() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let endpoint = org.make_endpoint("acme", "main").await;
    org.make_message("acme", 1).await;
    let unmade = |attempt: &mut Attempt| {
        attempt.response_code = 0;
        attempt.error = Some(ErrorClass::Template);
    };
    world.deliver_logged(&endpoint, Verdict::Rejected, Transition::Exhausted, unmade).await;
    let shown = org.get("/app/acme/attempt/endpoint/main").await.expect(200)["data"][0].clone();
    assert_eq!((&shown["errorClass"], &shown["requestBody"]), (&json!("template"), &json!(null)));
}

#[tokio::test]
async fn attempts_are_found_by_status_and_class() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let endpoint = org.make_endpoint("acme", "main").await;
    org.make_message("acme", 1).await;
    let good = world.succeed(&endpoint).await;
    org.make_message("acme", 2).await;
    let bad = world.exhaust(&endpoint).await;
    let found = async |query: &str| {
        column(&org.get(&format!("/app/acme/attempt/endpoint/main?{query}")).await.expect(200), "id")
    };
    assert_eq!(found("").await, [bad[0].clone(), good[0].clone()]);
    assert_eq!(found("status=0").await, good);
    assert_eq!(found("status=2").await, bad);
    assert_eq!(found("status=3").await, [""; 0]);
    assert_eq!(found("status_code_class=200").await, good);
    assert_eq!(found("status_code_class=500").await, bad);
    assert_eq!(found("event_types=none").await, [""; 0]);
    org.get("/app/acme/attempt/endpoint/main?status=9").await.expect_invalid_at("query.status");
    org.get("/app/acme/attempt/endpoint/main?status=x").await.expect(400);
    let class = org.get("/app/acme/attempt/endpoint/main?status_code_class=201").await;
    class.expect_invalid_at("query.status_code_class");
}

#[tokio::test]
async fn where_a_delivery_stands_is_shown_from_both_sides() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let endpoint = org.make_endpoint("acme", "main").await;
    let delivered = org.make_message("acme", 1).await;
    world.succeed(&endpoint).await;
    let failed = org.make_message("acme", 2).await;
    world.exhaust(&endpoint).await;
    let retried = org.make_message("acme", 3).await;
    let later = Transition::RetryAt(hookwire_core::Timestamp::parse("2026-09-21T15:00:00Z").unwrap());
    world.deliver(&endpoint, Verdict::Failure { retry_after: None }, later).await;
    let fresh = org.make_message("acme", 4).await;
    for (status, text, message) in
        [(0, "success", &delivered), (2, "fail", &failed), (3, "sending", &retried), (1, "pending", &fresh)]
    {
        let listed = org.get(&format!("/app/acme/endpoint/main/msg?status={status}")).await.expect(200);
        assert_eq!(column(&listed, "id"), std::slice::from_ref(message), "{text}");
        assert_eq!(listed["data"][0]["statusText"], text);
        assert!(listed["data"][0]["payload"]["number"].is_number(), "{listed}");
        let destinations = org.get(&format!("/app/acme/msg/{message}/endpoint")).await.expect(200);
        assert_eq!(column(&destinations, "id"), std::slice::from_ref(&endpoint));
        assert_eq!(
            (&destinations["data"][0]["status"], &destinations["done"]),
            (&json!(status), &json!(true))
        );
    }
    let sending = org.get("/app/acme/endpoint/main/msg?status=3").await.expect(200);
    assert_eq!(sending["data"][0]["nextAttempt"], "2026-09-21T15:00:00.000000Z");
    let all = org.get("/app/acme/endpoint/main/msg").await.expect(200);
    assert_eq!(column(&all, "id"), [fresh, retried, failed, delivered]);
    assert_eq!(column(&org.get("/app/acme/endpoint/main/msg?status=4").await.expect(200), "id"), [""; 0]);
    org.get("/app/acme/endpoint/main/msg?status=5").await.expect_invalid_at("query.status");
}

#[tokio::test]
async fn what_was_canceled_is_a_success_to_clients_that_say_so() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let endpoint = org.make_endpoint("acme", "main").await;
    org.make_message("acme", 1).await;
    world.succeed(&endpoint).await;
    org.make_message("acme", 2).await;
    world.deliver(&endpoint, Verdict::Failure { retry_after: None }, Transition::Canceled).await;
    let found = async |query: &str| {
        let list = org.get(&format!("/app/acme/endpoint/main/msg?{query}")).await.expect(200);
        let items = list["data"].as_array().unwrap().iter();
        items.map(|item| (item["status"].as_i64().unwrap(), item["statusText"].clone())).collect::<Vec<_>>()
    };
    let (success, canceled) = ((0, json!("success")), (4, json!("canceled")));
    assert_eq!(found("").await, [canceled.clone(), success.clone()]);
    assert_eq!(found("expanded_statuses=true&status=0").await, std::slice::from_ref(&success));
    assert_eq!(found("expanded_statuses=true&status=4").await, [canceled]);
    for query in ["expanded_statuses=false", "expanded_statuses=false&status=0"] {
        assert_eq!(found(query).await, [success.clone(), success.clone()], "{query}");
    }
    for path in ["/app/acme/endpoint/main/msg", "/app/acme/attempt/endpoint/main"] {
        org.get(&format!("{path}?expanded_statuses=maybe")).await.expect(400);
    }
}

#[tokio::test]
async fn a_message_is_sent_again_on_request() {
    let world = World::new();
    let org = world.org();
    org.make_app("acme").await;
    let endpoint = org.make_endpoint("acme", "main").await;
    let message = org.make_message("acme", 1).await;
    world.exhaust(&endpoint).await;
    let path = format!("/app/acme/msg/{message}/endpoint/main/resend");
    assert_eq!(org.post(&path, json!({})).await.expect(202), json!({}));
    world.clock.advance(Duration::from_secs(1));
    let again = world.succeed(&endpoint).await;
    let attempt = org.get(&format!("/app/acme/msg/{message}/attempt/{}", again[0])).await.expect(200);
    assert_eq!(attempt["triggerType"], 1);

    org.post("/app/acme/msg/none/endpoint/main/resend", json!({})).await.expect(404);
    org.post(&format!("/app/acme/msg/{message}/endpoint/none/resend"), json!({})).await.expect(404);
    org.patch("/app/acme/endpoint/main", json!({ "disabled": true })).await.expect(200);
    assert_eq!(org.post(&path, json!({})).await.expect(400)["code"], "endpoint_disabled");
    org.patch("/app/acme/endpoint/main", json!({ "disabled": false })).await.expect(200);
    org.delete(&format!("/app/acme/msg/{message}/content")).await.expect(204);
    assert_eq!(org.post(&path, json!({})).await.expect(400)["code"], "missing_payload");
}
