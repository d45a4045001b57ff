//! Whose endpoints a request is about: an application's, or an org's own for operational notices.

use std::collections::BTreeSet;

use hookwire_core::{App, Endpoint, EventTypeName, OrgId};

use crate::api::Api;
use crate::caller::{Caller, EndpointCaller, Sight};
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
    /// Which of the endpoints the caller sees.
    pub(in crate::v1) sight: Sight,
    /// The caller's feature flags; `None` = it sees every event type.
    pub(in crate::v1) visible_to: Option<Vec<String>>,
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
        let visible_to = caller.feature_flags().map(<[String]>::to_vec);
        Ok(Self { app, org: caller.org().clone(), event_types: None, sight: Sight::All, visible_to })
    }

    /// The same for what an OAuth client may do to the endpoint of its install, too.
    pub(in crate::v1) async fn seen_by(
        api: &Api,
        caller: &EndpointCaller,
        app: &str,
        need: Capability,
    ) -> Result<Self, Problem> {
        let (app, sight) = caller.app(api, app, need).await?;
        let visible_to = caller.feature_flags().map(<[String]>::to_vec);
        Ok(Self { app, org: caller.org().clone(), event_types: None, sight, visible_to })
    }

    /// Refuses event types that don't exist, or that the caller does not see; what `stored` has chosen already may stay.
    pub(super) async fn check_event_types(
        &self,
        api: &Api,
        chosen: Option<&Vec<EventTypeName>>,
        stored: Option<&Endpoint>,
    ) -> Result<(), Problem> {
        let Some(chosen) = chosen else { return Ok(()) };
        let missing = match self.event_types {
            Some(known) => chosen.iter().filter(|name| !known.contains(&name.as_str())).cloned().collect(),
            None => self.missing(api, chosen, stored).await?,
        };
        if missing.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = missing.iter().map(EventTypeName::as_str).collect();
        let msg = format!("The following event types don't exist: {}", names.join(", "));
        Err(Problem::Invalid(vec![Issue::value(&["body", "eventTypes"], msg)]))
    }

    async fn missing(
        &self,
        api: &Api,
        chosen: &[EventTypeName],
        stored: Option<&Endpoint>,
    ) -> Result<Vec<EventTypeName>, Problem> {
        let had = stored.filter(|_| self.visible_to.is_some()).and_then(|stored| stored.event_types.as_ref());
        let had: BTreeSet<&EventTypeName> = had.into_iter().flatten().collect();
        let (kept, fresh): (Vec<_>, Vec<_>) = chosen.iter().cloned().partition(|name| had.contains(name));
        let mut missing = api.store.missing_event_types(&self.org, fresh, self.visible_to.clone()).await?;
        if !kept.is_empty() {
            missing.extend(api.store.missing_event_types(&self.org, kept, None).await?);
        }
        Ok(missing)
    }
}
