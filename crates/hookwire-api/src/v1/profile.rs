//! Profiles: what an org's webhooks are like unless an endpoint says otherwise.

mod choose;
mod read;
mod wire;

use crate::operation::{ORDER, Operation, PAGE, get, put};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get("profile.get", "/profile", read::get)
            .says("Get the profile that the org has")
            .answers::<wire::ProfileOut>(200),
        put("profile.choose", "/profile", choose::choose)
            .says("Choose the org's profile; event types of it that the org lacks are made")
            .body::<wire::ProfileIn>()
            .answers::<wire::ProfileOut>(200),
        get("profile.list", "/profiles", read::list)
            .says("List the profiles that an org can choose")
            .params(&[PAGE, ORDER])
            .lists::<wire::ProfileOut>(),
    ]
}
