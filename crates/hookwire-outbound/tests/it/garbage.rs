//! Receivers that do not speak HTTP: each answer is a failure with a reason, and the next request is served.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use hookwire_core::outcome::ErrorClass;
use tokio::io::AsyncWriteExt;

use crate::receiver::{OK, Receiver, read_request};
use crate::{answer, client, failure, post};

/// Gives the answers in order, one per connection, then healthy ones.
async fn in_order(answers: Vec<Vec<u8>>) -> Receiver {
    let answers = Arc::new(Mutex::new(VecDeque::from(answers)));
    Receiver::serving(move |mut stream, log| {
        let answers = Arc::clone(&answers);
        async move {
            if read_request(&mut stream, &log).await.is_some() {
                let next = answers.lock().unwrap().pop_front().unwrap_or_else(|| OK.into());
                let _ = stream.write_all(&next).await;
                let _ = stream.shutdown().await;
            }
        }
    })
    .await
}

/// Each is a protocol failure, and the connections after it are healthy.
async fn all_fail(answers: Vec<Vec<u8>>) {
    let client = client();
    let receiver = in_order(answers.clone()).await;
    for (index, bytes) in answers.iter().enumerate() {
        let failure = failure(client.send(post(&receiver.url())).await);
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]);
        assert_eq!(failure.class, ErrorClass::Protocol, "{shown:?}: {failure}");
        assert!(failure.detail.ends_with('.') && failure.detail.len() < 200, "{shown:?}: {failure}");
        assert_eq!(receiver.log.requests().len(), index + 1, "{shown:?}");
    }
    assert_eq!(answer(client.send(post(&receiver.url())).await).status, 200);
}

#[tokio::test]
async fn an_answer_cut_at_any_byte_is_a_failure() {
    for whole in [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
    ] {
        all_fail((0..whole.len()).map(|end| whole.as_bytes()[..end].to_vec()).collect()).await;
    }
}

#[tokio::test]
async fn what_is_not_http_is_a_failure() {
    let texts = [
        "hello\r\n",
        "<html>HTTP/0.9</html>",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "220 mail.example.com ESMTP\r\n",
        "HTTP\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "HTTP/1.1 \r\n\r\n",
        "HTTP/1.1 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 000 X\r\n\r\n",
        "HTTP/1.1 099 X\r\n\r\n",
        "HTTP/1.1 -200 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 2OO OK\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX Y: space in name\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX : space after name\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\r\n folded\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ];
    let mut answers: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    answers.push(vec![0; 4096]);
    answers.push((0..=255).cycle().take(100_000).collect());
    answers.push(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec());
    answers.push(vec![0, 0, 0, 4, 0, 0, 0, 0, 0]);
    answers.push(vec![0x15, 3, 1, 0, 2, 2, 0x28]);
    all_fail(answers).await;
}

#[tokio::test]
async fn a_second_answer_nobody_asked_for_spoils_only_its_connection() {
    let receiver = Receiver::answering(format!("{OK}{OK}")).await;
    let client = client();
    for _ in 0..5 {
        // The surplus may come before or after the first answer is done; it must never be taken for the next answer.
        let _ = client.send(post(&receiver.url())).await;
    }
    assert!(receiver.log.connections() >= receiver.log.requests().len());
}
