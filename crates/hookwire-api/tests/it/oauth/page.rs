//! The consent page: what it shows, and what its form can do.

use std::time::Duration;

use serde_json::json;

use super::stage::{CALLBACK, CHALLENGE, Stage, encoded, parameter, post_form, user_token};
use crate::world::{Answer, World};

const PAGE: &str = "./oauth/authorize";
const DECISION: &str = "./oauth/authorize/decision";

/// The request that the host product's page posts, with some parameters replaced (or left out, when empty).
async fn open(stage: &Stage<'_>, words: &[(&str, &str)]) -> Answer {
    let token = user_token(stage.world, "org_a", &["target-org"]);
    let usual = [
        ("user_token", token.as_str()),
        ("organization", "target-org"),
        ("response_type", "code"),
        ("client_id", stage.client_id.as_str()),
        ("redirect_uri", CALLBACK),
        ("state", "s1"),
    ];
    let kept = usual.into_iter().filter(|(name, _)| words.iter().all(|(other, _)| other != name));
    let pairs: Vec<_> = kept.chain(words.iter().copied().filter(|(_, value)| !value.is_empty())).collect();
    post_form(&stage.world.nobody(), PAGE, &pairs).await
}

/// The sealed words in the page's form.
fn ticket(page: &Answer) -> String {
    let (_, rest) = page.text.split_once("name=\"ticket\" value=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

async fn decide(stage: &Stage<'_>, pairs: &[(&str, &str)]) -> Answer {
    post_form(&stage.world.nobody(), DECISION, pairs).await
}

#[tokio::test]
async fn the_page_shows_app_scopes_and_events_and_can_not_be_framed_or_scripted() {
    let world = World::new();
    let stage = Stage::with(&world, |body| body["name"] = json!("<script>Evil & Co")).await;
    let page = open(&stage, &[]).await;
    assert_eq!(page.status, 200, "{}", page.text);
    for shown in
        ["&lt;script&gt;Evil &amp; Co", "target-org", "posts:read", "webhooks:manage", "https://myapp.com"]
    {
        assert!(page.text.contains(shown), "{shown} in {}", page.text);
    }
    for event in ["post_created", "post_updated"] {
        assert!(page.text.contains(&format!("type=\"checkbox\" name=\"event\" value=\"{event}\" checked")));
    }
    assert!(!page.text.contains("<script"));
    let policy = page.header("content-security-policy").unwrap();
    for part in
        ["default-src 'none'", "form-action 'self' https:;", "frame-ancestors 'none'", "base-uri 'none'"]
    {
        assert!(policy.contains(part), "{part} in {policy}");
    }
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let token = user_token(&world, "org_a", &["target-org"]);
    assert!(!page.text.contains(&token));
}

#[tokio::test]
async fn what_is_ticked_is_granted_and_the_browser_goes_back_with_a_code() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let page = open(&stage, &[]).await;
    let pairs =
        [("ticket", ticket(&page)), ("event", "post_updated".to_owned()), ("decision", "allow".to_owned())];
    let pairs = pairs.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = decide(&stage, &pairs).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    let to = answer.header("location").unwrap();
    assert!(to.starts_with("https://myapp.com/callback?code="), "{to}");
    assert_eq!(parameter(to, "state").as_deref(), Some("s1"));
    stage.redeem(&parameter(to, "code").unwrap()).await.expect(200);
    assert_eq!(stage.endpoints().await[0]["eventTypes"], json!(["post_updated"]));
    // Nothing ticked is nothing granted.
    let pairs = [("ticket", ticket(&page)), ("decision", "allow".to_owned())];
    let pairs = pairs.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = decide(&stage, &pairs).await;
    stage.redeem(&parameter(answer.header("location").unwrap(), "code").unwrap()).await.expect(200);
    assert_eq!(stage.endpoints().await.len(), 0);
}

#[tokio::test]
async fn what_the_client_becomes_after_the_page_was_shown_is_not_granted() {
    let world = World::new();
    let stage = Stage::with(&world, |body| body["allowed_actor_modes"] = json!(["app", "user"])).await;
    let ticket = ticket(&open(&stage, &[]).await);
    let wider = json!({
        "declared_scopes": ["posts:read", "posts:write", "webhooks:manage"],
        "allowed_actor_modes": ["user", "app"],
    });
    stage.owner().patch(&stage.path(), wider).await.expect(200);
    let answer = decide(&stage, &[("ticket", &ticket), ("decision", "allow")]).await;
    let code = parameter(answer.header("location").unwrap(), "code").unwrap();
    assert_eq!(stage.redeem(&code).await.expect(200)["scope"], "posts:read webhooks:manage");
    assert_eq!(stage.installs().await[0]["actor"], "app");
}

#[tokio::test]
async fn the_page_says_who_acts_and_lets_the_browser_go_on_to_a_program_on_this_machine() {
    let world = World::new();
    let stage = Stage::with(&world, |body| {
        body["allowed_actor_modes"] = json!(["app", "user"]);
        body["redirect_uris"] = json!([CALLBACK, "http://[::1]:8080/cb"]);
    })
    .await;
    let words = "It will act in your name.";
    assert!(!open(&stage, &[]).await.text.contains(words));
    let page = open(&stage, &[("actor", "user"), ("redirect_uri", "http://[::1]:9/cb")]).await;
    assert!(page.text.contains(words), "{}", page.text);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https: http:;"), "{policy}");
}

#[tokio::test]
async fn whoever_denies_is_sent_back_without_a_code() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let ticket = ticket(&open(&stage, &[]).await);
    for decision in ["deny", "", "Allow"] {
        let answer =
            decide(&stage, &[("ticket", &ticket), ("event", "post_updated"), ("decision", decision)]).await;
        assert_eq!(answer.status, 303);
        let to = answer.header("location").unwrap();
        assert_eq!(parameter(to, "error").as_deref(), Some("access_denied"));
        assert_eq!((parameter(to, "code"), parameter(to, "state").as_deref()), (None, Some("s1")));
    }
}

#[tokio::test]
async fn a_decision_counts_only_with_the_pages_own_ticket() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    let ticket = ticket(&open(&stage, &[]).await);
    let mut forged = ticket.clone().into_bytes();
    forged[40] ^= 1;
    let forged = String::from_utf8(forged).unwrap();
    for ticket in ["", "made up", forged.as_str()] {
        let answer = decide(&stage, &[("ticket", ticket), ("decision", "allow")]).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (400, None));
    }
    // Other words beside the ticket say nothing.
    let words =
        [("ticket", ticket.as_str()), ("decision", "allow"), ("redirect_uri", "https://evil.example/")];
    let answer = decide(&stage, &words).await;
    assert!(answer.header("location").unwrap().starts_with(CALLBACK));
    let more = [("ticket", ticket.as_str()), ("decision", "allow"), ("event", "post_completed")];
    let answer = decide(&stage, &more).await;
    assert_eq!(parameter(answer.header("location").unwrap(), "error").as_deref(), Some("invalid_request"));
    world.clock.advance(Duration::from_mins(10));
    let answer = decide(&stage, &[("ticket", &ticket), ("decision", "allow")]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (400, None));
    assert_eq!(stage.snapshot().await, (vec![], vec![]));
}

#[tokio::test]
async fn nobody_is_sent_anywhere_until_client_and_uri_are_known_to_belong_together() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    for (name, value, status) in [
        ("user_token", "", 401),
        ("user_token", "garbage", 401),
        ("organization", "", 403),
        ("organization", "other-org", 403),
        ("client_id", "", 400),
        ("client_id", "foapp_made_up", 400),
        ("redirect_uri", "", 400),
        ("redirect_uri", "https://evil.example/", 400),
        ("redirect_uri", "https://myapp.com/callback/../x", 400),
    ] {
        let answer = open(&stage, &[(name, value)]).await;
        assert_eq!(answer.status.as_u16(), status, "{name}={value}: {}", answer.text);
        assert_eq!(answer.header("location"), None);
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    }
    stage.owner().post(&format!("{}/suspend", stage.path()), json!({})).await.expect(200);
    assert_eq!(open(&stage, &[]).await.status, 403);
}

#[tokio::test]
async fn the_client_learns_what_was_wrong_with_its_request() {
    let world = World::new();
    let stage = Stage::new(&world).await;
    for (words, error) in [
        (vec![("response_type", "token")], "unsupported_response_type"),
        (vec![("response_type", "")], "unsupported_response_type"),
        (vec![("scope", "posts:write")], "invalid_scope"),
        (vec![("actor", "user")], "invalid_request"),
        (vec![("code_challenge", CHALLENGE)], "invalid_request"),
        (vec![("code_challenge", CHALLENGE), ("code_challenge_method", "plain")], "invalid_request"),
    ] {
        let answer = open(&stage, &words).await;
        assert_eq!(answer.status, 303, "{words:?}: {}", answer.text);
        let to = answer.header("location").unwrap();
        assert!(to.starts_with("https://myapp.com/callback?error="), "{to}");
        assert_eq!(parameter(to, "error").as_deref(), Some(error), "{words:?}");
        assert_eq!(parameter(to, "state").as_deref(), Some("s1"));
    }
    assert!(encoded(&[("a b", "c&d")]).contains("a%20b=c%26d"));
}
