//! Messages: accepting them, and reading what was accepted.

mod create;
mod destinations;
mod expunge;
mod expunge_many;
mod precheck;
mod read;
mod standing;
mod wire;

use hookwire_core::{AppKey, NewApp, Reference};

use crate::operation::{
    Access, MESSAGE_FILTER, Operation, PAGE, Repeats, WITH_CONTENT, delete as remove, get, post,
};
use crate::problem::{Issue, Problem};
use crate::v1::app::ApplicationIn;

pub(crate) use create::accept;
pub(super) use standing::Standing;
pub(super) use wire::{EndpointMessageOut, MessageOut};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        post("message.create", "/app/{app_id}/msg", create::create)
            .says("Accept a message, and deliver it to every endpoint that wants it")
            .repeats(Repeats::ByHandler)
            .params(&[WITH_CONTENT])
            .body::<wire::MessageIn>()
            .answers::<MessageOut>(202),
        get("message.list", "/app/{app_id}/msg", read::list)
            .says("List messages, newest first")
            .access(Access::App)
            .params(&[PAGE, MESSAGE_FILTER, WITH_CONTENT])
            .lists::<MessageOut>(),
        post("message.precheck", "/app/{app_id}/msg/precheck/active", precheck::precheck)
            .says("Whether any endpoint would get such a message")
            .access(Access::App)
            .repeats(Repeats::Harmless)
            .body::<precheck::MessagePrecheckIn>()
            .answers::<precheck::MessagePrecheckOut>(200),
        get("message.get", "/app/{app_id}/msg/{msg_id}", read::get)
            .says("Get a message")
            .access(Access::App)
            .params(&[WITH_CONTENT])
            .answers::<MessageOut>(200),
        remove("message.expunge_content", "/app/{app_id}/msg/{msg_id}/content", expunge::expunge)
            .says("Remove a message's payload for good")
            .answers_nothing(204),
        post("message.bulk_expunge_content", "/app/{app_id}/msg/bulk-expunge", expunge_many::expunge_many)
            .says("Remove the payloads of several messages for good")
            .repeats(Repeats::Harmless)
            .body::<expunge_many::BulkExpungeContentsIn>()
            .answers::<expunge_many::BulkExpungeContentsOut>(200),
        get(
            "message_attempt.list_attempted_destinations",
            "/app/{app_id}/msg/{msg_id}/endpoint",
            destinations::list,
        )
        .says("List the endpoints that a message is owed to, and where each delivery stands")
        .access(Access::App)
        .params(&[PAGE])
        .lists::<destinations::MessageEndpointOut>(),
    ]
}

/// The application to make on the way, when the path names it by a uid: the words must name the same one.
///
/// `None` when the path holds an id: an app with an id of the client's choosing can't be made.
pub(super) fn app_to_make(path: &str, app: ApplicationIn) -> Result<Option<NewApp>, Problem> {
    let loc = &["body", "application", "uid"];
    let by_uid = matches!(Reference::<AppKey>::parse(path), Reference::Uid(_));
    if by_uid {
        let fault = match app.uid() {
            None => Some(("must be given, and be the uid in the path", "application_uid_missing")),
            Some(uid) if uid != path => Some(("must be the uid in the path", "application_uid_mismatch")),
            Some(_) => None,
        };
        if let Some((msg, kind)) = fault {
            return Err(Problem::Invalid(vec![Issue::new(loc, msg, kind)]));
        }
    }
    Ok(Some(app.into_new(&["body", "application"])?).filter(|_| by_uid))
}
