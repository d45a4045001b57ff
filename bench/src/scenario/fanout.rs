//! How many deliveries per second come of messages that go to many endpoints.

use super::throughput;
use crate::Place;

/// Arguments of the scenario.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Args {
    /// Endpoints that get every message.
    #[arg(long, default_value_t = 10)]
    endpoints: usize,
    #[command(flatten)]
    load: throughput::Args,
}

/// Runs the scenario and reports it.
pub(crate) async fn run(place: &Place, args: &Args) -> anyhow::Result<()> {
    throughput::repeat(place, &args.load, args.endpoints, "fanout").await
}
