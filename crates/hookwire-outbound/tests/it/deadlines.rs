//! Receivers that take their time: the exchange ends at its deadline, and what was known by then counts.

use std::time::{Duration, Instant};

use hookwire_core::outcome::ErrorClass;
use hookwire_outbound::{Client, Exchange, Request, Settings};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::receiver::{Log, OK, Receiver, read_request};
use crate::{answer, client, failure, post, settings};

const DEADLINE: Duration = Duration::from_millis(400);

/// Sends with a short deadline, and shows that it was kept with room for a busy machine.
async fn send_briefly(url: &str) -> Exchange {
    let started = Instant::now();
    let exchange = client().send(Request { deadline: DEADLINE, ..post(url) }).await;
    let took = started.elapsed();
    assert!(took >= DEADLINE && took < DEADLINE + Duration::from_secs(3), "{took:?}");
    assert!(u128::from(exchange.timings.total_us) >= DEADLINE.as_micros());
    exchange
}

/// A byte each 20 ms, for ever.
async fn drip(mut stream: TcpStream, log: Log, head: &'static str, drop: &'static str) {
    read_request(&mut stream, &log).await;
    let _ = stream.write_all(head.as_bytes()).await;
    let mut beat = tokio::time::interval(Duration::from_millis(20));
    while stream.write_all(drop.as_bytes()).await.is_ok() {
        beat.tick().await;
    }
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_given_up() {
    let receiver = Receiver::serving(|mut stream, log| async move {
        read_request(&mut stream, &log).await;
        std::future::pending::<()>().await;
    })
    .await;
    let exchange = send_briefly(&receiver.url()).await;
    assert_eq!(exchange.timings.first_byte_us, None);
    let failure = failure(exchange);
    assert_eq!(
        (failure.class, &failure.detail[..]),
        (ErrorClass::Timeout, "The receiver did not answer within 400ms.")
    );
}

#[tokio::test]
async fn dripping_headers_and_endless_interim_answers_end_at_the_deadline() {
    for (head, drop) in [
        ("HTTP/1.1 200 OK\r\nX-Slow: ", "a"),
        ("", "HTTP/1.1 100 Continue\r\n\r\n"),
        ("HTTP/1.1 200 OK\r\n", "X-Slow: a\r\n"),
        ("", "\r\n"),
    ] {
        let receiver = Receiver::serving(move |stream, log| drip(stream, log, head, drop)).await;
        assert_eq!(
            failure(send_briefly(&receiver.url()).await).class,
            ErrorClass::Timeout,
            "{head:?} {drop:?}"
        );
    }
}

#[tokio::test]
async fn when_only_the_body_drips_the_status_counts() {
    for (head, drop) in [
        ("HTTP/1.1 201 Created\r\nContent-Length: 1000000\r\n\r\n", "b"),
        ("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nb\r\n"),
        ("HTTP/1.1 201 Created\r\n\r\n", "b"),
    ] {
        let receiver = Receiver::serving(move |stream, log| drip(stream, log, head, drop)).await;
        let exchange = send_briefly(&receiver.url()).await;
        assert!(exchange.timings.first_byte_us.is_some());
        let answer = answer(exchange);
        assert_eq!((answer.status, answer.truncated), (201, true), "{head:?}");
        assert!(!answer.body.is_empty() && answer.body.iter().all(|byte| *byte == b'b'));
    }
}

#[tokio::test]
async fn endless_trailers_do_not_hold_the_exchange() {
    let receiver = Receiver::serving(|stream, log| {
        drip(
            stream,
            log,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
            "X-T: a\r\n",
        )
    })
    .await;
    let answer = answer(send_briefly(&receiver.url()).await);
    assert_eq!((answer.status, &answer.body[..], answer.truncated), (200, &b"a"[..], true));
}

#[tokio::test]
async fn a_tls_handshake_that_stalls_ends_at_its_own_limit() {
    let receiver = Receiver::serving(|stream, _| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let client = Client::new(&Settings { tls_timeout: Duration::from_millis(200), ..settings() }).unwrap();
    let failure = failure(client.send(post(&format!("https://127.0.0.1:{}/", receiver.port))).await);
    assert_eq!(
        (failure.class, &failure.detail[..]),
        (ErrorClass::Timeout, "The TLS handshake took longer than 200ms.")
    );
}

#[tokio::test]
async fn the_deadline_covers_the_handshake_too() {
    let receiver = Receiver::serving(|stream, _| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let failure = failure(send_briefly(&format!("https://127.0.0.1:{}/", receiver.port)).await);
    assert_eq!(failure.class, ErrorClass::Timeout);
    assert_eq!(failure.detail, "The TLS handshake was not done when the time limit of 400ms was over.");
}

#[tokio::test]
async fn a_slow_exchange_does_not_hold_up_others_on_the_same_host() {
    let receiver = Receiver::serving(|mut stream, log| async move {
        let Some(request) = read_request(&mut stream, &log).await else { return };
        if request.starts_with("POST /slow") {
            std::future::pending::<()>().await;
        }
        let _ = stream.write_all(OK.as_bytes()).await;
    })
    .await;
    let client = client();
    let slow = Request { deadline: DEADLINE, ..post(&format!("http://127.0.0.1:{}/slow", receiver.port)) };
    let (slow, quick) = tokio::join!(client.send(slow), client.send(post(&receiver.url())));
    assert_eq!(failure(slow).class, ErrorClass::Timeout);
    assert_eq!(answer(quick).status, 200);
}
