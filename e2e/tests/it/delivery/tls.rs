//! Encrypted receivers.

use std::fs;

use hookwire_testkit::{Receiver, Server};
use serde_json::json;

use crate::tenant::Tenant;

/// A server that trusts, besides the public authorities, the one of the given receiver.
async fn trusting(receiver: Option<&Receiver>) -> Server {
    let builder = Server::builder().env("HOOKWIRE_DELIVERY_RETRY_SCHEDULE", "100ms");
    let Some(receiver) = receiver else { return builder.start().await };
    let file = builder.folder().join("extra-ca.pem");
    fs::write(&file, receiver.ca_pem()).expect("the folder can be written");
    builder.env("HOOKWIRE_OUTBOUND_EXTRA_CA_FILE", &file.display().to_string()).start().await
}

#[tokio::test]
async fn a_receiver_with_a_certificate_of_a_trusted_authority_is_sent_to() {
    let receiver = Receiver::start_tls().await;
    let server = trusting(Some(&receiver)).await;
    let tenant = Tenant::of(&server).await;
    tenant.endpoint(&receiver.url("/hook")).await;
    let message = tenant.send(json!({ "n": 1 })).await;
    assert_eq!(receiver.wait_for("/hook", 1).await[0].text(), r#"{"n":1}"#);
    tenant.ended(&message, "success").await;

    let timings = tenant.attempts(&message).await[0]["timings"].clone();
    let micros = |phase: &str| timings[phase].as_u64().unwrap_or_else(|| panic!("no {phase} in {timings}"));
    let parts = [micros("connectUs"), micros("tlsUs"), micros("firstByteUs")];
    assert!(parts[0] + parts[1] <= parts[2] && parts[2] <= micros("totalUs"), "{timings}");
    let again = tenant.send(json!({ "n": 2 })).await;
    tenant.ended(&again, "success").await;
    let timings = tenant.attempts(&again).await[0]["timings"].clone();
    assert_eq!(
        (&timings["connectUs"], &timings["tlsUs"]),
        (&json!(null), &json!(null)),
        "the connection was kept"
    );
}

#[tokio::test]
async fn nothing_is_sent_to_a_receiver_with_a_strange_certificate() {
    let receiver = Receiver::start_tls().await;
    let server = trusting(None).await;
    let tenant = Tenant::of(&server).await;
    tenant.endpoint(&receiver.url("/hook")).await;
    let message = tenant.send(json!({})).await;
    tenant.ended(&message, "fail").await;
    let attempts = tenant.attempts(&message).await;
    assert!(attempts.iter().all(|one| one["responseStatusCode"] == 0), "{attempts:?}");
    assert_eq!((receiver.requests().len(), receiver.connections()), (0, 2), "connected to, but not sent to");
}
