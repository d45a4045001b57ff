//! `cargo xtask tidy`: the rules of the code base that neither rustc nor clippy checks.

mod arrows;
mod dependencies;
mod functions;
mod lexer;
mod links;
mod sources;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::run;

/// One broken rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    /// The file, relative to the root, with a line where there is one.
    place: String,
    /// What the rule asks for, and what was found.
    rule: String,
}

impl Violation {
    fn new(place: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { place: place.into(), rule: rule.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.rule)
    }
}

/// Checks every rule and lists all that is broken.
pub(crate) fn tidy() -> anyhow::Result<()> {
    eprintln!("tidy");
    let root = run::root();
    let metadata = run::metadata()?;
    let mut violations = arrows::check(&metadata);
    violations.extend(dependencies::check(root)?);
    let mut rust_files = 0;
    for path in files(root)? {
        let name = relative(root, &path);
        violations.extend(sources::check_name(&name));
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("rs") => {
                rust_files += 1;
                violations.extend(sources::check(&name, &read(&path)?));
            }
            Some("md") => violations.extend(links::check(root, &name, &read(&path)?)),
            _ => {}
        }
    }
    if violations.is_empty() {
        eprintln!("tidy: {rust_files} Rust files, nothing to say");
        return Ok(());
    }
    violations.sort();
    for violation in &violations {
        eprintln!("{violation}");
    }
    bail!("tidy: {} broken rules", violations.len())
}

/// Every file of the repository that we wrote: hidden folders, build output and installed packages are left out.
fn files(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("can't list {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') || ["target", "node_modules", "hookwire-data"].contains(&name.as_ref()) {
                continue;
            }
            match entry.file_type()? {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    Ok(found)
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))
}
