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
use config::masked_text;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refusal(&error),
    };
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("hookwire: {}", masked_text(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}

/// What is wrong with the command line, or the help that was asked for. An argument at the wrong place may hold a password.
fn refusal(error: &clap::Error) -> ExitCode {
    let said = error.render().to_string();
    let masked = masked_text(&said);
    if masked == said {
        error.exit();
    }
    eprint!("{masked}");
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1))
}
