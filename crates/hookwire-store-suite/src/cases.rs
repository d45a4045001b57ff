//! The cases, by what they are about.

pub(crate) mod apps;
pub(crate) mod endpoints;
pub(crate) mod event_types;
pub(crate) mod fifo;
pub(crate) mod filters;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod ingest;
pub(crate) mod leases;
pub(crate) mod models;
pub(crate) mod notices;
pub(crate) mod oauth;
pub(crate) mod profiles;
pub(crate) mod reopening;
pub(crate) mod resends;
pub(crate) mod rules;
pub(crate) mod tenants;
pub(crate) mod triggers;
pub(crate) mod upkeep;
