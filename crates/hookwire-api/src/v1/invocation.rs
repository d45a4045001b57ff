//! Invocations: the audit records of calls that triggers made.

mod read;
mod wire;

use crate::operation::{Access, Operation, PAGE, ParamKind, get, only};

pub(super) fn operations() -> Vec<Operation> {
    let trigger = only("trigger", ParamKind::Text, "Only invocations of this trigger.");
    vec![
        get("invocation.list", "/app/{app_id}/invocation", read::list)
            .says("List invocations, newest first; an application's token sees those that clients asked for")
            .access(Access::App)
            .params(&[PAGE, &trigger])
            .lists::<wire::InvocationOut>(),
        get("invocation.get", "/app/{app_id}/invocation/{reference_id}", read::get)
            .says("Get the record of an invocation")
            .access(Access::App)
            .answers::<wire::InvocationOut>(200),
    ]
}
