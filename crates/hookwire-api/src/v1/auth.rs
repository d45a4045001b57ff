//! Tokens for an application's own people.

mod portal;

use http::StatusCode;

use crate::caller::Caller;
use crate::operation::{Access, Operation, Repeats, post};
use crate::problem::Problem;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        post("authentication.app_portal_access", "/auth/app-portal-access/{app_id}", portal::access)
            .says("Make a token for one application")
            .body::<portal::AppPortalAccessIn>()
            .answers::<portal::AppPortalAccessOut>(200),
        post("authentication.dashboard_access", "/auth/dashboard-access/{app_id}", portal::dashboard_access)
            .answers::<portal::AppPortalAccessOut>(200)
            .hidden(),
        post("authentication.logout", "/auth/logout", logout)
            .says("End a token (not offered: tokens end by their expiry)")
            .access(Access::Any)
            .repeats(Repeats::Harmless)
            .answers_nothing(501),
    ]
}

async fn logout(_: Caller) -> Result<StatusCode, Problem> {
    Err(Problem::NotImplemented)
}
