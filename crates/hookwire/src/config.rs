//! The configuration: defaults, then a file, then the environment, then flags. Unknown keys are errors.

mod duration;
mod masked;
mod nearest;
mod overlay;
mod secrets;
mod sections;
mod service_link;
mod shown;
mod store;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

pub(crate) use masked::masked_text;
pub(crate) use secrets::{Keys, data_folder, foreseen_keys, load_keys, main_secret_of};
use sections::{
    ApiSection, AuthSection, DeliverySection, NoticesSection, OutboundSection, ProfilesSection,
    RetentionSection, ServerSection, StoreSection,
};
pub(crate) use sections::{LogFormat, LogSection, Role, Synchronous};
pub(crate) use shown::{masked_url, shown};
pub(crate) use store::Place;

/// Every key with its default and what it means.
pub(crate) const DEFAULT_TOML: &str = include_str!("config/default.toml");
const DEFAULT_FILE: &str = "hookwire.toml";

/// Everything that can be configured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) server: ServerSection,
    pub(crate) store: StoreSection,
    pub(crate) auth: AuthSection,
    pub(crate) api: ApiSection,
    pub(crate) delivery: DeliverySection,
    pub(crate) outbound: OutboundSection,
    pub(crate) retention: RetentionSection,
    pub(crate) notices: NoticesSection,
    pub(crate) profiles: ProfilesSection,
    pub(crate) log: LogSection,
    /// `HOOKWIRE_…` variables of the environment that are no settings.
    #[serde(skip)]
    pub(crate) strangers: Vec<String>,
}

impl Config {
    /// Reads the file (the named one, or `hookwire.toml` when it exists) and lays the environment over it.
    pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let path = file.map(Path::to_path_buf).or_else(|| {
            let usual = PathBuf::from(DEFAULT_FILE);
            usual.exists().then_some(usual)
        });
        let mut table = match &path {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                // Parsed as a whole first, so that a mistake is told with its place in the file.
                let told = |error: toml::de::Error| mistake(path, &text, &error);
                toml::from_str::<Self>(&text).map_err(told)?;
                toml::from_str(&text).map_err(told)?
            }
            None => toml::Table::new(),
        };
        let strangers = overlay::apply(&mut table, overlay::environment()?)?;
        let config = Self { strangers, ..Self::from_table(table)? };
        config.validate()?;
        Ok(config)
    }

    fn from_table(table: toml::Table) -> anyhow::Result<Self> {
        toml::Value::Table(table).try_into().context("the configuration is not valid")
    }

    /// What is odd, but no reason not to start.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let warn = |name: &String| format!("the environment variable {name} is no setting and has no effect");
        let lonely = (self.server.role != Role::All && !self.store.is_database()).then(|| {
            let (role, other) = match self.server.role {
                Role::Worker => ("worker", "accepts messages"),
                Role::All | Role::Api => ("api", "delivers anything"),
            };
            format!(
                "server.role is {role} and the store is a file, which no other node can share: nobody {other}"
            )
        });
        self.strangers.iter().map(warn).chain(lonely).collect()
    }

    /// Checks what types alone can't.
    pub(crate) fn validate(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.server.listen.parse::<std::net::SocketAddr>().is_ok(),
            "server.listen must be an address and a port, for example 127.0.0.1:8071 (it is {:?})",
            self.server.listen
        );
        self.store.validate()?;
        let jitter = self.delivery.retry_jitter;
        anyhow::ensure!(
            (0.0..=1.0).contains(&jitter),
            "delivery.retry_jitter must lie between 0 and 1 (it is {jitter})"
        );
        let timeout = self.delivery.timeout.0;
        let allowed = std::time::Duration::from_millis(10)..=std::time::Duration::from_mins(1);
        anyhow::ensure!(allowed.contains(&timeout), "delivery.timeout must lie between 10ms and 60s");
        for (name, value) in [
            ("server.connections_max", self.server.connections_max),
            ("delivery.concurrency", self.delivery.concurrency),
            ("delivery.endpoint_concurrency", self.delivery.endpoint_concurrency),
        ] {
            anyhow::ensure!(value >= 1, "{name} must be at least 1");
        }
        anyhow::ensure!(self.api.body_bytes_max >= 1_024, "api.body_bytes_max must be at least 1024");
        let allowed = std::time::Duration::from_millis(100)..=std::time::Duration::from_hours(1);
        anyhow::ensure!(
            allowed.contains(&self.api.body_timeout.0),
            "api.body_timeout must lie between 100ms and 1h (it is {})",
            self.api.body_timeout
        );
        Ok(())
    }
}

/// A mistake in the file and its line, but not the line's text, which may hold a secret.
fn mistake(path: &Path, text: &str, error: &toml::de::Error) -> anyhow::Error {
    let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
    anyhow::anyhow!("{} is not valid: line {line}: {}", path.display(), error.message())
}

#[cfg(test)]
mod tests;
