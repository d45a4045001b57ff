//! Hookwire's HTTP API: routes, authentication, wire shapes and errors, wire-compatible with the official Svix SDKs.
//!
//! Handlers authorise, validate, call one verb of the store, and answer. They hold no state and read no clock.

mod api;
mod caller;
mod docs;
mod door;
mod guesses;
mod idempotency;
mod ignored;
mod json;
mod observed;
mod openapi;
mod operation;
mod page;
mod path;
mod problem;
mod query;
mod router;
mod schema;
mod settings;
pub mod token;
mod v1;
mod within;

pub use api::{
    ApiMetrics, ApiParts, HealthProbe, HealthReport, InvokeError, Invoked, Invoker, NoMetrics, NodeHealth,
    PartHealth, Peer,
};
pub use door::Door;
pub use openapi::openapi;
pub use schema::Schemas;
pub use settings::Settings;
