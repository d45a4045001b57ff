//! What a run says: a table on the terminal, and one JSON line with all that is needed to compare it later.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use anyhow::Context;
use serde_json::{Map, Value, json};

use crate::{Database, Place};

/// The numbers of one run, in the order in which they are shown.
pub(crate) struct Report {
    scenario: &'static str,
    settings: Value,
    rows: Vec<(String, String)>,
    numbers: Map<String, Value>,
}

impl Report {
    /// An empty report; `settings` are the scenario's arguments as used.
    pub(crate) fn new(scenario: &'static str, settings: Value) -> Self {
        Self { scenario, settings, rows: Vec::new(), numbers: Map::new() }
    }

    /// Adds a number: the name says the unit, e.g. `posts_per_s`.
    pub(crate) fn number(&mut self, name: &str, value: f64) {
        let rounded = (value * 1_000.0).round() / 1_000.0;
        self.rows.push((name.to_owned(), shown(rounded)));
        self.numbers.insert(name.to_owned(), json!(rounded));
    }

    /// Adds something that only the file gets.
    pub(crate) fn detail(&mut self, name: &str, value: Value) {
        self.numbers.insert(name.to_owned(), value);
    }

    /// Prints the table and appends the line to `<results>/<date>-<scenario>.json`.
    pub(crate) fn finish(self, place: &Place) -> anyhow::Result<()> {
        let width = self.rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        println!("\n{}", self.scenario);
        for (name, value) in &self.rows {
            println!("  {name:<width$}  {value:>12}");
        }
        let now = jiff::Timestamp::now().to_string();
        let date = now.split('T').next().unwrap_or_default();
        let line = json!({
            "at": now,
            "scenario": self.scenario,
            "commit": commit(),
            "machine": machine(place),
            "database": place.database.name(),
            "days": place.days,
            "settings": self.settings,
            "numbers": self.numbers,
        });
        fs::create_dir_all(&place.results)?;
        let database = match place.database {
            Database::Sqlite => "",
            Database::Postgres => "-postgres",
        };
        let path = place.results.join(format!("{date}-{}{database}.json", self.scenario));
        let mut file = File::options().create(true).append(true).open(&path)?;
        writeln!(file, "{line}").with_context(|| format!("can't write {}", path.display()))?;
        println!("  -> {}", path.display());
        Ok(())
    }
}

/// Thousands apart for large numbers, three decimals for small ones.
fn shown(value: f64) -> String {
    if value.abs() < 1_000.0 {
        return format!("{value:.3}");
    }
    let digits = format!("{value:.0}");
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(' ');
        }
        shown.push(digit);
    }
    shown
}

/// The commit of the sources, and whether they differ from it; results of earlier runs do not count.
fn commit() -> Value {
    let hash = first_line("git", &["rev-parse", "HEAD"]);
    let changes = first_line("git", &["status", "--porcelain", "--", ".", ":!bench/results"]);
    json!({ "hash": hash, "is_dirty": !changes.is_empty() })
}

fn machine(place: &Place) -> Value {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    json!({
        "cpu": model.trim_start_matches([' ', '\t', ':']),
        "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        "memory": total.trim(),
        "kernel": kernel.trim(),
        "filesystem": first_line("stat", &["--file-system", "--format=%T", &data_parent(place).to_string_lossy()]),
    })
}

/// The folder in which the servers' folders are made.
pub(crate) fn data_parent(place: &Place) -> &Path {
    let beside_the_binary = place.server.parent().filter(|folder| !folder.as_os_str().is_empty());
    place.folder.as_deref().or(beside_the_binary).unwrap_or(Path::new("."))
}

fn first_line(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!(shown(1_234_567.4), "1 234 567");
        assert_eq!(shown(12_345.0), "12 345");
        assert_eq!(shown(0.25), "0.250");
    }
}
