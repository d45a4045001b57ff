//! Version 1 of the API: one module per noun, in it one file per verb.

mod admin;
mod app;
mod attempt;
mod auth;
mod background_task;
mod check;
mod code;
mod endpoint;
mod event_type;
mod filter;
mod health;
mod invocation;
pub(crate) mod message;
mod oauth;
mod operational;
mod profile;
mod retry_policy;
mod template;
mod trigger;

use crate::operation::Operation;

/// Every operation.
pub(crate) fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    all.extend(admin::operations());
    all.extend(app::operations());
    all.extend(endpoint::operations());
    all.extend(message::operations());
    all.extend(attempt::operations());
    all.extend(event_type::operations());
    all.extend(profile::operations());
    all.extend(template::operations());
    all.extend(filter::operations());
    all.extend(trigger::operations());
    all.extend(invocation::operations());
    all.extend(auth::operations());
    all.extend(oauth::operations());
    all.extend(background_task::operations());
    all.extend(operational::operations());
    all.extend(health::operations());
    all
}
