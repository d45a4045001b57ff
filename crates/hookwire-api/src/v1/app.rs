//! Applications.

mod create;
mod delete;
mod get;
mod list;
mod patch;
mod upsert;
mod wire;

use crate::operation::{
    Access, ORDER, Operation, PAGE, ParamKind, delete as remove, get as read, only, patch as change, post,
    put,
};

pub(super) use wire::{ApplicationIn, ApplicationOut};

pub(super) fn operations() -> Vec<Operation> {
    let if_exists =
        only("get_if_exists", ParamKind::Boolean, "Answer with the app that has this uid, if any.");
    let no_endpoints = only(
        "exclude_apps_with_no_endpoints",
        ParamKind::Boolean,
        "Leave out applications without endpoints.",
    );
    let disabled = only(
        "exclude_apps_with_disabled_endpoints",
        ParamKind::Boolean,
        "Leave out applications that have disabled endpoints only.",
    );
    let svix_play = only(
        "exclude_apps_with_svix_play_endpoints",
        ParamKind::Boolean,
        "Leave out applications that have endpoints at Svix Play only.",
    );
    vec![
        read("application.list", "/app", list::list)
            .says("List applications")
            .params(&[&no_endpoints, &disabled, &svix_play, PAGE, ORDER])
            .lists::<ApplicationOut>(),
        post("application.create", "/app", create::create)
            .says("Make an application")
            .params(&[&if_exists])
            .body::<ApplicationIn>()
            .answers::<ApplicationOut>(201)
            .answers::<ApplicationOut>(200),
        read("application.get", "/app/{app_id}", get::get)
            .says("Get an application")
            .access(Access::App)
            .answers::<ApplicationOut>(200),
        put("application.upsert", "/app/{app_id}", upsert::upsert)
            .says("Make an application, or give it these values")
            .body::<ApplicationIn>()
            .answers::<ApplicationOut>(200)
            .answers::<ApplicationOut>(201),
        change("application.patch", "/app/{app_id}", patch::patch)
            .says("Change an application")
            .body::<wire::ApplicationPatch>()
            .answers::<ApplicationOut>(200),
        remove("application.delete", "/app/{app_id}", delete::delete)
            .says("Delete an application with all its endpoints")
            .answers_nothing(204),
    ]
}
