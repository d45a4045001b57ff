//! The payloads posted: a number, the time of sending, and padding; and reading them back at the sink.

use bytes::Bytes;

/// What the sink learns from a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The message's number in its run, from 0.
    pub(crate) number: u64,
    /// When it was sent, in nanoseconds of the run's epoch.
    pub(crate) sent_ns: u64,
}

/// A shape of payloads: JSON objects of the same length.
#[derive(Clone)]
pub(crate) struct Payload {
    padding: String,
}

/// The object without its padding: keys, quotes, 16 digits and 20 digits.
const FRAME_BYTES: usize = r#"{"n":"","t":"","pad":""}"#.len() + 16 + 20;

const NUMBER_KEY: &[u8] = br#""n":""#;
const TIME_KEY: &[u8] = br#""t":""#;

impl Payload {
    /// Payloads of `bytes` bytes, or of the least possible.
    pub(crate) fn new(bytes: usize) -> Self {
        Self { padding: "x".repeat(bytes.saturating_sub(FRAME_BYTES)) }
    }

    /// The payload alone.
    pub(crate) fn bare(&self, stamp: Stamp) -> Bytes {
        Bytes::from(self.text(stamp))
    }

    /// The body of `POST …/msg`.
    pub(crate) fn message(&self, event_type: &str, stamp: Stamp) -> Bytes {
        Bytes::from(format!(r#"{{"eventType":"{event_type}","payload":{}}}"#, self.text(stamp)))
    }

    fn text(&self, Stamp { number, sent_ns }: Stamp) -> String {
        format!(r#"{{"n":"{number:016}","t":"{sent_ns:020}","pad":"{}"}}"#, self.padding)
    }
}

/// The stamp of a body that came out of [`Payload`].
pub(crate) fn read(body: &[u8]) -> Option<Stamp> {
    Some(Stamp { number: digits(body, NUMBER_KEY, 16)?, sent_ns: digits(body, TIME_KEY, 20)? })
}

fn digits(body: &[u8], key: &[u8], length: usize) -> Option<u64> {
    let start = body.windows(key.len()).position(|window| window == key)? + key.len();
    std::str::from_utf8(body.get(start..start + length)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_survives_and_the_length_is_exact() {
        let stamp = Stamp { number: 123_456, sent_ns: 9_876_543_210 };
        let payload = Payload::new(512);
        assert_eq!(payload.bare(stamp).len(), 512);
        assert_eq!(read(&payload.bare(stamp)), Some(stamp));
        assert_eq!(read(&payload.message("bench.event", stamp)), Some(stamp));
        assert_eq!(read(b"{}"), None);
    }
}
