//! What operators of other servers of this API ask for.

use http::StatusCode;

use crate::caller::OrgCaller;
use crate::operation::{Operation, Repeats, post};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        post("admin.redrive_dlq", "/admin/redrive-dlq", redrive)
            .repeats(Repeats::Harmless)
            .answers_nothing(204)
            .hidden(),
    ]
}

/// There is no queue of dead letters to drive again: a delivery stays in the one queue until it is settled.
async fn redrive(_: OrgCaller) -> StatusCode {
    StatusCode::NO_CONTENT
}
