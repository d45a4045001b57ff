//! Which connections are kept, for how long, and how many.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookwire_outbound::{Client, Settings};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncWriteExt;
use tokio::sync::{Barrier, mpsc};

use crate::receiver::{OK, Receiver, read_request};
use crate::tls::{Authority, certified};
use crate::{answer, client, post, settings};

/// A receiver that tells when a connection has ended.
async fn telling() -> (Receiver, mpsc::UnboundedReceiver<()>) {
    let (tell, told) = mpsc::unbounded_channel();
    let receiver = Receiver::serving(move |mut stream, log| {
        let tell = tell.clone();
        async move {
            crate::receiver::keep_answering(&mut stream, &log, OK.as_bytes()).await;
            tell.send(()).unwrap();
        }
    })
    .await;
    (receiver, told)
}

#[tokio::test]
async fn an_idle_connection_is_closed_when_its_time_is_over() {
    let (receiver, mut told) = telling().await;
    let client =
        Client::new(&Settings { pool_idle_timeout: Duration::from_millis(100), ..settings() }).unwrap();
    for connections in 1..=2 {
        answer(client.send(post(&receiver.url())).await);
        assert_eq!(receiver.log.connections(), connections);
        told.recv().await.unwrap();
    }
}

#[tokio::test]
async fn connections_end_with_the_client() {
    let (receiver, mut told) = telling().await;
    let client = client();
    answer(client.send(post(&receiver.url())).await);
    drop(client);
    told.recv().await.unwrap();
}

#[tokio::test]
async fn no_more_idle_connections_are_kept_than_is_set() {
    let (both, (ended, mut told)) = (Arc::new(Barrier::new(2)), mpsc::unbounded_channel());
    let receiver = Receiver::serving(move |mut stream, log| {
        let (both, ended) = (Arc::clone(&both), ended.clone());
        async move {
            // The first two requests are answered once both are there.
            read_request(&mut stream, &log).await;
            both.wait().await;
            stream.write_all(OK.as_bytes()).await.unwrap();
            crate::receiver::keep_answering(&mut stream, &log, OK.as_bytes()).await;
            ended.send(()).unwrap();
        }
    })
    .await;
    let client = Client::new(&Settings { pool_idle_per_host_max: 1, ..settings() }).unwrap();
    let (one, two) = tokio::join!(client.send(post(&receiver.url())), client.send(post(&receiver.url())));
    answer(one);
    answer(two);
    told.recv().await.unwrap();
    answer(client.send(post(&receiver.url())).await);
    assert_eq!(receiver.log.connections(), 2);
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn what_is_not_kept_is_closed_at_once() {
    let (receiver, mut told) = telling().await;
    let client = Client::new(&Settings { pool_idle_per_host_max: 0, ..settings() }).unwrap();
    for _ in 0..2 {
        answer(client.send(post(&receiver.url())).await);
        told.recv().await.unwrap();
    }
    assert_eq!(receiver.log.connections(), 2);
}

/// A receiver that speaks HTTP/2 and tells when a connection has ended; and its URL.
async fn telling_http2(authority: &Authority) -> (Receiver, mpsc::UnboundedReceiver<()>, String) {
    let acceptor = authority.acceptor(&certified(&["localhost"]), &["h2"], &rustls::version::TLS13);
    let (tell, told) = mpsc::unbounded_channel();
    let receiver = Receiver::serving(move |stream, _| {
        let (acceptor, tell) = (acceptor.clone(), tell.clone());
        async move {
            let stream = acceptor.accept(stream).await.unwrap();
            let service = service_fn(async |_: http::Request<hyper::body::Incoming>| {
                Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::from_static(b"ok"))))
            });
            let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
            tell.send(()).unwrap();
        }
    })
    .await;
    let url = format!("https://localhost:{}/", receiver.port);
    (receiver, told, url)
}

#[tokio::test]
async fn an_idle_http2_connection_is_closed_when_its_time_is_over() {
    let authority = Authority::new();
    let (receiver, mut told, url) = telling_http2(&authority).await;
    let client =
        authority.client_with(Settings { pool_idle_timeout: Duration::from_millis(100), ..settings() });
    for connections in 1..=2 {
        answer(client.send(post(&url)).await);
        assert_eq!(receiver.log.connections(), connections);
        told.recv().await.unwrap();
    }
}

#[tokio::test]
async fn an_http2_connection_that_is_not_kept_is_closed_at_once() {
    let authority = Authority::new();
    let (receiver, mut told, url) = telling_http2(&authority).await;
    let client = authority.client_with(Settings { pool_idle_per_host_max: 0, ..settings() });
    for connections in 1..=2 {
        answer(client.send(post(&url)).await);
        told.recv().await.unwrap();
        assert_eq!(receiver.log.connections(), connections);
    }
}
