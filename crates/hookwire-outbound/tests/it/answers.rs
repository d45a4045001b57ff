//! What is taken from an answer: any status, no redirect, and no more than the limits allow.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use hookwire_core::outcome::ErrorClass;
use hookwire_outbound::BODY_BYTES_MAX;
use tokio::io::AsyncWriteExt;

use crate::receiver::{OK, Receiver, read_request};
use crate::{answer, client, failure, post};

#[tokio::test]
async fn redirects_are_answers_and_are_never_followed() {
    let elsewhere = Receiver::answering(OK).await;
    for status in [301, 302, 303, 307, 308] {
        let text =
            format!("HTTP/1.1 {status} X\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", elsewhere.url());
        let receiver = Receiver::answering(text).await;
        let answer = answer(client().send(post(&receiver.url())).await);
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers["location"], elsewhere.url());
    }
    assert_eq!(elsewhere.log.connections(), 0);
}

#[tokio::test]
async fn of_a_huge_body_only_the_beginning_is_read() {
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    let receiver = Receiver::serving(move |mut stream, log| {
        let count = Arc::clone(&count);
        async move {
            read_request(&mut stream, &log).await;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 100 * 1024 * 1024);
            let _ = stream.write_all(head.as_bytes()).await;
            let chunk = vec![b'a'; 64 * 1024];
            for _ in 0..1_600 {
                if stream.write_all(&chunk).await.is_err() {
                    return;
                }
                count.fetch_add(chunk.len(), SeqCst);
            }
        }
    })
    .await;
    let client = client();
    for round in 1..=2 {
        let answer = answer(client.send(post(&receiver.url())).await);
        assert_eq!((answer.status, answer.body.len(), answer.truncated), (200, BODY_BYTES_MAX, true));
        assert_eq!(receiver.log.connections(), round, "a connection with unread body is not used again");
    }
    assert!(written.load(SeqCst) < 100 * 1024 * 1024);
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_whole() {
    let body = "b".repeat(BODY_BYTES_MAX);
    let receiver =
        Receiver::answering(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())).await;
    let client = client();
    for _ in 0..2 {
        let answer = answer(client.send(post(&receiver.url())).await);
        assert_eq!((answer.body.len(), answer.truncated), (BODY_BYTES_MAX, false));
    }
    assert_eq!(receiver.log.connections(), 1);
}

#[tokio::test]
async fn an_endless_chunked_body_is_cut() {
    let receiver = Receiver::serving(|mut stream, log| async move {
        read_request(&mut stream, &log).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
        while stream.write_all(b"5\r\nhello\r\n").await.is_ok() {}
    })
    .await;
    let answer = answer(client().send(post(&receiver.url())).await);
    assert_eq!((answer.body.len(), answer.truncated), (BODY_BYTES_MAX, true));
}

#[tokio::test]
async fn compressed_bodies_are_not_asked_for_and_not_unpacked() {
    // The first bytes of a gzip stream that would grow a thousandfold.
    let bomb = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xed, 0xc1, 1, 1, 0, 0, 0, 0x80, 0x90, 0xfe];
    let mut text =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bomb.len())
            .into_bytes();
    text.extend_from_slice(&bomb);
    let receiver = Receiver::answering(text).await;
    let answer = answer(client().send(post(&receiver.url())).await);
    assert_eq!(answer.body[..], bomb);
    assert!(!receiver.log.requests()[0].to_ascii_lowercase().contains("accept-encoding"));
}

#[tokio::test]
async fn headers_beyond_the_limit_are_a_protocol_failure() {
    for head in [
        format!("X-Big: {}\r\n", "a".repeat(1024 * 1024)),
        "X-Many: a\r\n".repeat(100_000),
        format!("X-Some: {}\r\n", "a".repeat(70_000)),
        "X: a\r\n".repeat(500),
    ] {
        let receiver =
            Receiver::answering(format!("HTTP/1.1 200 OK\r\n{head}Content-Length: 0\r\n\r\n")).await;
        let failure = failure(client().send(post(&receiver.url())).await);
        assert_eq!(failure.class, ErrorClass::Protocol, "{failure}");
        assert_eq!(failure.detail, "The headers of the answer are too large.");
    }
}

#[tokio::test]
async fn endless_headers_are_not_read_to_any_length() {
    let (told, written) = tokio::sync::oneshot::channel();
    let told = Arc::new(std::sync::Mutex::new(Some(told)));
    let receiver = Receiver::serving(move |mut stream, log| {
        let told = Arc::clone(&told);
        async move {
            read_request(&mut stream, &log).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX-Big: ").await;
            let chunk = vec![b'a'; 64 * 1024];
            let mut bytes = 0;
            while stream.write_all(&chunk).await.is_ok() {
                bytes += chunk.len();
            }
            if let Some(told) = told.lock().unwrap().take() {
                let _ = told.send(bytes);
            }
        }
    })
    .await;
    assert_eq!(failure(client().send(post(&receiver.url())).await).class, ErrorClass::Protocol);
    // Besides what was read, the sockets' own buffers may hold some megabytes.
    assert!(written.await.unwrap() < 16 * 1024 * 1024);
}

#[tokio::test]
async fn interim_answers_are_passed_over() {
    let receiver = Receiver::answering(format!(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n{OK}"
    ))
    .await;
    assert_eq!(answer(client().send(post(&receiver.url())).await).status, 200);
}

#[tokio::test]
async fn an_answer_without_a_body_is_whole() {
    for text in [
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 202 X\r\nContent-Length: 0\r\n\r\n",
    ] {
        let receiver = Receiver::answering(text).await;
        let answer = answer(client().send(post(&receiver.url())).await);
        assert_eq!((answer.body.len(), answer.truncated), (0, false), "{text}");
    }
}
