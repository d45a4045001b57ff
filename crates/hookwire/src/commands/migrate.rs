//! `hookwire migrate`: brings the store's tables up to date.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::config::Config;

pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let path = Path::new(&config.store.url);
    let (from, to) = hookwire_store_sqlite::migrate(path)
        .with_context(|| format!("cannot migrate the store {}", path.display()))?;
    if from == to {
        println!("{} is up to date (version {to})", path.display());
    } else {
        println!("{} was migrated from version {from} to {to}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
