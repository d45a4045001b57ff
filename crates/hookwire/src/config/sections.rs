//! The sections of the configuration and their defaults. `default.toml` says what each key means.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration::Span;

/// What a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    All,
    Api,
    Worker,
}

impl Role {
    /// As it is written in the configuration.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Api => "api",
            Self::Worker => "worker",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServerSection {
    pub(crate) listen: String,
    pub(crate) role: Role,
    pub(crate) metrics: bool,
    pub(crate) connections_max: usize,
    pub(crate) drain_limit: Span,
}

impl Default for ServerSection {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8071".to_owned(),
            role: Role::All,
            metrics: true,
            connections_max: 10_000,
            drain_limit: Span(Duration::from_secs(20)),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StoreSection {
    pub(crate) url: String,
    pub(crate) synchronous: Synchronous,
}

/// When the embedded store syncs to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Synchronous {
    Full,
    Normal,
}

impl Default for StoreSection {
    fn default() -> Self {
        Self { url: "hookwire-data/hookwire.db".to_owned(), synchronous: Synchronous::Full }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AuthSection {
    pub(crate) jwt_secret: String,
    pub(crate) jwt_algorithm: String,
    pub(crate) main_secret: String,
}

impl Default for AuthSection {
    fn default() -> Self {
        Self { jwt_secret: String::new(), jwt_algorithm: "HS256".to_owned(), main_secret: String::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ApiSection {
    pub(crate) body_bytes_max: usize,
    pub(crate) body_timeout: Span,
    pub(crate) json_depth_max: usize,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) public_url: String,
}

impl Default for ApiSection {
    fn default() -> Self {
        let api = hookwire_api::Settings::default();
        Self {
            body_bytes_max: api.body_bytes_max,
            body_timeout: Span(api.body_timeout),
            json_depth_max: api.json_depth_max,
            cors_origins: api.cors_origins,
            public_url: api.public_url,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DeliverySection {
    pub(crate) retry_schedule: Vec<Span>,
    pub(crate) retry_jitter: f64,
    pub(crate) timeout: Span,
    pub(crate) header_names: String,
    pub(crate) disable_after: Span,
    pub(crate) https_only: bool,
    pub(crate) concurrency: usize,
    pub(crate) endpoint_concurrency: usize,
}

impl Default for DeliverySection {
    fn default() -> Self {
        let engine = hookwire_engine::Settings::default();
        Self {
            retry_schedule: engine.retry.delays.iter().copied().map(Span).collect(),
            retry_jitter: engine.retry.jitter,
            timeout: Span(engine.timeout),
            header_names: "webhook".to_owned(),
            disable_after: Span(Duration::from_hours(120)),
            https_only: engine.https_only,
            concurrency: engine.permits,
            endpoint_concurrency: engine.lane_permits,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OutboundSection {
    pub(crate) allow_subnets: Vec<ipnet::IpNet>,
    pub(crate) proxy: String,
    pub(crate) no_proxy: Vec<String>,
    pub(crate) extra_ca_file: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RetentionSection {
    pub(crate) attempts: Span,
    pub(crate) messages: Span,
}

impl Default for RetentionSection {
    fn default() -> Self {
        let ninety_days = Span(Duration::from_hours(90 * 24));
        Self { attempts: ninety_days, messages: ninety_days }
    }
}

/// Profiles of the operator's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ProfilesSection {
    pub(crate) folder: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NoticesSection {
    pub(crate) enabled: bool,
}

impl Default for NoticesSection {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogSection {
    pub(crate) level: String,
    pub(crate) format: LogFormat,
}

impl Default for LogSection {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}
