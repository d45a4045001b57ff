//! How long a connection may be held, and by what. Time is virtual here, and the network is a pipe in memory.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use axum::routing::get;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http2::{SendRequest, handshake};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tower::ServiceExt as _;

use super::connection::IDLE_LIMIT;
use super::*;

const LONG: Duration = Duration::from_mins(20);

fn router() -> Router {
    let long = async || {
        sleep(LONG).await;
        "late"
    };
    let big = async || Body::from(vec![b'x'; 1 << 20]);
    Router::new().route("/", get(async || "here")).route("/long", get(long)).route("/big", get(big))
}

/// A connection to a server, that server's end of it, and what stops the server.
struct Link {
    client: DuplexStream,
    server: JoinHandle<()>,
    stop: CancellationToken,
}

fn link() -> Link {
    let (client, io) = tokio::io::duplex(16 * 1_024);
    let stop = CancellationToken::new();
    let told = stop.clone();
    let server = tokio::spawn(async move {
        let answer = |request| async { router().oneshot(request).await.unwrap() };
        connection::serve(&builder(), TokioIo::new(io), answer, &told).await;
    });
    Link { client, server, stop }
}

/// An HTTP/2 client on the link; the task ends when the connection does.
async fn http2(client: DuplexStream) -> (SendRequest<Empty<Bytes>>, JoinHandle<hyper::Result<()>>) {
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(client)).await.unwrap();
    (sender, tokio::spawn(connection))
}

async fn ask(sender: &mut SendRequest<Empty<Bytes>>, path: &str) -> Bytes {
    let request = Request::get(format!("http://hookwire{path}")).body(Empty::new()).unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer.into_body().collect().await.unwrap().to_bytes()
}

/// What the future gives; a connection that is never closed fails the test instead of hanging it.
async fn ended<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_hours(2), future).await.expect("it ends within two virtual hours")
}

fn assert_between(span: Duration, least: Duration, most: Duration) {
    assert!(span >= least && span <= most, "{span:?} is not between {least:?} and {most:?}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_http1_connection_is_closed_after_the_header_timeout() {
    let Link { mut client, server, .. } = link();
    let began = Instant::now();
    client.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    ended(client.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("here"), "{answer}");
    assert_eq!(began.elapsed().as_secs(), HEADER_TIMEOUT.as_secs());
    ended(server).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn headers_that_trickle_are_given_up_after_the_header_timeout() {
    let Link { client, server, .. } = link();
    let began = Instant::now();
    let (_reader, mut writer) = tokio::io::split(client);
    let trickle = tokio::spawn(async move {
        writer.write_all(b"GET / HTTP/1.1\r\nhost: h\r\nx-name: ").await.unwrap();
        while writer.write_all(b"x").await.is_ok() {
            sleep(Duration::from_secs(7)).await;
        }
    });
    ended(server).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), HEADER_TIMEOUT.as_secs());
    trickle.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn half_a_greeting_of_http2_holds_no_connection() {
    for greeting in ["PRI * HT", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let Link { mut client, server, .. } = link();
        let began = Instant::now();
        client.write_all(greeting.as_bytes()).await.unwrap();
        ended(client.read_to_end(&mut Vec::new())).await.unwrap();
        ended(server).await.unwrap();
        // HTTP/2 says goodbye, and its client may acknowledge that it is still there, which takes another while.
        assert_between(began.elapsed(), HEADER_TIMEOUT, HEADER_TIMEOUT * 2);
    }
}

#[tokio::test(start_paused = true)]
async fn an_http2_connection_without_requests_is_closed_after_the_idle_limit() {
    let Link { client, server, .. } = link();
    let (mut sender, connection) = http2(client).await;
    assert_eq!(ask(&mut sender, "/").await, "here");
    let began = Instant::now();
    ended(connection).await.unwrap().unwrap();
    ended(server).await.unwrap();
    assert_between(began.elapsed(), IDLE_LIMIT, IDLE_LIMIT + HEADER_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn an_http2_connection_that_is_used_now_and_then_stays() {
    let Link { client, server, .. } = link();
    let (mut sender, connection) = http2(client).await;
    for _ in 0..20 {
        assert_eq!(ask(&mut sender, "/").await, "here");
        sleep(IDLE_LIMIT.saturating_sub(Duration::from_secs(1))).await;
    }
    assert!(!connection.is_finished() && !server.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_request_under_way_keeps_its_connection() {
    let Link { client, server, .. } = link();
    let (mut sender, connection) = http2(client).await;
    let began = Instant::now();
    assert_eq!(ask(&mut sender, "/long").await, "late");
    assert_eq!(began.elapsed().as_secs(), LONG.as_secs());
    let began = Instant::now();
    ended(connection).await.unwrap().unwrap();
    ended(server).await.unwrap();
    assert_between(began.elapsed(), IDLE_LIMIT, IDLE_LIMIT + HEADER_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_take_its_answer_is_cut_off() {
    let Link { mut client, server, .. } = link();
    let began = Instant::now();
    client.write_all(b"GET /big HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    ended(server).await.unwrap();
    assert_between(began.elapsed(), IDLE_LIMIT, IDLE_LIMIT * 2 + HEADER_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_idle_connections_at_once_and_others_after_their_answer() {
    let Link { client, server, stop } = link();
    let (mut sender, _connection) = http2(client).await;
    assert_eq!(ask(&mut sender, "/").await, "here");
    let began = Instant::now();
    stop.cancel();
    ended(server).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(1));

    let Link { mut client, server, stop } = link();
    client.write_all(b"GET /long HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    sleep(Duration::from_mins(16)).await;
    stop.cancel();
    let mut answer = String::new();
    ended(client.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.ends_with("late"), "{answer}");
    ended(server).await.unwrap();
}
