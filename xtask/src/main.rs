//! `cargo xtask <command>`: everything that is done to this repository, in one place.

mod bench;
mod bless;
mod check;
mod dev;
mod generated;
mod run;
mod test;
mod tidy;

use clap::{Parser, Subcommand};

/// Automation of the Hookwire repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server from the sources for development; arguments go to `hookwire dev`.
    Dev {
        /// Passed on.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Formatting, lints, tidy, dependency rules, and drift of the generated files.
    Check {
        /// A check that can't run is a failure; security advisories are fetched too.
        #[arg(long)]
        strict: bool,
    },
    /// Install what the tests need, then build the server and run every test.
    Test {
        /// Run only the tests whose name contains one of these.
        filters: Vec<String>,
    },
    /// Write the generated files (`openapi.json`, `config.default.toml`) again.
    Bless {
        /// Accept every changed test snapshot as well.
        #[arg(long)]
        snapshots: bool,
    },
    /// Build in release mode and run a scenario of `hookwire-bench`, e.g. `bench throughput --repeat 5`.
    Bench {
        /// The scenario and its flags; `--help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        args: Vec<String>,
    },
    /// The rules of the code base that neither rustc nor clippy checks.
    Tidy,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Dev { args } => dev::dev(&args),
        Command::Check { strict } => check::check(strict),
        Command::Test { filters } => test::test(&filters),
        Command::Bless { snapshots } => bless::bless(snapshots),
        Command::Bench { args } => bench::bench(&args),
        Command::Tidy => tidy::tidy(),
    }
}
