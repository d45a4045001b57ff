//! Keeps the beginning of an answer's body.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

/// What has been read of a body so far. Lives outside the reading future, so that what came before a deadline is kept.
pub(crate) struct Capture {
    bytes: Vec<u8>,
    truncated: bool,
}

impl Capture {
    pub(crate) const fn new() -> Self {
        Self { bytes: Vec::new(), truncated: true }
    }

    /// Reads until the body ends or more than `bytes_max` came. The rest is never read: dropping an unfinished body
    /// closes an HTTP/1.1 connection and resets an HTTP/2 stream.
    pub(crate) async fn read(&mut self, mut body: Incoming, bytes_max: usize) -> Result<(), hyper::Error> {
        self.bytes
            .reserve(usize::try_from(body.size_hint().lower()).map_or(bytes_max, |hint| hint.min(bytes_max)));
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            let room = bytes_max - self.bytes.len();
            self.bytes.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() > room {
                return Ok(());
            }
        }
        self.truncated = false;
        Ok(())
    }

    /// The bytes kept, and whether there was or may have been more.
    pub(crate) fn finish(self) -> (Bytes, bool) {
        (Bytes::from(self.bytes), self.truncated)
    }
}
