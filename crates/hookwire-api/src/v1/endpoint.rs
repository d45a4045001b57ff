//! Endpoints: where an application's messages are delivered to.

pub(super) mod change;
pub(super) mod create;
pub(super) mod credentials;
pub(super) mod delete;
pub(super) mod headers;
pub(super) mod list;
mod messages;
mod owner;
mod recover;
pub(super) mod secret;
mod send_example;
mod stats;
mod wire;

use hookwire_core::{Endpoint, EndpointKey, Reference};

use crate::api::Api;
use crate::operation::{
    Access, EXPANDED_STATUSES, MESSAGE_FILTER, ORDER, Operation, PAGE, ParamKind, SPAN, WITH_CONTENT,
    delete as remove, get, only, patch, post, put,
};
use crate::problem::Problem;
use crate::v1::background_task::TaskOut;
use crate::v1::message::{EndpointMessageOut, MessageOut};

pub(super) use owner::Owner;
pub(super) use wire::{EndpointIn, EndpointOut, EndpointPatch};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = of_endpoints();
    all.extend(of_headers_and_secrets());
    all.extend(of_deliveries());
    all
}

fn of_endpoints() -> Vec<Operation> {
    vec![
        get("endpoint.list", "/app/{app_id}/endpoint", list::list)
            .says("List endpoints")
            .access(Access::App)
            .params(&[PAGE, ORDER])
            .lists::<EndpointOut>(),
        post("endpoint.create", "/app/{app_id}/endpoint", create::create)
            .says("Make an endpoint")
            .access(Access::App)
            .body::<EndpointIn>()
            .answers::<EndpointOut>(201),
        get("endpoint.get", "/app/{app_id}/endpoint/{endpoint_id}", list::get)
            .says("Get an endpoint")
            .access(Access::App)
            .answers::<EndpointOut>(200),
        put("endpoint.upsert", "/app/{app_id}/endpoint/{endpoint_id}", change::upsert)
            .says("Make an endpoint, or give it these values; its secret stays")
            .access(Access::App)
            .body::<EndpointIn>()
            .answers::<EndpointOut>(200)
            .answers::<EndpointOut>(201),
        patch("endpoint.patch", "/app/{app_id}/endpoint/{endpoint_id}", change::patch)
            .says("Change an endpoint")
            .access(Access::App)
            .body::<EndpointPatch>()
            .answers::<EndpointOut>(200),
        remove("endpoint.delete", "/app/{app_id}/endpoint/{endpoint_id}", delete::delete)
            .says("Delete an endpoint; what it is still owed is given up")
            .access(Access::App)
            .answers_nothing(204),
    ]
}

fn of_headers_and_secrets() -> Vec<Operation> {
    vec![
        get("endpoint.get_secret", "/app/{app_id}/endpoint/{endpoint_id}/secret", secret::get)
            .says("Get what an endpoint's receiver verifies signatures with")
            .access(Access::App)
            .answers::<secret::EndpointSecretOut>(200),
        post("endpoint.rotate_secret", "/app/{app_id}/endpoint/{endpoint_id}/secret/rotate", secret::rotate)
            .says("Put a new signing secret in place; the old one goes on signing for a while")
            .access(Access::App)
            .body::<secret::EndpointSecretRotateIn>()
            .answers::<secret::EndpointSecretOut>(200),
        get("endpoint.get_headers", "/app/{app_id}/endpoint/{endpoint_id}/headers", headers::get)
            .says("Get an endpoint's custom headers; of credentials the names only")
            .access(Access::App)
            .answers::<headers::EndpointHeadersOut>(200),
        put("endpoint.set_headers", "/app/{app_id}/endpoint/{endpoint_id}/headers", headers::set)
            .says("Set an endpoint's custom headers, all of them")
            .access(Access::App)
            .body::<headers::EndpointHeadersIn>()
            .answers_nothing(204),
        patch("endpoint.patch_headers", "/app/{app_id}/endpoint/{endpoint_id}/headers", headers::patch)
            .says("Set or remove some of an endpoint's custom headers")
            .access(Access::App)
            .body::<headers::EndpointHeadersPatchIn>()
            .answers_nothing(204),
    ]
}

fn of_deliveries() -> Vec<Operation> {
    let status = only("status", ParamKind::Integer, "0 success, 1 pending, 2 fail, 3 sending, 4 canceled.");
    vec![
        get("endpoint.get_stats", "/app/{app_id}/endpoint/{endpoint_id}/stats", stats::stats)
            .says("Count an endpoint's attempts and what it is owed")
            .access(Access::App)
            .params(&[SPAN])
            .answers::<stats::EndpointStatsOut>(200),
        get(
            "endpoint.get_attempt_stats",
            "/app/{app_id}/endpoint/{endpoint_id}/attempt-stats",
            stats::attempts,
        )
        .says("Count an endpoint's attempts")
        .access(Access::App)
        .params(&[SPAN])
        .answers::<stats::EndpointAttemptStats>(200),
        post("endpoint.recover", "/app/{app_id}/endpoint/{endpoint_id}/recover", recover::recover)
            .says("Send again what failed")
            .access(Access::App)
            .body::<recover::RecoverIn>()
            .answers::<TaskOut>(202),
        post(
            "endpoint.replay_missing",
            "/app/{app_id}/endpoint/{endpoint_id}/replay-missing",
            recover::replay,
        )
        .says("Send what was never sent to this endpoint")
        .access(Access::App)
        .body::<recover::RecoverIn>()
        .answers::<TaskOut>(202),
        post(
            "endpoint.send_example",
            "/app/{app_id}/endpoint/{endpoint_id}/send-example",
            send_example::send,
        )
        .says("Send an event type's example to one endpoint")
        .body::<send_example::EventExampleIn>()
        .answers::<MessageOut>(200),
        get(
            "message_attempt.list_attempted_messages",
            "/app/{app_id}/endpoint/{endpoint_id}/msg",
            messages::list,
        )
        .says("List the messages owed to an endpoint, and where each stands")
        .access(Access::App)
        .params(&[&status, PAGE, MESSAGE_FILTER, WITH_CONTENT, EXPANDED_STATUSES])
        .lists::<EndpointMessageOut>(),
    ]
}

/// The endpoint that a path names.
pub(super) async fn find(api: &Api, owner: &Owner, endpoint: &str) -> Result<Endpoint, Problem> {
    let reference = Reference::<EndpointKey>::parse(endpoint);
    let found = api.store.endpoint(owner.app.key, &reference).await?;
    found.filter(|endpoint| owner.sight.shows(endpoint.key)).ok_or_else(Problem::absent)
}
