//! The API as clients see it: the router over a real store, statuses and bodies checked.

#![expect(clippy::unwrap_used, reason = "what a test can't go on without fails it")]

mod app;
mod attempt;
mod auth;
mod bodies;
mod cors;
mod docs;
mod door;
mod endpoint;
mod endpoint_race;
mod endpoint_rules;
mod endpoint_tls;
mod endpoint_url;
mod event_type;
mod filter;
mod health;
mod idempotency;
mod invocation;
mod invoker;
mod message;
mod oauth;
mod operational;
mod pages;
mod profile;
mod slow_body;
mod tasks;
mod template;
mod tenants;
mod trigger;
mod world;
