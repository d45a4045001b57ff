//! One recorded request, and how it is read off a connection.

use std::io;
use std::time::Instant;

use bytes::Bytes;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// More than any test sends; a limit against a runaway sender.
const BODY_BYTES_MAX: usize = 64 << 20;

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// What follows `?`, or "".
    pub query: String,
    /// Names as written by the sender, in the order sent.
    pub headers: Vec<(String, String)>,
    /// The body after transfer decoding, exact.
    pub body: Bytes,
    /// When its last byte was read.
    pub arrived: Instant,
    /// Which connection of this receiver brought it, counted from 1.
    pub connection: usize,
}

impl Request {
    /// The value of the first header of that name, in any case, or "" where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(had, _)| had.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    /// The body as text; panics when it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is UTF-8")
    }

    /// Reads one request; `None` when the sender has closed the connection instead.
    pub(super) async fn read(
        stream: &mut (impl AsyncBufRead + Unpin),
        connection: usize,
    ) -> io::Result<Option<Self>> {
        let Some(first) = line(stream).await? else { return Ok(None) };
        let mut words = first.split(' ');
        let (Some(method), Some(target), Some("HTTP/1.1")) = (words.next(), words.next(), words.next())
        else {
            return Err(io::Error::other(format!("not an HTTP/1.1 request line: {first:?}")));
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers(stream).await?,
            body: Bytes::new(),
            arrived: Instant::now(),
            connection,
        };
        request.body = request.read_body(stream).await?;
        request.arrived = Instant::now();
        Ok(Some(request))
    }

    async fn read_body(&self, stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Bytes> {
        if self.header("transfer-encoding").eq_ignore_ascii_case("chunked") {
            return chunked(stream).await;
        }
        let length = self.header("content-length");
        let length = if length.is_empty() { 0 } else { length.parse().map_err(io::Error::other)? };
        exactly(stream, length).await.map(Bytes::from)
    }
}

async fn headers(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let line = line(stream).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if line.is_empty() {
            return Ok(headers);
        }
        let (name, value) =
            line.split_once(':').ok_or_else(|| io::Error::other(format!("no header: {line:?}")))?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

/// A line without its end; `None` at the end of the stream.
async fn line(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    if stream.read_until(b'\n', &mut bytes).await? == 0 {
        return Ok(None);
    }
    let Some(line) = bytes.strip_suffix(b"\r\n") else {
        return Err(io::Error::other(format!(
            "a line without its end: {:?}",
            String::from_utf8_lossy(&bytes)
        )));
    };
    Ok(Some(String::from_utf8_lossy(line).into_owned()))
}

async fn chunked(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Bytes> {
    let mut body = Vec::new();
    loop {
        let size = line(stream).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let size = size.split(';').next().unwrap_or("").trim();
        let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
        if size == 0 {
            // Trailers, up to the empty line.
            headers(stream).await?;
            return Ok(body.into());
        }
        body.extend(exactly(stream, size).await?);
        line(stream).await?;
    }
}

async fn exactly(stream: &mut (impl AsyncBufRead + Unpin), length: usize) -> io::Result<Vec<u8>> {
    if length > BODY_BYTES_MAX {
        return Err(io::Error::other(format!("a body of {length} bytes")));
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}
