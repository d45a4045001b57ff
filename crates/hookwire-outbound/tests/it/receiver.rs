//! A receiver made of raw sockets that counts connections and keeps every request as text.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a receiver has seen so far.
#[derive(Clone, Default)]
pub(crate) struct Log {
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Log {
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn push(&self, request: String) {
        self.requests.lock().unwrap().push(request);
    }
}

/// A listening receiver; it ends with the test's runtime.
pub(crate) struct Receiver {
    pub(crate) port: u16,
    pub(crate) log: Log,
}

impl Receiver {
    /// Gives each connection to `serve`.
    pub(crate) async fn serving<F, Fut>(serve: F) -> Self
    where
        F: Fn(TcpStream, Log) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Log::default();
        let shared = log.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, SeqCst);
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self { port, log }
    }

    /// Answers each request with these bytes and keeps the connection.
    pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = Arc::new(answer.into());
        Self::serving(move |mut stream, log| {
            let answer = Arc::clone(&answer);
            async move { keep_answering(&mut stream, &log, &answer).await }
        })
        .await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook?x=1", self.port)
    }
}

pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

pub(crate) async fn keep_answering<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    log: &Log,
    answer: &[u8],
) {
    while read_request(stream, log).await.is_some() {
        if stream.write_all(answer).await.is_err() {
            return;
        }
    }
}

/// Reads one request with its body and logs it; `None` when the client has gone.
pub(crate) async fn read_request<S: AsyncRead + Unpin>(stream: &mut S, log: &Log) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if let Some(whole) = whole_request(&bytes) {
            log.push(whole.clone());
            return Some(whole);
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn whole_request(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    (body.len() >= length.unwrap_or(0)).then(|| text.to_owned())
}
