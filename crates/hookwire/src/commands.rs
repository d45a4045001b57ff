//! What each command does.

mod config;
mod copy;
mod dev;
mod doctor;
mod healthcheck;
mod jwt;
mod key;
mod migrate;
mod profile;
mod receiver;
mod serve;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::config::Config;

/// Runs the command that was asked for.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let file = cli.config.as_deref();
    match cli.command {
        Command::Serve(flags) => serve::run(Config::load(file)?, flags),
        Command::Dev(flags) => dev::run(Config::load(file)?, flags),
        Command::Jwt(command) => jwt::run(&Config::load(file)?, command),
        Command::Key(command) => key::run(command),
        Command::Migrate(flags) => migrate::run(&serve::with_store(Config::load(file)?, flags.store)?),
        Command::Copy(flags) => copy::run(&Config::load(file)?, &flags),
        Command::Config(command) => config::run(file, command),
        Command::Profile(command) => profile::run(file, command),
        Command::Healthcheck { address } => healthcheck::run(&Config::load(file)?, address),
        Command::Doctor(flags) => Ok(doctor::run(file, flags)),
        Command::Openapi => {
            println!("{}", hookwire_api::openapi().to_pretty_json()?);
            Ok(ExitCode::SUCCESS)
        }
    }
}
