//! `hookwire migrate`: brings the store's tables up to date.

use std::process::ExitCode;

use super::serve::run_on_runtime;
use crate::config::{Config, masked_url};
use crate::store::{self, Migrated};

pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    run_on_runtime(async {
        let Migrated { from, to, known } = store::migrate(config).await?;
        let shown = masked_url(&config.store.url);
        if to > known {
            println!(
                "the tables of {shown} are of version {to}, made by a newer Hookwire: this one knows {known} and can work \
                 with them, so nothing was changed"
            );
        } else if from == to {
            println!("{shown} is up to date (version {to})");
        } else {
            println!("{shown} was migrated from version {from} to {to}");
        }
        Ok(ExitCode::SUCCESS)
    })
}
