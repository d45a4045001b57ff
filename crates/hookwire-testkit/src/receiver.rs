//! A scripted HTTP/1.1 receiver on a loopback port: does what the test says and remembers every request.

mod connection;
mod reply;
mod request;
mod state;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

pub use self::reply::{Gate, Reply};
pub use self::request::Request;
use self::state::State;
use crate::PATIENCE;

/// A running receiver; it stops when dropped.
pub struct Receiver {
    address: SocketAddr,
    ca_pem: Option<String>,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

impl Receiver {
    /// Starts one on a free port of 127.0.0.1. Paths without a script answer 200.
    pub async fn start() -> Self {
        Self::start_on("127.0.0.1:0", None).await
    }

    /// Starts one that speaks TLS with a certificate of its own authority; see [`Receiver::ca_pem`].
    pub async fn start_tls() -> Self {
        Self::start_on("127.0.0.1:0", Some(tls::acceptor())).await
    }

    /// Starts one on this address, for a receiver that comes back after it was away.
    pub async fn start_at(address: SocketAddr) -> Self {
        Self::start_on(&address.to_string(), None).await
    }

    async fn start_on(address: &str, tls: Option<(TlsAcceptor, String)>) -> Self {
        let listener = TcpListener::bind(address).await.expect("the loopback port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = Arc::new(State::new());
        let (acceptor, ca_pem) = tls.unzip();
        let accepting = tokio::spawn(accept(listener, acceptor, Arc::clone(&state)));
        Self { address, ca_pem, state, accepting }
    }

    /// The URL of a path, which starts with `/`.
    pub fn url(&self, path: &str) -> String {
        let scheme = if self.ca_pem.is_some() { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The PEM of the authority behind a TLS receiver's certificate; panics for a plain one.
    pub fn ca_pem(&self) -> &str {
        self.ca_pem.as_deref().expect("ca_pem is for receivers made by start_tls")
    }

    /// From now on requests for `path` get these replies in turn, and then the last one for ever.
    pub fn script(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        self.state.script(path, replies.into_iter().collect());
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.state.requests()
    }

    /// The requests for one path so far.
    pub fn requests_to(&self, path: &str) -> Vec<Request> {
        self.state.look(|all| all.iter().filter(|request| request.path == path).cloned().collect())
    }

    /// How many connections were made to it, used or not.
    pub fn connections(&self) -> usize {
        self.state.connections()
    }

    /// Waits for `count` requests to `path` and returns all of them; panics after [`PATIENCE`].
    pub async fn wait_for(&self, path: &str, count: usize) -> Vec<Request> {
        self.wait_until(&format!("{count} requests to {path}"), |all| {
            all.iter().filter(|request| request.path == path).count() >= count
        })
        .await;
        self.requests_to(path)
    }

    /// Waits until `satisfied` says yes to all requests so far; panics after [`PATIENCE`], naming `what`.
    pub async fn wait_until(&self, what: &str, satisfied: impl Fn(&[Request]) -> bool) -> Vec<Request> {
        if !self.comes_to(satisfied).await {
            let seen = self.state.look(summary);
            panic!("waited {PATIENCE:?} in vain for: {what}; the last that arrived: {seen:#?}");
        }
        self.requests()
    }

    /// Whether `satisfied` says yes to all requests so far within [`PATIENCE`], for tests that say better than
    /// [`Receiver::wait_until`] what is missing.
    pub async fn comes_to(&self, satisfied: impl Fn(&[Request]) -> bool) -> bool {
        let mut changes = self.state.watch();
        let wait = changes.wait_for(|_| self.state.look(&satisfied));
        tokio::time::timeout(PATIENCE, wait).await.is_ok()
    }

    /// Panics when another request arrives within `time`: for what must never happen, not for synchronisation.
    pub async fn expect_quiet(&self, time: Duration) {
        let before = self.requests().len();
        let mut changes = self.state.watch();
        let more = changes.wait_for(|count| *count > before);
        let came = tokio::time::timeout(time, more).await.is_ok();
        assert!(!came, "an unexpected request arrived: {:#?}", &self.requests()[before..]);
    }
}

/// The last requests, a line each.
fn summary(all: &[Request]) -> Vec<String> {
    let last = &all[all.len().saturating_sub(20)..];
    last.iter()
        .map(|one| format!("{} {} {}", one.method, one.path, String::from_utf8_lossy(&one.body)))
        .collect()
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Accepts until the receiver is dropped. What goes wrong on a connection is the sender's to notice: it is often
/// what the test wants.
async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        connections.spawn(converse(socket, tls.clone(), Arc::clone(&state)));
    }
}

async fn converse(socket: TcpStream, tls: Option<TlsAcceptor>, state: Arc<State>) {
    let number = state.connected();
    let Ok(()) = socket.set_nodelay(true) else { return };
    let served = match tls {
        None => connection::serve(socket, number, state).await,
        Some(acceptor) => match acceptor.accept(socket).await {
            Ok(stream) => connection::serve(stream, number, state).await,
            Err(_) => return,
        },
    };
    drop(served);
}
