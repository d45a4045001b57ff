//! What a scripted receiver does with one request.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

/// What to do with one request.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
    pub(super) conduct: Conduct,
    pub(super) gate: Option<Gate>,
}

/// How the answer is brought, or withheld.
#[derive(Clone, Debug)]
pub(super) enum Conduct {
    /// A well-formed answer.
    Answer,
    /// A well-formed answer, one byte at a time.
    Drip(Duration),
    /// These bytes, then the end of the connection.
    Raw(Bytes),
    /// The head and half of the body that it promised, then the end of the connection.
    CutHalfway,
    /// The end of the connection.
    Cut,
    /// A reset of the connection (RST).
    Reset,
    /// Nothing; the connection stays open until the sender gives up.
    Hang,
}

impl Reply {
    /// 200 with a short body.
    pub fn ok() -> Self {
        Self::status(200).body("ok")
    }

    /// An answer with this status and no body.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), conduct: Conduct::Answer, gate: None }
    }

    /// With one more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Recorded at once, answered only once the test opens the gate.
    pub fn held_by(mut self, gate: &Gate) -> Self {
        self.gate = Some(gate.clone());
        self
    }

    /// The same answer one byte at a time, with this pause before each.
    pub fn dripped(mut self, pause: Duration) -> Self {
        self.conduct = Conduct::Drip(pause);
        self
    }

    /// The head, half of the body, then the end of the connection. Panics without a body of two bytes or more.
    pub fn cut_halfway(mut self) -> Self {
        assert!(self.body.len() > 1, "a body to cut in half is needed");
        self.conduct = Conduct::CutHalfway;
        self
    }

    /// Never answers; holds the connection until the sender closes it.
    pub fn hang() -> Self {
        Self { conduct: Conduct::Hang, ..Self::status(200) }
    }

    /// Reads the request and closes the connection without an answer.
    pub fn cut() -> Self {
        Self { conduct: Conduct::Cut, ..Self::status(200) }
    }

    /// Reads the request and resets the connection.
    pub fn reset() -> Self {
        Self { conduct: Conduct::Reset, ..Self::status(200) }
    }

    /// Sends these bytes instead of an answer and closes the connection.
    pub fn raw(bytes: impl Into<Bytes>) -> Self {
        Self { conduct: Conduct::Raw(bytes.into()), ..Self::status(200) }
    }

    /// The answer's bytes as HTTP/1.1.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut lines = vec![format!("HTTP/1.1 {} Scripted", self.status)];
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        // RFC 9110, section 8.6: no Content-Length with 1xx and 204.
        if self.status != 204 && self.status >= 200 {
            lines.push(format!("Content-Length: {}", self.body.len()));
        }
        let mut bytes = (lines.join("\r\n") + "\r\n\r\n").into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// Holds answers back until the test opens it; then it stays open.
#[derive(Clone, Debug)]
pub struct Gate(watch::Sender<bool>);

impl Gate {
    /// A closed gate.
    pub fn closed() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Lets through what waits and what will come.
    pub fn open(&self) {
        self.0.send_replace(true);
    }

    pub(super) async fn passed(&self) {
        let mut state = self.0.subscribe();
        state.wait_for(|open| *open).await.expect("this gate itself keeps the channel open");
    }
}
