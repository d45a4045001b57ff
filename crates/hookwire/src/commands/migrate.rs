//! `hookwire migrate`: brings the store's tables up to date.

use std::process::ExitCode;

use super::serve::run_on_runtime;
use crate::config::Config;
use crate::store;

pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    run_on_runtime(async {
        let (shown, from, to) = store::migrate(config).await?;
        if from == to {
            println!("{shown} is up to date (version {to})");
        } else {
            println!("{shown} was migrated from version {from} to {to}");
        }
        Ok(ExitCode::SUCCESS)
    })
}
