//! A tunnel through a proxy that is connected to, and what it means when the proxy makes none.

use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::uri::Authority;
use http::{HeaderValue, Method, StatusCode, Uri};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::Service;

/// A proxy's answer may have this many bytes of headers.
const HEADER_BYTES_MAX: usize = 8 * 1024;

/// Why there is no tunnel, with what the proxy said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The proxy wants nothing from us, wherever to.
    Always(String),
    /// It could not reach this destination.
    Destination(String),
    /// It does not say which.
    Unclear(String),
}

/// A tunnel by HTTP CONNECT (RFC 9110, 9.3.6).
pub(super) async fn connect(
    stream: TcpStream,
    to: SocketAddr,
    authorization: Option<&HeaderValue>,
) -> Result<TcpStream, Refused> {
    let broken = |error: hyper::Error| Refused::Unclear(error.to_string());
    let (mut sender, connection) = http1::Builder::new()
        .title_case_headers(true)
        .max_buf_size(HEADER_BYTES_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let exchange = async {
        let answer = sender.send_request(connect_request(to, authorization)).await.map_err(broken)?;
        if !answer.status().is_success() {
            return Err(refused_with(answer.status()));
        }
        hyper::upgrade::on(answer).await.map_err(broken)
    };
    tokio::pin!(exchange);
    let tunnel = tokio::select! {
        tunnel = &mut exchange => tunnel,
        // It ends by handing the connection over, which the exchange is about to see.
        _ = connection.with_upgrades() => exchange.await,
    }?;
    match tunnel.downcast::<TokioIo<TcpStream>>() {
        Ok(parts) if parts.read_buf.is_empty() => Ok(parts.io.into_inner()),
        // The receivers of HTTP and TLS never speak first.
        _ => Err(Refused::Unclear("data came before the request".to_owned())),
    }
}

fn connect_request(to: SocketAddr, authorization: Option<&HeaderValue>) -> http::Request<Empty<Bytes>> {
    let text = to.to_string();
    let host = HeaderValue::try_from(&text).expect("an address and a port are visible ASCII");
    let authority: Authority = text.parse().expect("an address and a port are an authority");
    let mut request = http::Request::new(Empty::new());
    *request.method_mut() = Method::CONNECT;
    *request.uri_mut() = Uri::from(authority);
    request.headers_mut().insert(HOST, host);
    if let Some(value) = authorization {
        request.headers_mut().insert(PROXY_AUTHORIZATION, value.clone());
    }
    request
}

/// 502 and 504 speak of the destination. Any other refusal may be the proxy's own: some answer 503 for both.
fn refused_with(status: StatusCode) -> Refused {
    let text = format!("status {}", status.as_u16());
    match status {
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => Refused::Always(text),
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => Refused::Destination(text),
        _ => Refused::Unclear(text),
    }
}

/// A tunnel by SOCKS 5 (RFC 1928).
pub(super) async fn socks(
    stream: TcpStream,
    to: SocketAddr,
    credentials: Option<&(String, String)>,
) -> Result<TcpStream, Refused> {
    let destination: Uri = format!("http://{to}/").parse().expect("an address and a port are an authority");
    let mut socks = SocksV5::new(destination.clone(), Once(Some(stream)));
    if let Some((user, password)) = credentials {
        socks = socks.with_auth(user.clone(), password.clone());
    }
    let tunnel = socks.call(destination).await;
    tunnel.map(TokioIo::into_inner).map_err(|error| socks_refused(&error.to_string()))
}

/// The library keeps the type of its error to itself, so its text is read. A test with real answers guards this.
fn socks_refused(text: &str) -> Refused {
    let text = text.trim_start_matches("SOCKS error: ").to_owned();
    match text.as_str() {
        "server does not support user/pass authentication"
        | "server implements authentication incorrectly"
        | "credentials not accepted"
        | "command not supported" => Refused::Always(text),
        "network unreachable" | "host unreachable" | "connection refused" | "ttl expired" => {
            Refused::Destination(text)
        }
        _ => Refused::Unclear(text),
    }
}

/// The connection to the proxy, made before, in the form that the library asks for.
struct Once(Option<TcpStream>);

impl Service<Uri> for Once {
    type Response = TokioIo<TcpStream>;
    type Error = std::io::Error;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let stream = self.0.take().map(TokioIo::new);
        std::future::ready(stream.ok_or_else(|| std::io::Error::other("asked twice")))
    }
}
