//! Who calls, and what they may reach. An extractor in a handler's signature is all the authorisation that it needs.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use hookwire_core::id::Key;
use hookwire_core::oauth::{Digest, OauthScope, TokenKind, WEBHOOKS_MANAGE};
use hookwire_core::{App, AppKey, EndpointKey, OrgId, Reference};
use hookwire_store::triggers::Viewer;
use http::header::AUTHORIZATION;
use http::request::Parts;

use crate::api::Api;
use crate::problem::Problem;
use crate::token::{Capability, Identity, Scope};

/// How every OAuth access token begins.
pub(crate) const ACCESS_TOKEN_PREFIX: &str = "hwat_";
/// The header in which a user names the app on whose behalf the request is made.
pub(crate) const ORGANIZATION_HEADER: &str = "x-organization";

/// The bearer of a valid token.
#[derive(Debug, Clone)]
pub(crate) struct Caller(Arc<Identity>);

/// Who may look at endpoints: an org, an app, or an OAuth client, which sees the endpoint of its install only.
#[derive(Debug, Clone)]
pub(crate) struct EndpointCaller(Caller);

/// Which endpoints of an app a caller sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// All of them.
    All,
    /// The one of its install, if that has one.
    Own(Option<EndpointKey>),
}

impl Sight {
    /// Whether the caller sees this one.
    pub(crate) fn shows(self, endpoint: EndpointKey) -> bool {
        match self {
            Self::All => true,
            Self::Own(own) => own == Some(endpoint),
        }
    }
}

/// The bearer of an org's token; app tokens are refused with 403.
#[derive(Debug, Clone)]
pub(crate) struct OrgCaller(Caller);

impl Caller {
    /// Reads the request's token, whosever it is.
    pub(crate) async fn of(headers: &http::HeaderMap, api: &Api) -> Result<Self, Problem> {
        let text = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, token) = text.and_then(|text| text.split_once(' ')).ok_or(Problem::Unauthorized)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Problem::Unauthorized);
        }
        let token = token.trim();
        if token.starts_with(ACCESS_TOKEN_PREFIX) {
            let found = api.store.token(Digest::of(token), api.now()).await?;
            let found = found.filter(|token| token.kind == TokenKind::Access).ok_or(Problem::Unauthorized)?;
            let (org, scope) = (found.org.clone(), Scope::Install(Box::new(found)));
            return Ok(Self(Arc::new(Identity { org, scope })));
        }
        api.tokens.verify(token, api.now()).map(Self).map_err(|_| {
            if api.tokens.is_secret(token) { Problem::SecretAsToken } else { Problem::Unauthorized }
        })
    }

    /// What the token says.
    pub(crate) fn identity(&self) -> &Identity {
        &self.0
    }

    /// The caller's org.
    pub(crate) fn org(&self) -> &OrgId {
        &self.0.org
    }

    /// The flags that hide event types from the caller unless it has one of them; `None` = nothing is hidden.
    pub(crate) fn feature_flags(&self) -> Option<&[String]> {
        match &self.0.scope {
            Scope::Org => None,
            Scope::App { feature_flags, .. } | Scope::User { feature_flags, .. } => Some(feature_flags),
            Scope::Install(_) => Some(&[]),
        }
    }

    /// Who this is, as a text that no other caller shares.
    pub(crate) fn name(&self) -> String {
        match &self.0.scope {
            Scope::Org => self.0.org.as_str().to_owned(),
            Scope::App { app, .. } => format!("{}/{}", self.0.org, app.public()),
            Scope::User { user, .. } => format!("{} user {user}", self.0.org),
            Scope::Install(token) => format!("{} install {}", self.0.org, token.install),
        }
    }

    /// Whether this is somebody less than the whole org.
    pub(crate) fn is_app(&self) -> bool {
        !matches!(self.0.scope, Scope::Org)
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
            Scope::User { user, .. } => format!("user {user}"),
            Scope::Install(token) => format!("install {}", token.install),
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
    pub(crate) async fn of(headers: &http::HeaderMap, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::of(headers, api).await?;
        match caller.0.scope {
            Scope::Org => Ok(Self(caller)),
            _ => Err(Problem::Forbidden),
        }
    }
}

impl EndpointCaller {
    /// The app that a path names, and which of its endpoints the caller sees, if it may do this to them.
    pub(crate) async fn app(&self, api: &Api, app: &str, need: Capability) -> Result<(App, Sight), Problem> {
        let Scope::Install(token) = &self.0.0.scope else {
            return Ok((self.0.app(api, app, need).await?, Sight::All));
        };
        let found = api.store.app(self.0.org(), &Reference::parse(app)).await?;
        let found = found.filter(|found| found.key == token.app).ok_or_else(Problem::no_app)?;
        if !OauthScope::manages_webhooks(&token.scopes) {
            return Err(Problem::InsufficientScope(WEBHOOKS_MANAGE));
        }
        match need {
            Capability::ViewBase | Capability::CreateAttempts => Ok((found, Sight::Own(token.endpoint))),
            _ => Err(Problem::Forbidden),
        }
    }

    /// The flags that hide event types from the caller; `None` = nothing is hidden.
    pub(crate) fn feature_flags(&self) -> Option<&[String]> {
        self.0.feature_flags()
    }

    /// The caller's org.
    pub(crate) fn org(&self) -> &OrgId {
        self.0.org()
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
        let caller = Self::of(&parts.headers, api).await?;
        match caller.0.scope {
            Scope::Org | Scope::App { .. } => Ok(caller),
            Scope::User { .. } | Scope::Install(_) => Err(Problem::Forbidden),
        }
    }
}

impl FromRequestParts<Api> for EndpointCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::of(&parts.headers, api).await?;
        match caller.0.scope {
            Scope::Org | Scope::App { .. } | Scope::Install(_) => Ok(Self(caller)),
            Scope::User { .. } => Err(Problem::Forbidden),
        }
    }
}

impl FromRequestParts<Api> for OrgCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        Self::of(&parts.headers, api).await
    }
}
