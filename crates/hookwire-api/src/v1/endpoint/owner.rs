//! Whose endpoints a request is about: an application's, or an org's own for operational notices.

use hookwire_core::{App, EventTypeName, OrgId};

use crate::api::Api;
use crate::caller::Caller;
use crate::problem::{Issue, Problem};
use crate::token::Capability;

/// The application whose endpoints are meant, and which event types they may choose.
pub(in crate::v1) struct Owner {
    /// The application.
    pub(in crate::v1) app: App,
    /// The org that asks.
    pub(in crate::v1) org: OrgId,
    /// The event types that may be chosen; `None` = those of the org.
    pub(in crate::v1) event_types: Option<&'static [&'static str]>,
}

impl Owner {
    /// The application that a path names, if the caller may do this to it.
    pub(in crate::v1) async fn of(
        api: &Api,
        caller: &Caller,
        app: &str,
        need: Capability,
    ) -> Result<Self, Problem> {
        let app = caller.app(api, app, need).await?;
        Ok(Self { app, org: caller.org().clone(), event_types: None })
    }

    /// Refuses event types that don't exist.
    pub(super) async fn check_event_types(
        &self,
        api: &Api,
        chosen: Option<&Vec<EventTypeName>>,
    ) -> Result<(), Problem> {
        let Some(chosen) = chosen else { return Ok(()) };
        let missing = match self.event_types {
            Some(known) => chosen.iter().filter(|name| !known.contains(&name.as_str())).cloned().collect(),
            None => api.store.missing_event_types(&self.org, chosen.clone()).await?,
        };
        if missing.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = missing.iter().map(EventTypeName::as_str).collect();
        let msg = format!("The following event types don't exist: {}", names.join(", "));
        Err(Problem::Invalid(vec![Issue::value(&["body", "eventTypes"], msg)]))
    }
}
