//! What came of one HTTP exchange with a receiver: how it ended, in which phase it failed, and how long each took.

/// The phase or reason in which an exchange failed. A received status is never a failure of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorClass {
    /// The name could not be resolved.
    Dns,
    /// No TCP connection could be made.
    Connect,
    /// The TLS handshake failed, or the certificate was not accepted.
    Tls,
    /// A phase or the whole exchange took longer than its limit.
    Timeout,
    /// The address is one that may not be called.
    Blocked,
    /// A complete answer came, with a status that does not count as success.
    Http,
    /// The peer did not speak HTTP, or broke off.
    Protocol,
    /// The body could not be made from the endpoint's template; nothing was sent.
    Template,
}

impl ErrorClass {
    /// Every class, in the order of their codes.
    pub const ALL: [Self; 8] = [
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::Blocked,
        Self::Http,
        Self::Protocol,
        Self::Template,
    ];

    /// The class's name on the wire and in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Blocked => "blocked",
            Self::Http => "http",
            Self::Protocol => "protocol",
            Self::Template => "template",
        }
    }

    /// The class with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

/// Durations of an exchange's phases, in microseconds. A phase that a reused connection skipped is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// Name resolution.
    pub resolve_us: Option<u32>,
    /// TCP connect.
    pub connect_us: Option<u32>,
    /// TLS handshake.
    pub tls_us: Option<u32>,
    /// From the start of the exchange to the answer's headers.
    pub first_byte_us: Option<u32>,
    /// From the start to the end of the exchange.
    pub total_us: u32,
}
