//! Starts a Hookwire server on a fresh folder, loads it over HTTP, and measures what arrives at a sink.

mod client;
mod database;
mod days;
mod epoch;
mod generator;
mod histogram;
mod ledger;
mod payload;
mod process;
mod report;
mod sample;
mod scenario;
mod server;
mod setup;
mod sink;
mod timing;

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::scenario::{backlog, churn, fanout, filter, isolation, latency, lists, render, throughput};

/// Load generator and sink for Hookwire. Run it with `cargo xtask bench <scenario>`.
#[derive(Parser)]
#[command(name = "hookwire-bench")]
struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

/// Where things are.
#[derive(clap::Args, Clone)]
struct Place {
    /// The server's binary.
    #[arg(long, default_value = "target/release/hookwire")]
    server: PathBuf,
    /// Where the server's data goes, in a folder of its own; by default beside the binary, as /tmp may be memory.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Where results are appended.
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
    /// What the server keeps everything in; a PostgreSQL is started for it on this machine, with fsync on.
    #[arg(long, global = true, value_enum, default_value_t = Database::Sqlite)]
    database: Database,
    /// Days before today that a PostgreSQL has tables for, as if the server had been in use for that long.
    #[arg(long, global = true, default_value_t = 0)]
    days: u32,
}

/// What the server keeps everything in.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Database {
    /// A file.
    Sqlite,
    /// A database of a throwaway PostgreSQL.
    Postgres,
}

impl Database {
    const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

#[derive(Subcommand)]
enum Command {
    /// Posts as fast as the server answers, one endpoint.
    Throughput(throughput::Args),
    /// Time from post to arrival at a fixed rate.
    Latency(latency::Args),
    /// Like throughput, with ten endpoints per message.
    Fanout(fanout::Args),
    /// What a receiver that never answers does to a healthy one.
    Isolation(isolation::Args),
    /// A million deliveries to a dead receiver: ingest rate, memory, restart, and the return of the receiver.
    Backlog(backlog::Args),
    /// Latency of the lists on a large store.
    Lists(lists::Args),
    /// Millions of deliveries through the queue: what that does to its size and to the time of a claim (PostgreSQL).
    Churn(churn::Args),
    /// Time to make a body from a template; no server.
    Render(render::Args),
    /// Time to try a filter, and to choose endpoints among 10,000 with filters; no server.
    Filter(filter::Args),
    /// Throughput, latency, fanout and both kinds of isolation with their defaults.
    All,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Runtime::new().context("can't start tokio")?;
    // Whatever ends the run, the scenario's future is dropped, and the server it started is killed with it.
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            done = run(cli) => done,
            _ = tokio::signal::ctrl_c() => bail!("interrupted"),
            _ = terminate.recv() => bail!("terminated"),
        }
    })
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let place = &cli.place;
    match &cli.command {
        Command::Throughput(args) => throughput::run(place, args).await,
        Command::Latency(args) => latency::run(place, args).await,
        Command::Fanout(args) => fanout::run(place, args).await,
        Command::Isolation(args) => isolation::run(place, args).await,
        Command::Backlog(args) => backlog::run(place, args).await,
        Command::Lists(args) => lists::run(place, args).await,
        Command::Churn(args) => churn::run(place, args).await,
        Command::Render(args) => render::run(place, args),
        Command::Filter(args) => filter::run(place, args),
        Command::All => {
            throughput::run(place, &defaults()).await?;
            latency::run(place, &defaults()).await?;
            fanout::run(place, &defaults()).await?;
            isolation::run(place, &defaults()).await?;
            isolation::run(place, &defaults::<isolation::Args>().with_many()).await
        }
    }
}

/// The arguments of a scenario as if none had been given.
fn defaults<A: clap::Args + clap::FromArgMatches>() -> A {
    let matches = A::augment_args(clap::Command::new("defaults")).get_matches_from(["defaults"]);
    A::from_arg_matches(&matches).expect("every argument of a scenario has a default")
}
