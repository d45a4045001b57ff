//! Triggers: registered outbound calls that clients may invoke without seeing URL or credentials.

mod answer;
mod invoke;
mod masked;
mod read;
mod register;
mod vet;
mod wire;

use hookwire_core::{App, Trigger, TriggerId};

use crate::api::Api;
use crate::caller::Caller;
use crate::operation::{Access, Operation, PAGE, delete, get, post, put};
use crate::problem::Problem;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get("trigger.list", "/app/{app_id}/trigger", read::list)
            .says("List triggers; an application's token sees what it may give, never URL or credentials")
            .access(Access::App)
            .params(&[PAGE])
            .lists::<wire::TriggerOut>(),
        get("trigger.get", "/app/{app_id}/trigger/{trigger_id}", read::get)
            .says("Get a trigger; an application's token sees what it may give, never URL or credentials")
            .access(Access::App)
            .answers::<wire::TriggerOut>(200),
        put("trigger.register", "/app/{app_id}/trigger/{trigger_id}", register::register)
            .says("Register a trigger, in the place of one with this id")
            .body::<wire::TriggerIn>()
            .answers::<wire::TriggerOut>(200)
            .answers::<wire::TriggerOut>(201),
        delete("trigger.delete", "/app/{app_id}/trigger/{trigger_id}", register::delete)
            .says("Delete a trigger; the records of its invocations stay")
            .answers_nothing(204),
        post("trigger.invoke", "/app/{app_id}/trigger/{trigger_id}/invoke", invoke::invoke)
            .says("Make a trigger's call now and answer with what came of it, be it a success or a failure")
            .access(Access::App)
            .body::<invoke::InvokeIn>()
            .answers::<answer::InvokeOut>(200),
    ]
}

/// The trigger that a path names. To clients, a hidden one is not there.
async fn find(api: &Api, caller: &Caller, app: &App, trigger: &str) -> Result<Trigger, Problem> {
    let id = TriggerId::parse(trigger).map_err(|_| Problem::absent())?;
    let found = api.store.trigger(app.key, &id).await?;
    found.filter(|trigger| !(trigger.hidden && caller.is_app())).ok_or_else(Problem::absent)
}
