//! `hookwire serve`: runs the server.

use std::process::ExitCode;

use anyhow::Context as _;
use tokio::net::TcpListener;

use crate::cli::Serve;
use crate::config::{Config, Place, masked_url};
use crate::node::Node;
use crate::tokens::load_suitable_keys;
use crate::{shutdown, telemetry};

pub(super) fn run(config: Config, flags: Serve) -> anyhow::Result<ExitCode> {
    let config = with_flags(config, flags)?;
    start_log(&config)?;
    run_on_runtime(async {
        let listener = listen(&config).await?;
        let node = Node::start(&config, &load_suitable_keys(&config)?).await?;
        let stop = shutdown::on_signal()?;
        let address = listener.local_addr()?;
        let store = masked_url(&config.store.url);
        tracing::info!(%address, store, role = config.server.role.name(), "hookwire {} is ready", env!("CARGO_PKG_VERSION"));
        node.serve(listener, stop).await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Starts logging, with what is odd about the configuration.
pub(super) fn start_log(config: &Config) -> anyhow::Result<()> {
    telemetry::start(&config.log)?;
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    Ok(())
}

/// The configuration with the flags over it.
pub(super) fn with_flags(mut config: Config, flags: Serve) -> anyhow::Result<Config> {
    config.server.listen = flags.listen.unwrap_or(config.server.listen);
    with_store(config, flags.store)
}

/// The configuration with this store, if one was named.
pub(super) fn with_store(mut config: Config, store: Option<String>) -> anyhow::Result<Config> {
    if let Some(url) = store {
        Place::named("--store", &url)?;
        config.store.url = url;
    }
    config.validate()?;
    Ok(config)
}

/// Runs on a runtime that does not wait for name look-ups under way when it ends.
pub(super) fn run_on_runtime(
    work: impl Future<Output = anyhow::Result<ExitCode>>,
) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let code = runtime.block_on(work);
    runtime.shutdown_background();
    code
}

/// The listening socket, taken before anything is touched, so that a port in use changes nothing.
pub(super) async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let address = &config.server.listen;
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address} (server.listen)"))
}
