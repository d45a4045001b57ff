//! What is sent: request line, headers in their case and order, credentials, one connection for many requests.

use hookwire_outbound::{FieldError, FieldName, HeaderList, Request};
use http::HeaderValue;

use crate::receiver::{OK, Receiver, read_request};
use crate::{answer, client, post};

#[tokio::test]
async fn a_request_is_sent_and_its_answer_comes_back() {
    let receiver = Receiver::answering(OK).await;
    let exchange = client().send(post(&receiver.url())).await;
    let timings = exchange.timings;
    let answer = answer(exchange);
    assert_eq!((answer.status, &answer.body[..], answer.truncated), (200, &b"ok"[..], false));
    assert_eq!(answer.headers["content-length"], "2");
    assert!(timings.connect_us.is_some() && timings.resolve_us.is_none() && timings.tls_us.is_none());
    assert!(timings.first_byte_us.unwrap() <= timings.total_us);
    let port = receiver.port;
    assert_eq!(
        receiver.log.requests(),
        [format!(
            "POST /hook?x=1 HTTP/1.1\r\ncontent-type: application/json\r\nhost: 127.0.0.1:{port}\r\ncontent-length: 7\r\n\r\n{{\"a\":1}}"
        )]
    );
}

#[tokio::test]
async fn header_names_keep_their_case_and_order() {
    let receiver = Receiver::answering(OK).await;
    let late = FieldName::new("X-GitHub-Event").unwrap();
    let known = FieldName::new("X-MyCo-Signature").unwrap();
    let mut headers = HeaderList::declaring(std::slice::from_ref(&known));
    headers.append(&FieldName::new("webhook-id").unwrap(), HeaderValue::from_static("msg_1"));
    headers.set(&known, HeaderValue::from_static("one"));
    headers.append(&FieldName::new("X-TWICE").unwrap(), HeaderValue::from_static("1"));
    headers.append(&FieldName::new("x-Twice").unwrap(), HeaderValue::from_static("2"));
    let mut more = headers.clone();
    more.set(&late, HeaderValue::from_static("push"));
    more.set(&known, HeaderValue::from_static("two"));
    let client = client();
    for list in [headers, more.clone()] {
        answer(client.send(Request { headers: list, ..post(&receiver.url()) }).await);
    }

    let sent: Vec<Vec<String>> = receiver
        .log
        .requests()
        .iter()
        .map(|text| {
            text.split("\r\n").skip(1).take_while(|line| !line.is_empty()).map(str::to_owned).collect()
        })
        .collect();
    assert_eq!(sent[0][..4], ["webhook-id: msg_1", "X-MyCo-Signature: one", "X-TWICE: 1", "x-Twice: 2"]);
    assert_eq!(
        sent[1][..5],
        ["webhook-id: msg_1", "X-MyCo-Signature: two", "X-TWICE: 1", "x-Twice: 2", "X-GitHub-Event: push"]
    );
    let listed: Vec<&str> = more.iter().map(|(name, _)| name).collect();
    assert_eq!(listed, ["webhook-id", "X-MyCo-Signature", "X-TWICE", "x-Twice", "X-GitHub-Event"]);
    assert_eq!(
        format!("{more:?}"),
        r#"["webhook-id", "X-MyCo-Signature", "X-TWICE", "x-Twice", "X-GitHub-Event"]"#
    );
}

#[tokio::test]
async fn headers_that_frame_a_message_or_break_a_line_are_refused() {
    for (pair, error) in [
        (("Host", "evil.example"), FieldError::Reserved),
        (("Transfer-Encoding", "chunked"), FieldError::Reserved),
        (("a b", "x"), FieldError::Name),
        (("a\r\nb", "x"), FieldError::Name),
        (("a", "x\r\ny: z"), FieldError::Value),
        (("a", "x\0"), FieldError::Value),
        (("a", "x\n y"), FieldError::Value),
    ] {
        assert_eq!(HeaderList::from_pairs([pair]).unwrap_err(), error, "{pair:?}");
    }
}

#[tokio::test]
async fn requests_one_after_the_other_share_a_connection() {
    let receiver = Receiver::answering(OK).await;
    let client = client();
    answer(client.send(post(&receiver.url())).await);
    for _ in 1..10 {
        let exchange = client.send(post(&receiver.url())).await;
        assert_eq!(exchange.timings.connect_us, None);
        answer(exchange);
    }
    assert_eq!((receiver.log.connections(), receiver.log.requests().len()), (1, 10));
}

#[tokio::test]
async fn a_closed_connection_costs_no_second_post() {
    let receiver = Receiver::serving(|mut stream, log| async move {
        if read_request(&mut stream, &log).await.is_some() {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, OK.as_bytes()).await;
        }
    })
    .await;
    let client = client();
    let mut answered = 0;
    for id in 0..50 {
        let mut headers = HeaderList::new();
        headers.append(&FieldName::new("webhook-id").unwrap(), HeaderValue::from(id));
        answered +=
            usize::from(client.send(Request { headers, ..post(&receiver.url()) }).await.result.is_ok());
    }
    let mut seen = receiver.log.requests();
    let posts = seen.len();
    seen.dedup();
    // Each request was seen once, or never when it met the closing connection.
    assert_eq!((posts, seen.len()), (answered, answered));
}

#[tokio::test]
async fn a_request_that_breaks_off_is_not_repeated() {
    let receiver = Receiver::serving(|mut stream, log| async move {
        read_request(&mut stream, &log).await;
    })
    .await;
    let client = client();
    for _ in 0..20 {
        assert!(client.send(post(&receiver.url())).await.result.is_err());
    }
    assert_eq!(receiver.log.requests().len(), 20);
}

#[tokio::test]
async fn credentials_in_the_url_are_sent_unless_the_header_is_given() {
    let receiver = Receiver::answering(OK).await;
    let url = format!("http://user:p%40ss@localhost:{}/", receiver.port);
    let client = client();
    answer(client.send(post(&url)).await);
    let headers = HeaderList::from_pairs([("Authorization", "Bearer own")]).unwrap();
    answer(client.send(Request { headers, ..post(&url) }).await);
    let requests = receiver.log.requests();
    assert!(requests[0].contains("\r\nauthorization: Basic dXNlcjpwQHNz\r\n"), "{}", requests[0]);
    assert!(requests[1].contains("\r\nAuthorization: Bearer own\r\n"), "{}", requests[1]);
    assert!(!requests[1].contains("Basic"));
    assert!(requests[0].contains(&format!("\r\nhost: localhost:{}\r\n", receiver.port)));
}
