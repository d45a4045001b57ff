//! Attempts: the log of every exchange with a receiver, and asking for another one.

mod get;
mod list;
mod resend;
mod wire;

use crate::operation::{
    ATTEMPT_FILTER, Access, EXPANDED_STATUSES, MESSAGE_FILTER, Operation, PAGE, ParamKind, WITH_CONTENT,
    delete, get as read, only, post,
};

pub(super) fn operations() -> Vec<Operation> {
    let with_msg = only("with_msg", ParamKind::Boolean, "Whether each attempt comes with its message.");
    let endpoint_id = only("endpoint_id", ParamKind::Text, "Only attempts at this endpoint.");
    // No attempt is ever canceled, so it makes no difference here.
    let filters = [PAGE, ATTEMPT_FILTER, MESSAGE_FILTER, WITH_CONTENT, EXPANDED_STATUSES];
    vec![
        read(
            "message_attempt.list_by_endpoint",
            "/app/{app_id}/attempt/endpoint/{endpoint_id}",
            list::by_endpoint,
        )
        .says("List the attempts at an endpoint, newest first")
        .access(Access::App)
        .params(&filters)
        .params(&[&with_msg])
        .lists::<wire::MessageAttemptOut>(),
        read("message_attempt.list_by_msg", "/app/{app_id}/attempt/msg/{msg_id}", list::by_message)
            .says("List the attempts to deliver a message, newest first")
            .access(Access::App)
            .params(&filters)
            .params(&[&endpoint_id])
            .lists::<wire::MessageAttemptOut>(),
        read("message_attempt.list", "/app/{app_id}/msg/{msg_id}/attempt", list::by_message)
            .access(Access::App)
            .params(&filters)
            .params(&[&endpoint_id])
            .lists::<wire::MessageAttemptOut>()
            .hidden(),
        read(
            "message_attempt.list_of_endpoint",
            "/app/{app_id}/msg/{msg_id}/endpoint/{endpoint_id}/attempt",
            list::by_message_and_endpoint,
        )
        .access(Access::App)
        .params(&filters)
        .lists::<wire::MessageAttemptOut>()
        .hidden(),
        read("message_attempt.get", "/app/{app_id}/msg/{msg_id}/attempt/{attempt_id}", get::get)
            .says("Get an attempt")
            .access(Access::App)
            .params(&[EXPANDED_STATUSES])
            .answers::<wire::MessageAttemptOut>(200),
        delete(
            "message_attempt.expunge_content",
            "/app/{app_id}/msg/{msg_id}/attempt/{attempt_id}/content",
            get::expunge,
        )
        .says("Remove an attempt's response and request body for good")
        .access(Access::App)
        .answers_nothing(204),
        post(
            "message_attempt.resend",
            "/app/{app_id}/msg/{msg_id}/endpoint/{endpoint_id}/resend",
            resend::resend,
        )
        .says("Deliver a message to an endpoint again")
        .access(Access::App)
        .answers::<resend::EmptyResponse>(202),
    ]
}
