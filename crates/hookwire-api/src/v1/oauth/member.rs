//! On whose behalf a request is made: a user, and the app that `X-Organization` names; or the host product itself.

use axum::extract::FromRequestParts;
use hookwire_core::id::Key;
use hookwire_core::oauth::Client;
use hookwire_core::{App, ClientKey, OrgId, Reference};
use http::HeaderMap;
use http::request::Parts;

use crate::api::Api;
use crate::caller::{Caller, ORGANIZATION_HEADER};
use crate::problem::Problem;
use crate::token::{Identity, Scope};

/// Who asks.
#[derive(Debug)]
pub(super) struct Member {
    /// The org.
    pub(super) org: OrgId,
    /// The app that `X-Organization` names. A user always has one.
    app: Option<App>,
    /// The user; `None` = the host product, with its org's token.
    pub(super) user: Option<String>,
    /// The feature flags that event types may hide behind; `None` = nothing is hidden.
    pub(super) visible_to: Option<Vec<String>>,
    /// What the user administers, as its token says.
    apps: Vec<String>,
}

fn denied(detail: &str) -> Problem {
    Problem::Denied("insufficient access", detail.to_owned())
}

impl Member {
    /// Who a token stands for, together with the organization that a header or a form names.
    pub(super) async fn of(
        api: &Api,
        identity: &Identity,
        organization: Option<&str>,
    ) -> Result<Self, Problem> {
        let app = match organization {
            Some(name) => api.store.app(&identity.org, &Reference::parse(name)).await?,
            None => None,
        };
        let org = identity.org.clone();
        match &identity.scope {
            Scope::Org if organization.is_some() && app.is_none() => Err(Problem::no_app()),
            Scope::Org => Ok(Self { org, app, user: None, visible_to: None, apps: Vec::new() }),
            Scope::User { user, apps, feature_flags } => {
                let app = app.filter(|app| names(apps, app)).ok_or_else(|| {
                    denied("X-Organization must name an application that the token's user administers.")
                })?;
                let (user, apps) = (Some(user.clone()), apps.clone());
                Ok(Self { org, app: Some(app), user, visible_to: Some(feature_flags.clone()), apps })
            }
            Scope::App { .. } | Scope::Install(_) => {
                Err(denied("This takes a user's token: one whose claims are org, sub and apps."))
            }
        }
    }

    async fn of_headers(headers: &HeaderMap, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::of(headers, api).await?;
        let organization = headers.get(ORGANIZATION_HEADER).map(http::HeaderValue::to_str);
        let organization = organization.transpose().map_err(|_| denied("X-Organization names nothing."))?;
        Self::of(api, caller.identity(), organization).await
    }

    /// The app on whose behalf the request is made.
    pub(super) fn app(&self) -> Result<&App, Problem> {
        self.app.as_ref().ok_or_else(|| denied("X-Organization must name an application."))
    }

    /// Whether this is the host product, for all of its apps.
    pub(super) const fn is_host(&self) -> bool {
        self.user.is_none()
    }

    /// Whether the user administers this app too.
    pub(super) fn administers(&self, app: &App) -> bool {
        self.is_host() || names(&self.apps, app)
    }

    /// The client of that id, if the app owns it. The host product reaches all of its org's.
    pub(super) async fn client(&self, api: &Api, id: &str) -> Result<Client, Problem> {
        let key = ClientKey::parse(id).ok_or_else(Problem::absent)?;
        let found = api.store.client(key).await?.filter(|client| client.org == self.org);
        let is_its = |client: &Client| match &self.app {
            Some(app) => client.owner == app.key,
            None => self.is_host(),
        };
        found.filter(is_its).ok_or_else(Problem::absent)
    }
}

fn names(apps: &[String], app: &App) -> bool {
    let uid = app.uid.as_ref().map(hookwire_core::Uid::as_str);
    apps.iter().any(|name| Some(name.as_str()) == uid || *name == app.key.public())
}

impl FromRequestParts<Api> for Member {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        Self::of_headers(&parts.headers, api).await
    }
}
