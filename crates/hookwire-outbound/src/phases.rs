//! What a request learns about the connection that is made for it.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use hookwire_core::outcome::{ErrorClass, Timings};

use crate::exchange::{Failure, Fault};

/// Durations in microseconds plus one, zero for a phase that has not ended, and the phase that is under way.
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
    /// Waiting for a free lookup. Recorded as no phase of the exchange: the receiver has no part in it.
    Queue = 4,
    /// Connecting to the proxy, as a part of connecting.
    Proxy = 5,
}

impl Phase {
    /// The phase as the beginning of a sentence.
    pub(crate) const fn subject(self) -> &'static str {
        match self {
            Self::Resolve => "Resolving the name",
            Self::Connect => "Connecting",
            Self::Tls => "The TLS handshake",
            Self::Queue => "Waiting for a free lookup",
            Self::Proxy => "Connecting to the proxy",
        }
    }

    /// Who is to blame when time is over in this phase and nothing else is known.
    pub(crate) const fn fault(self) -> Fault {
        match self {
            Self::Resolve | Self::Connect | Self::Tls => Fault::Receiver,
            Self::Queue | Self::Proxy => Fault::Ours,
        }
    }
}

/// A phase took longer than its limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TooLate {
    pub(crate) phase: Phase,
    pub(crate) limit: Duration,
}

impl From<TooLate> for Failure {
    fn from(TooLate { phase, limit }: TooLate) -> Self {
        let detail = format!("{} took longer than {limit:?}.", phase.subject());
        Self::new(ErrorClass::Timeout, detail).blamed_on(phase.fault())
    }
}

impl Phases {
    pub(crate) fn begin(&self, phase: Phase) {
        self.under_way.store(phase as u8, Relaxed);
    }

    pub(crate) fn end(&self, phase: Phase, took: Duration) {
        let cell = match phase {
            Phase::Resolve => Some(&self.resolve),
            Phase::Connect => Some(&self.connect),
            Phase::Tls => Some(&self.tls),
            Phase::Queue | Phase::Proxy => None,
        };
        if let Some(cell) = cell {
            cell.store(micros(took).saturating_add(1), Relaxed);
        }
        self.under_way.store(0, Relaxed);
    }

    pub(crate) fn under_way(&self) -> Option<Phase> {
        match self.under_way.load(Relaxed) {
            1 => Some(Phase::Resolve),
            2 => Some(Phase::Connect),
            3 => Some(Phase::Tls),
            4 => Some(Phase::Queue),
            5 => Some(Phase::Proxy),
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
