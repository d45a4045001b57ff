//! What a client asks for, in whichever form it comes, and the code that a consent makes of it.

use hookwire_core::id::Key;
use hookwire_core::limits::OAUTH_CODE_LIFETIME;
use hookwire_core::oauth::{Client, Code, ConsentError, Digest, Grant, OauthScope, Pkce, ScopeError, Wish};
use hookwire_core::{AppKey, ClientKey, EventTypeName, OrgId};
use serde::{Deserialize, Serialize};

use crate::api::Api;
use crate::problem::Problem;

/// How every code begins.
const CODE_PREFIX: &str = "hwac_";

/// What a client asks for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    /// `None` = the first of the client's modes.
    pub(super) actor: Option<String>,
    /// With spaces between them; `None` = everything that the client declares.
    pub(super) scope: Option<String>,
    pub(super) state: Option<String>,
    pub(super) code_challenge: Option<String>,
    pub(super) code_challenge_method: Option<String>,
}

/// Who consents.
#[derive(Debug, Clone)]
pub(super) struct Consenter {
    pub(super) org: OrgId,
    pub(super) app: AppKey,
    pub(super) user: String,
}

impl Asked {
    /// The client, if it is one of this org.
    pub(super) async fn client(&self, api: &Api, org: &OrgId) -> Result<Option<Client>, Problem> {
        let Some(key) = ClientKey::parse(&self.client_id) else { return Ok(None) };
        Ok(api.store.client(key).await?.filter(|client| client.org == *org))
    }

    /// The scopes that are asked for.
    pub(super) fn scopes(&self) -> Result<Option<Vec<OauthScope>>, ScopeError> {
        self.scope.as_deref().map(OauthScope::parse_list).transpose()
    }

    /// What follows when a customer agrees, to these events only if any are named.
    pub(super) fn grant(
        &self,
        client: &Client,
        scopes: Option<&[OauthScope]>,
        events: Option<&[EventTypeName]>,
    ) -> Result<Grant, ConsentError> {
        let first = client.actor_modes.first().map_or("", |mode| mode.name());
        let pkce =
            Pkce { challenge: self.code_challenge.as_deref(), method: self.code_challenge_method.as_deref() };
        client.grant(Wish {
            redirect_uri: &self.redirect_uri,
            actor: self.actor.as_deref().unwrap_or(first),
            scopes,
            events,
            pkce,
        })
    }
}

/// Makes a code; `None` when the client or the app has gone meanwhile.
pub(super) async fn issue(
    api: &Api,
    client: &Client,
    by: Consenter,
    grant: Grant,
) -> Result<Option<String>, Problem> {
    let (code, now) = (api.fresh_token(CODE_PREFIX), api.now());
    let words = Code {
        client: client.key,
        org: by.org,
        app: by.app,
        user: by.user,
        grant,
        issued: now,
        expires: now.plus(OAUTH_CODE_LIFETIME),
        used_by: None,
    };
    let is_issued = api.store.issue_code(Digest::of(&code), words).await?;
    Ok(is_issued.then_some(code))
}
