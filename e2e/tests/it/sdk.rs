//! The official Python SDK against a running server. One Python file is one group of stories.

mod python;

use hookwire_testkit::Server;

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

#[tokio::test]
async fn deliveries_verify_with_the_standard_libraries() {
    tell("signatures.py", "webhook").await;
}

#[tokio::test]
async fn deliveries_verify_under_the_older_header_names() {
    tell("signatures.py", "svix").await;
}
