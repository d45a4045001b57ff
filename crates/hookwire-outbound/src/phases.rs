//! What a request learns about the connection that is made for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use hookwire_core::outcome::Timings;

tokio::task_local! {
    /// The record of the request that is being sent. hyper's connector is only told a URI, but it is first called while
    /// the request itself is polled, so it finds the record here.
    pub(crate) static CURRENT: Arc<Phases>;
}

/// Durations in microseconds plus one, zero for a phase that has not ended, and the phase that is under way.
///
/// Best effort: when a connection becomes free while a new one is being made, hyper takes the free one and lets the
/// other finish for later; the record then tells of the one that was not used.
#[derive(Debug, Default)]
pub(crate) struct Phases {
    resolve: AtomicU32,
    connect: AtomicU32,
    tls: AtomicU32,
    under_way: AtomicU8,
}

/// A step of making a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Resolve = 1,
    Connect = 2,
    Tls = 3,
}

impl Phase {
    /// The phase as the beginning of a sentence.
    pub(crate) const fn subject(self) -> &'static str {
        match self {
            Self::Resolve => "Resolving the name",
            Self::Connect => "Connecting",
            Self::Tls => "The TLS handshake",
        }
    }
}

impl Phases {
    /// The record of the request under way, or one that nobody reads.
    pub(crate) fn current() -> Arc<Self> {
        CURRENT.try_with(Arc::clone).unwrap_or_default()
    }

    pub(crate) fn begin(&self, phase: Phase) {
        self.under_way.store(phase as u8, Relaxed);
    }

    pub(crate) fn end(&self, phase: Phase, took: Duration) {
        let cell = match phase {
            Phase::Resolve => &self.resolve,
            Phase::Connect => &self.connect,
            Phase::Tls => &self.tls,
        };
        cell.store(micros(took).saturating_add(1), Relaxed);
        self.under_way.store(0, Relaxed);
    }

    pub(crate) fn under_way(&self) -> Option<Phase> {
        match self.under_way.load(Relaxed) {
            1 => Some(Phase::Resolve),
            2 => Some(Phase::Connect),
            3 => Some(Phase::Tls),
            _ => None,
        }
    }

    pub(crate) fn timings(&self, first_byte: Option<Duration>, total: Duration) -> Timings {
        let read = |cell: &AtomicU32| cell.load(Relaxed).checked_sub(1);
        Timings {
            resolve_us: read(&self.resolve),
            connect_us: read(&self.connect),
            tls_us: read(&self.tls),
            first_byte_us: first_byte.map(micros),
            total_us: micros(total),
        }
    }
}

fn micros(span: Duration) -> u32 {
    u32::try_from(span.as_micros()).unwrap_or(u32::MAX)
}
