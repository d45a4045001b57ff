//! Who calls, and what they may reach. An extractor in a handler's signature is all the authorisation that it needs.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use hookwire_core::id::Key;
use hookwire_core::{App, AppKey, OrgId, Reference};
use hookwire_store::triggers::Viewer;
use http::header::AUTHORIZATION;
use http::request::Parts;

use crate::api::Api;
use crate::problem::Problem;
use crate::token::{Capability, Identity, Scope};

/// The bearer of a valid token.
#[derive(Debug, Clone)]
pub(crate) struct Caller(Arc<Identity>);

/// The bearer of an org's token; app tokens are refused with 403.
#[derive(Debug, Clone)]
pub(crate) struct OrgCaller(Caller);

impl Caller {
    /// Reads the request's token.
    pub(crate) fn of(headers: &http::HeaderMap, api: &Api) -> Result<Self, Problem> {
        let text = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, token) = text.and_then(|text| text.split_once(' ')).ok_or(Problem::Unauthorized)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Problem::Unauthorized);
        }
        api.tokens.verify(token.trim(), api.now()).map(Self).map_err(|_| Problem::Unauthorized)
    }

    /// The caller's org.
    pub(crate) fn org(&self) -> &OrgId {
        &self.0.org
    }

    /// The flags that hide event types from the caller unless it has one of them; `None` = nothing is hidden.
    pub(crate) fn feature_flags(&self) -> Option<&[String]> {
        match &self.0.scope {
            Scope::Org => None,
            Scope::App { feature_flags, .. } => Some(feature_flags),
        }
    }

    /// Who this is, as a text that no other caller shares.
    pub(crate) fn name(&self) -> String {
        match &self.0.scope {
            Scope::Org => self.0.org.as_str().to_owned(),
            Scope::App { app, .. } => format!("{}/{}", self.0.org, app.public()),
        }
    }

    /// Whether this is one app, rather than the whole org.
    pub(crate) fn is_app(&self) -> bool {
        matches!(self.0.scope, Scope::App { .. })
    }

    /// As whom this one looks at triggers and what was made of them.
    pub(crate) fn viewer(&self) -> Viewer {
        if self.is_app() { Viewer::Client } else { Viewer::Org }
    }

    /// Who this is, as audit records have it: `org` or `app`, and the token's subject.
    pub(crate) fn audit_name(&self) -> String {
        match &self.0.scope {
            Scope::Org => format!("org {}", self.0.org),
            Scope::App { app, .. } => format!("app {}", app.public()),
        }
    }

    /// The app that a path names, if the caller may do this to it. Another's app is as absent as none at all.
    pub(crate) async fn app(&self, api: &Api, app: &str, need: Capability) -> Result<App, Problem> {
        let found = api.store.app(self.org(), &Reference::parse(app)).await?.ok_or_else(Problem::no_app)?;
        self.admit(found.key, need)?;
        Ok(found)
    }

    fn admit(&self, app: AppKey, need: Capability) -> Result<(), Problem> {
        match &self.0.scope {
            Scope::App { app: own, .. } if *own != app => Err(Problem::no_app()),
            _ if self.0.may(need) => Ok(()),
            _ => Err(Problem::Forbidden),
        }
    }
}

impl OrgCaller {
    /// Reads the request's token.
    pub(crate) fn of(headers: &http::HeaderMap, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::of(headers, api)?;
        match caller.0.scope {
            Scope::Org => Ok(Self(caller)),
            Scope::App { .. } => Err(Problem::Forbidden),
        }
    }
}

impl std::ops::Deref for OrgCaller {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        Self::of(&parts.headers, api)
    }
}

impl FromRequestParts<Api> for OrgCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        Self::of(&parts.headers, api)
    }
}
