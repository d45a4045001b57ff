//! Signs tokens: for an org, by command; for an app, as the portal access route does.

use std::time::Duration;

use hookwire_core::id::Key;
use hookwire_core::{AppKey, OrgId, Timestamp};
use jsonwebtoken::{EncodingKey, Header};

use super::{Algorithm, Capability, KeyError};

/// How long an org's token counts.
pub const ORG_TOKEN_LIFE: Duration = Duration::from_hours(10 * 365 * 24);
/// How long an app's token counts at most, and unless asked otherwise.
pub const APP_TOKEN_LIFE_MAX: Duration = Duration::from_hours(28 * 24);

/// How long a user's token counts at most.
pub const USER_TOKEN_LIFE_MAX: Duration = Duration::from_hours(24);

/// What an app token grants.
#[derive(Debug, Clone, Default)]
pub struct AppGrant {
    /// Event types behind one of these flags are visible.
    pub feature_flags: Vec<String>,
    /// What may be done beside looking; `None` = everything.
    pub capabilities: Option<Vec<Capability>>,
    /// How long it counts; `None` = [`APP_TOKEN_LIFE_MAX`], which it never exceeds.
    pub life: Option<Duration>,
}

/// Signs tokens with one key and one algorithm.
pub struct TokenIssuer {
    key: EncodingKey,
    header: Header,
}

impl TokenIssuer {
    /// Signs with a shared secret (HS256, HS384, HS512).
    pub fn from_secret(secret: &[u8], algorithm: Algorithm) -> Result<Self, KeyError> {
        if !algorithm.is_symmetric() {
            return Err(KeyError::Kind(algorithm.name()));
        }
        Ok(Self { key: EncodingKey::from_secret(secret), header: Header::new(algorithm.jwt()) })
    }

    /// Signs with a private key in PEM (RS256, RS384, RS512, EdDSA).
    pub fn from_pem(private_key: &[u8], algorithm: Algorithm) -> Result<Self, KeyError> {
        let key = match algorithm {
            Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 => EncodingKey::from_rsa_pem(private_key),
            Algorithm::EdDsa => EncodingKey::from_ed_pem(private_key),
            Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => {
                return Err(KeyError::Kind(algorithm.name()));
            }
        };
        let key = key.map_err(|error| KeyError::Pem(error.to_string()))?;
        Ok(Self { key, header: Header::new(algorithm.jwt()) })
    }

    /// A token for everything of an org.
    pub fn org_token(&self, org: &OrgId, now: Timestamp) -> Result<String, KeyError> {
        self.sign(serde_json::json!({ "sub": org.as_str() }), now, ORG_TOKEN_LIFE)
    }

    /// A token for one app of an org.
    pub fn app_token(
        &self,
        org: &OrgId,
        app: AppKey,
        grant: AppGrant,
        now: Timestamp,
    ) -> Result<String, KeyError> {
        let mut claims = serde_json::json!({ "sub": app.public(), "org": org.as_str() });
        if !grant.feature_flags.is_empty() {
            claims["feature_flags"] = grant.feature_flags.into();
        }
        if let Some(capabilities) = grant.capabilities {
            claims["capabilities"] = serde_json::json!(capabilities);
        }
        let life = grant.life.unwrap_or(APP_TOKEN_LIFE_MAX).min(APP_TOKEN_LIFE_MAX);
        self.sign(claims, now, life)
    }

    /// A token for a user of the host product who administers these apps (ids or uids).
    pub fn user_token(
        &self,
        org: &OrgId,
        user: &str,
        apps: &[String],
        life: Duration,
        now: Timestamp,
    ) -> Result<String, KeyError> {
        let claims = serde_json::json!({ "sub": user, "org": org.as_str(), "apps": apps });
        self.sign(claims, now, life.min(USER_TOKEN_LIFE_MAX))
    }

    fn sign(
        &self,
        mut claims: serde_json::Value,
        now: Timestamp,
        life: Duration,
    ) -> Result<String, KeyError> {
        let seconds = now.seconds();
        claims["iss"] = "hookwire".into();
        claims["iat"] = seconds.into();
        claims["nbf"] = seconds.into();
        claims["exp"] = now.plus(life).seconds().into();
        jsonwebtoken::encode(&self.header, &claims, &self.key)
            .map_err(|error| KeyError::Pem(error.to_string()))
    }
}

impl std::fmt::Debug for TokenIssuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenIssuer(…)")
    }
}
