//! A progress bar on the terminal; where there is none, a line for each part.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

const WIDTH: u64 = 30;
/// Pause between two drawings.
const PAUSE: Duration = Duration::from_millis(100);

/// The progress of one part.
pub(super) struct Bar {
    name: &'static str,
    done: u64,
    total: u64,
    drawn: Option<Instant>,
    is_terminal: bool,
}

impl Bar {
    pub(super) fn new(name: &'static str, done: u64, total: u64) -> Self {
        Self { name, done, total, drawn: None, is_terminal: std::io::stderr().is_terminal() }
    }

    /// So many more rows are there.
    pub(super) fn advance(&mut self, rows: u64) {
        self.done += rows;
        if self.is_terminal && self.drawn.is_none_or(|at| at.elapsed() >= PAUSE) {
            self.drawn = Some(Instant::now());
            eprint!("\r{}", self.line());
            // A terminal that takes nothing is no reason to stop.
            let _ = std::io::stderr().flush();
        }
    }

    /// All of it is there.
    pub(super) fn end(&self) {
        if self.is_terminal {
            eprintln!("\r{}", self.line());
        } else {
            eprintln!("{}: {}", self.name, self.done);
        }
    }

    fn line(&self) -> String {
        let filled = (self.done * WIDTH).checked_div(self.total).unwrap_or(WIDTH).min(WIDTH);
        let (filled, rest) = (filled as usize, (WIDTH - filled) as usize);
        format!(
            "{:<14} [{}{}] {} / {}",
            self.name,
            "#".repeat(filled),
            ".".repeat(rest),
            self.done,
            self.total
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_full_when_all_is_there_or_there_is_nothing() {
        let line = |done, total| Bar { name: "x", done, total, drawn: None, is_terminal: false }.line();
        assert!(line(0, 4).contains(&format!("[{}] 0 / 4", ".".repeat(30))));
        assert!(line(2, 4).contains(&format!("[{}{}] 2 / 4", "#".repeat(15), ".".repeat(15))));
        assert!(line(4, 4).contains(&format!("[{}]", "#".repeat(30))));
        assert!(line(0, 0).contains(&format!("[{}]", "#".repeat(30))));
    }
}
