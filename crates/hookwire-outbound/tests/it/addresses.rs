//! Which addresses are dialled at all.

use std::time::{Duration, Instant};

use hookwire_core::outcome::ErrorClass;
use hookwire_outbound::{Client, Fault, Settings};
use tokio::net::TcpListener;

use crate::receiver::{OK, Receiver};
use crate::{answer, client, failure, post};

#[tokio::test]
async fn literals_in_every_spelling_are_refused_at_the_connection() {
    let receiver = Receiver::answering(OK).await;
    let client = Client::new(&Settings::default()).unwrap();
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::]",
        "169.254.169.254",
    ] {
        let failure = failure(client.send(post(&format!("http://{host}:{}/", receiver.port))).await);
        assert_eq!(failure.class, ErrorClass::Blocked, "{host}: {failure}");
    }
    assert_eq!(receiver.log.connections(), 0);
}

#[tokio::test]
async fn a_name_that_stands_for_a_refused_address_is_refused_without_telling_the_address() {
    let receiver = Receiver::answering(OK).await;
    let client = Client::new(&Settings::default()).unwrap();
    let exchange = client.send(post(&format!("http://localhost:{}/", receiver.port))).await;
    assert!(exchange.timings.resolve_us.is_some() && exchange.timings.connect_us.is_none());
    let failure = failure(exchange);
    assert_eq!(failure.class, ErrorClass::Blocked);
    assert!(failure.detail.starts_with("The name localhost stands for a loopback"), "{failure}");
    assert!(!failure.detail.contains("127.0.0.1"), "{failure}");
    assert_eq!(receiver.log.connections(), 0);
}

#[tokio::test]
async fn allowed_subnets_open_names_and_literals() {
    let receiver = Receiver::answering(OK).await;
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let exchange = client().send(post(&format!("http://{host}:{}/", receiver.port))).await;
        assert_eq!(answer(exchange).status, 200, "{host}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_a_connect_failure() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let exchange = client().send(post(&format!("http://127.0.0.1:{free}/"))).await;
    assert!(exchange.timings.connect_us.is_some());
    let failure = failure(exchange);
    assert_eq!(
        (failure.class, &failure.detail[..], failure.fault),
        (ErrorClass::Connect, "The receiver refused the connection.", Fault::Receiver)
    );
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_a_dns_failure_within_the_limit() {
    let started = Instant::now();
    let failure = failure(client().send(post("http://no-such-name.invalid/")).await);
    // Without any name server the system may need the whole limit.
    assert!(matches!(failure.class, ErrorClass::Dns | ErrorClass::Timeout), "{failure}");
    assert!(started.elapsed() < Duration::from_secs(9));
}

#[tokio::test]
async fn many_requests_for_one_name_at_once_are_all_served_by_few_lookups() {
    let receiver = Receiver::answering(OK).await;
    let client = Client::new(&Settings { lookups_max: 1, ..crate::settings() }).unwrap();
    let url = format!("http://localhost:{}/", receiver.port);
    let all = futures::future::join_all((0..32).map(|_| client.send(post(&url)))).await;
    assert!(all.into_iter().all(|exchange| exchange.result.is_ok()));
}
