//! What is kept for one site.

use std::time::Duration;

use tokio::time::Instant;

use super::super::line::Line;
use super::{Shared, Way};

/// A connection, and since when it is idle.
pub(super) type Kept = (Box<Line>, Instant);

/// Connections to one site. The one that was used last is at the end, and is used first.
#[derive(Default)]
pub(super) struct Idle {
    lines: Vec<Kept>,
    shared: Option<(Shared, Instant)>,
}

impl Idle {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.shared.is_none()
    }

    /// Keeps the connection; if there are enough, it is handed back to be closed.
    pub(super) fn add(&mut self, line: Box<Line>, most: usize) -> Option<Box<Line>> {
        if self.lines.len() >= most {
            return Some(line);
        }
        self.lines.push((line, Instant::now()));
        None
    }

    /// Makes it the one that requests share, unless there is one already: then that one is answered.
    pub(super) fn share(&mut self, fresh: Shared) -> Shared {
        let shared = match self.shared.take() {
            Some((known, _)) if known.is_ready() => known,
            _ => fresh,
        };
        self.shared = Some((shared.clone(), Instant::now()));
        shared
    }

    /// A connection to send on, if there is one, and those that were idle for too long.
    pub(super) fn take(&mut self, now: Instant, timeout: Duration) -> (Option<Way>, Vec<Kept>) {
        if let Some((shared, used)) = &mut self.shared {
            if shared.is_ready() {
                *used = now;
                return (Some(Way::Shared(shared.clone())), Vec::new());
            }
            self.shared = None;
        }
        match self.lines.pop() {
            Some((line, since)) if now.duration_since(since) < timeout => (Some(Way::Line(line)), Vec::new()),
            // All others are idle for longer.
            Some(last) => {
                let mut expired = std::mem::take(&mut self.lines);
                expired.push(last);
                (None, expired)
            }
            None => (None, Vec::new()),
        }
    }

    /// Takes out what was idle for too long, or is closed.
    pub(super) fn look(&mut self, now: Instant, timeout: Duration, gone: &mut Vec<Kept>) {
        for (mut line, since) in std::mem::take(&mut self.lines) {
            if now.duration_since(since) < timeout && line.is_open() {
                self.lines.push((line, since));
            } else {
                gone.push((line, since));
            }
        }
        if self
            .shared
            .as_ref()
            .is_some_and(|(shared, used)| now.duration_since(*used) >= timeout || !shared.is_ready())
        {
            self.shared = None;
        }
    }
}
