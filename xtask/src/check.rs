//! `cargo xtask check`: everything that can be said about the code without running its tests.

use std::fs;

use anyhow::bail;

use crate::generated::GENERATED;
use crate::{run, tidy};

/// Runs every check, the quick ones first, and stops at the first failure.
pub(crate) fn check(strict: bool) -> anyhow::Result<()> {
    run::cargo(&["fmt", "--all", "--check"])?;
    tidy::tidy()?;
    run::cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])?;
    deny(strict)?;
    drift()
}

/// Licences, banned crates and sources; with `strict` the advisory database, which needs the network.
fn deny(strict: bool) -> anyhow::Result<()> {
    if !run::succeeds("cargo", &["deny", "--version"]) {
        if strict {
            bail!("cargo-deny is not installed: run `cargo install cargo-deny --locked`");
        }
        eprintln!("cargo-deny not installed: skipped (cargo install cargo-deny --locked)");
        return Ok(());
    }
    if strict {
        return run::cargo(&["deny", "check"]);
    }
    eprintln!("advisories need the network: left to `cargo xtask check --strict`");
    run::cargo(&["deny", "check", "bans", "licenses", "sources"])
}

/// Fails when a generated file differs from what the binary prints.
fn drift() -> anyhow::Result<()> {
    run::cargo(&["build", "--package", "hookwire"])?;
    let mut stale = Vec::new();
    for generated in GENERATED {
        let committed = fs::read(generated.path()).unwrap_or_default();
        if committed != generated.content()? {
            stale.push(generated.file);
        }
    }
    if !stale.is_empty() {
        bail!("out of date: {}; run `cargo xtask bless` and commit", stale.join(", "));
    }
    eprintln!("generated files: up to date");
    Ok(())
}
