//! What a verified token says: whose it is, and what its bearer may do.

use hookwire_core::id::Key;
use hookwire_core::{AppKey, OrgId};
use serde::Deserialize;

/// The bearer of a verified token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The org.
    pub org: OrgId,
    /// The whole org, or one of its apps.
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
