//! Hookwire: one binary that accepts events durably and delivers them as webhooks. Wires the parts together.

mod cli;
mod clock;
mod commands;
mod config;
mod invoker;
mod metrics;
mod node;
mod nofile;
mod probe;
mod profiles;
mod random;
mod server;
mod shutdown;
mod store;
mod telemetry;
mod tokens;

use std::process::ExitCode;

use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("hookwire: {error:#}");
            ExitCode::FAILURE
        }
    }
}
