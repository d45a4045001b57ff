//! What a verified token says: whose it is, and what its bearer may do.

use hookwire_core::id::Key;
use hookwire_core::oauth::Token;
use hookwire_core::{AppKey, OrgId};
use serde::Deserialize;

/// Longest id of a user, in bytes.
const USER_BYTES_MAX: usize = 256;

/// The bearer of a verified token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The org.
    pub org: OrgId,
    /// The whole org, one of its apps, or somebody else.
    pub scope: Scope,
}

/// How far a token reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything of the org.
    Org,
    /// One app.
    App {
        /// The app.
        app: AppKey,
        /// Event types behind one of these flags are visible to it.
        feature_flags: Vec<String>,
        /// What it may do beside looking; `None` = everything.
        capabilities: Option<Vec<Capability>>,
    },
    /// A user of the host product: registers OAuth clients and consents to them, and nothing else.
    User {
        /// Who it is, as the host product names its users.
        user: String,
        /// Ids or uids of the apps that this user administers.
        apps: Vec<String>,
        /// Event types behind one of these flags are visible to the user.
        feature_flags: Vec<String>,
    },
    /// The access token of an OAuth client's install: reaches what belongs to that install.
    Install(Box<Token>),
}

/// What an app token may be limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize, utoipa::ToSchema)]
pub enum Capability {
    /// Look at everything but secrets.
    ViewBase,
    /// Look at signing secrets.
    ViewEndpointSecret,
    /// Replace signing secrets.
    ManageEndpointSecret,
    /// Change transformations.
    ManageTransformations,
    /// Send again.
    CreateAttempts,
    /// Make, change and delete endpoints.
    ManageEndpoint,
}

impl Identity {
    /// Whether the bearer may do this.
    pub fn may(&self, capability: Capability) -> bool {
        match &self.scope {
            Scope::Org | Scope::App { capabilities: None, .. } => true,
            Scope::App { capabilities: Some(granted), .. } => {
                capability == Capability::ViewBase || granted.contains(&capability)
            }
            Scope::User { .. } | Scope::Install(_) => false,
        }
    }
}

/// The claims as they stand in the token. Times are NumericDate: seconds since the epoch, perhaps with a fraction.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    sub: String,
    org: Option<String>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
    feature_flags: Option<Vec<String>>,
    capabilities: Option<Vec<serde_json::Value>>,
    apps: Option<Vec<String>>,
}

impl Claims {
    /// When the token ends, in seconds since the epoch, clocks' disagreement not counted.
    pub(super) const fn expires(&self) -> Option<f64> {
        self.exp
    }

    /// From when on it counts: the later of the times that it names.
    pub(super) fn begins(&self) -> f64 {
        self.nbf.unwrap_or(f64::MIN).max(self.iat.unwrap_or(f64::MIN))
    }

    /// The bearer, if the claims make sense together.
    pub(super) fn identity(self) -> Option<Identity> {
        // A token that names apps is a user's, whatever its subject looks like.
        if let Some(apps) = self.apps {
            let org = self.org.filter(|org| org.starts_with("org_"));
            let org = org.and_then(|org| OrgId::parse(&org).ok())?;
            let is_named = !self.sub.is_empty() && self.sub.len() <= USER_BYTES_MAX;
            let feature_flags = self.feature_flags.unwrap_or_default();
            let scope = Scope::User { user: self.sub, apps, feature_flags };
            return is_named.then_some(Identity { org, scope });
        }
        if self.sub.starts_with("org_") {
            let same = self.org.as_ref().is_none_or(|org| *org == self.sub);
            return OrgId::parse(&self.sub)
                .ok()
                .filter(|_| same)
                .map(|org| Identity { org, scope: Scope::Org });
        }
        let app = AppKey::parse(&self.sub)?;
        let org = self.org.filter(|org| org.starts_with("org_")).and_then(|org| OrgId::parse(&org).ok())?;
        // A capability that we don't know grants nothing.
        let known = |word| serde_json::from_value(word).ok();
        let capabilities = self.capabilities.map(|words| words.into_iter().filter_map(known).collect());
        let feature_flags = self.feature_flags.unwrap_or_default();
        Some(Identity { org, scope: Scope::App { app, feature_flags, capabilities } })
    }
}
