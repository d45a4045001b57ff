//! One keep-alive HTTP/1.1 connection that sends a request after the other.

use std::net::SocketAddr;

use anyhow::Context;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Whom to call, and as whom.
#[derive(Clone)]
pub(crate) struct Peer {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    host: HeaderValue,
    authorization: Option<HeaderValue>,
}

impl Peer {
    /// A peer that wants no authorisation.
    pub(crate) fn open(address: SocketAddr) -> Self {
        let host = HeaderValue::from_str(&address.to_string()).expect("an address is a valid header");
        Self { address, host, authorization: None }
    }

    /// A peer that wants a bearer token.
    pub(crate) fn with_token(address: SocketAddr, token: &str) -> anyhow::Result<Self> {
        let authorization =
            HeaderValue::from_str(&format!("Bearer {token}")).context("the token is no header")?;
        Ok(Self { authorization: Some(authorization), ..Self::open(address) })
    }
}

/// A connection; it ends with the first error.
pub(crate) struct Connection {
    peer: Peer,
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(peer: Peer) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(peer.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // It fails only when `send` fails too, which is where it is handled.
        tokio::spawn(connection);
        Ok(Self { peer, sender })
    }

    /// Sends one request and reads the whole answer.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.peer.host);
        if let Some(authorization) = &self.peer.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.header(CONTENT_TYPE, "application/json").body(Full::new(body))?;
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }
}
