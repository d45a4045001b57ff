//! The official Python SDK against a running server. One Python file is one group of stories.

mod python;

use hookwire_testkit::Server;
use serde_json::json;

/// Runs a file of stories against a server of its own, which retries after 100 ms, twice.
async fn tell(file: &str, header_names: &str) {
    let server = Server::builder()
        .env("HOOKWIRE_DELIVERY_RETRY_SCHEDULE", "100ms,100ms")
        .env("HOOKWIRE_DELIVERY_HEADER_NAMES", header_names)
        .start()
        .await;
    let url = server.url();
    let environment =
        [("HOOKWIRE_URL", url.as_str()), ("HOOKWIRE_TOKEN", server.token()), ("HEADER_NAMES", header_names)];
    python::run(file, &environment).await;
}

#[tokio::test]
async fn applications_work_through_the_sdk() {
    tell("applications.py", "webhook").await;
}

#[tokio::test]
async fn endpoints_work_through_the_sdk() {
    tell("endpoints.py", "webhook").await;
}

#[tokio::test]
async fn event_types_work_through_the_sdk() {
    tell("event_types.py", "webhook").await;
}

#[tokio::test]
async fn messages_work_through_the_sdk() {
    tell("messages.py", "webhook").await;
}

#[tokio::test]
async fn attempts_work_through_the_sdk() {
    tell("attempts.py", "webhook").await;
}

#[tokio::test]
async fn recovery_works_through_the_sdk() {
    tell("recovery.py", "webhook").await;
}

#[tokio::test]
async fn a_customers_token_works_through_the_sdk() {
    tell("portal.py", "webhook").await;
}

#[tokio::test]
async fn refusals_reach_the_sdk_as_its_exceptions() {
    tell("errors.py", "webhook").await;
}

#[tokio::test]
async fn operational_notices_work_through_the_sdk() {
    tell("notices.py", "webhook").await;
}

/// A third party's app with a usual OAuth library, from consent to delivery.
#[tokio::test]
async fn an_oauth_library_goes_through_the_whole_flow() {
    let server = Server::builder().env("HOOKWIRE_DELIVERY_RETRY_SCHEDULE", "1h").start().await;
    let api = server.api();
    for uid in ["your-org", "target-org"] {
        api.post("/app", json!({ "name": uid, "uid": uid })).await.expect(201);
    }
    for name in ["post_created", "post_updated"] {
        api.post("/event-type", json!({ "name": name, "description": "d" })).await.expect(201);
    }
    let (owner, target) = (user_token(&server, "your-org").await, user_token(&server, "target-org").await);
    let url = server.url();
    let environment = [
        ("HOOKWIRE_URL", url.as_str()),
        ("HOOKWIRE_TOKEN", server.token()),
        ("OWNER_JWT", owner.as_str()),
        ("TARGET_JWT", target.as_str()),
    ];
    python::run("oauth_flow.py", &environment).await;
}

/// The token of a user who administers this application, as the command line makes it.
pub(crate) async fn user_token(server: &Server, app: &str) -> String {
    let output = server.run(&["jwt", "user", "u1", "--app", app]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test]
async fn deliveries_verify_with_the_standard_libraries() {
    tell("signatures.py", "webhook").await;
}

#[tokio::test]
async fn deliveries_verify_under_the_older_header_names() {
    tell("signatures.py", "svix").await;
}
