//! An HTTP/1.1 connection that whoever uses it drives, instead of a task of its own: a delivery wakes nobody then.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1};

use super::HEADER_BYTES_MAX;
use crate::wire::Wire;

pub(super) type Outgoing = http::Request<Full<Bytes>>;
pub(super) type Answer = http::Response<Incoming>;
/// Why there is no answer, and the request if nothing of it was written.
pub(super) type Unsent = TrySendError<Outgoing>;

/// One connection, for one request at a time.
pub(super) struct Line {
    sender: http1::SendRequest<Full<Bytes>>,
    /// `None` once it has come to its end. Then what waits for it hears of that.
    connection: Option<http1::Connection<Wire, Full<Bytes>>>,
}

impl Line {
    /// Begins to speak HTTP/1.1.
    pub(super) async fn open(wire: Wire) -> hyper::Result<Self> {
        let (sender, connection) =
            http1::Builder::new().max_buf_size(HEADER_BYTES_MAX as usize).handshake(wire).await?;
        Ok(Self { sender, connection: Some(connection) })
    }

    /// Sends a request and waits for the head of the answer.
    pub(super) async fn send(&mut self, request: Outgoing) -> Result<Answer, Unsent> {
        // What is sent while nobody looks stays in line until the connection is driven.
        let answer = self.sender.try_send_request(request);
        self.driven(answer).await
    }

    /// Drives the connection until that is done. It must wait for nothing but the connection, as nothing else wakes it.
    pub(super) async fn driven<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            self.drive(context);
            work.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        })
        .await
    }

    /// Whether it can take another request.
    pub(super) fn is_free(&mut self) -> bool {
        self.sender.is_ready() || (self.is_open() && self.sender.is_ready())
    }

    /// Looks whether the other side has closed it.
    pub(super) fn is_open(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.connection.is_some()
    }

    fn drive(&mut self, context: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && Pin::new(connection).poll(context).is_ready()
        {
            self.connection = None;
        }
    }
}
