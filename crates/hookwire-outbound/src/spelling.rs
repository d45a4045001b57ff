//! How hyper is told the case of header names.
//!
//! hyper keeps the case in a request extension whose type is private, and fills it only while it parses a request. So a
//! request with the wanted names is given to hyper's own server in memory, and the extensions it makes are kept. A test
//! over a real socket guards this, as it rests on hyper's internals.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::Extensions;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;

/// More names than any request may have.
const NAMES_MAX: usize = 1_024;

/// Extensions that make hyper's client send these names in this case.
pub(crate) fn compile<'a>(names: impl Iterator<Item = &'a [u8]>) -> Extensions {
    let mut text = b"POST / HTTP/1.1\r\n".to_vec();
    for name in names {
        text.extend_from_slice(name);
        text.extend_from_slice(b": 0\r\n");
    }
    text.extend_from_slice(b"\r\n");

    let seen = Arc::new(Mutex::new(Extensions::new()));
    let keep = Arc::clone(&seen);
    let service = service_fn(move |request: http::Request<Incoming>| {
        *keep.lock().unwrap_or_else(PoisonError::into_inner) = request.into_parts().0.extensions;
        ready(Ok::<_, Infallible>(http::Response::new(Empty::<Bytes>::new())))
    });
    let connection = http1::Builder::new()
        .preserve_header_case(true)
        .header_read_timeout(None)
        .max_headers(NAMES_MAX)
        .serve_connection(Template { text, read: 0 }, service);
    // All input is there, so one poll parses it; whether the connection then ends is of no interest.
    let _ = pin!(connection).poll(&mut Context::from_waker(Waker::noop()));
    std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A connection on which the request has already come in whole, and where answers vanish.
struct Template {
    text: Vec<u8>,
    read: usize,
}

impl Read for Template {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let end = self.text.len().min(self.read + buf.remaining());
        if end == self.read {
            return Poll::Pending;
        }
        buf.put_slice(&self.text[self.read..end]);
        self.read = end;
        Poll::Ready(Ok(()))
    }
}

impl Write for Template {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
