//! Log lines, as text or JSON, on standard error.

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSection};

/// Starts logging. Standard output stays free for what commands print.
pub(crate) fn start(log: &LogSection) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().parse(&log.level).with_context(|| {
        format!("log.level must be error, warn, info, debug, trace or a filter (it is {:?})", log.level)
    })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Text => builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("cannot start logging: {error}"))
}
