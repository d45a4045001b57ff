//! `hookwire config`: shows or checks the configuration.

use std::path::Path;
use std::process::ExitCode;

use crate::cli::ConfigCommand;
use crate::config::{Config, DEFAULT_TOML, shown};

pub(super) fn run(file: Option<&Path>, command: ConfigCommand) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Default => print!("{DEFAULT_TOML}"),
        ConfigCommand::Check => {
            let config = Config::load(file)?;
            crate::node::check(&config)?;
            for warning in config.warnings() {
                eprintln!("warning: {warning}");
            }
            print!("{}", shown(&config));
        }
    }
    Ok(ExitCode::SUCCESS)
}
