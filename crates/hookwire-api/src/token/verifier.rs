//! Checks bearer tokens: signature under the one configured algorithm, times with a leeway, and claims.

use std::sync::Arc;

use hookwire_core::Timestamp;
use hookwire_core::oauth::Digest;
use jsonwebtoken::{DecodingKey, Validation};

use super::cache::{Cache, Known};
use super::claims::Claims;
use super::{Algorithm, Identity, KeyError};

/// How far the clocks of issuer and server may be apart, in seconds.
const LEEWAY_S: f64 = 900.0;
/// No honest token is longer.
const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// A token that is forged, damaged, expired, or not meant for this server. Which of them is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid token")]
pub struct InvalidToken;

/// Checks tokens of one key and one algorithm.
pub struct TokenVerifier {
    key: DecodingKey,
    secret: Option<Digest>,
    validation: Validation,
    cache: Cache,
}

impl TokenVerifier {
    /// Verifies with a shared secret (HS256, HS384, HS512).
    pub fn from_secret(secret: &[u8], algorithm: Algorithm) -> Result<Self, KeyError> {
        if !algorithm.is_symmetric() {
            return Err(KeyError::Kind(algorithm.name()));
        }
        let digest = std::str::from_utf8(secret).ok().map(Digest::of);
        Ok(Self { secret: digest, ..Self::new(DecodingKey::from_secret(secret), algorithm) })
    }

    /// Verifies with a public key in PEM (RS256, RS384, RS512, EdDSA).
    pub fn from_pem(public_key: &[u8], algorithm: Algorithm) -> Result<Self, KeyError> {
        let key = match algorithm {
            Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 => DecodingKey::from_rsa_pem(public_key),
            Algorithm::EdDsa => DecodingKey::from_ed_pem(public_key),
            Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => {
                return Err(KeyError::Kind(algorithm.name()));
            }
        };
        Ok(Self::new(key.map_err(|error| KeyError::Pem(error.to_string()))?, algorithm))
    }

    fn new(key: DecodingKey, algorithm: Algorithm) -> Self {
        let mut validation = Validation::new(algorithm.jwt());
        // Times are checked against our own clock below; issuer and audience are not used.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Self { key, secret: None, validation, cache: Cache::default() }
    }

    /// Whether this is no token, but the secret that signs them: a slip that deserves to be named.
    pub fn is_secret(&self, token: &str) -> bool {
        self.secret.as_ref().is_some_and(|secret| secret.is_of(token))
    }

    /// Whose token this is.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Arc<Identity>, InvalidToken> {
        let now_s = now.micros() as f64 / 1e6;
        if let Some(identity) = self.cache.get(token, now_s) {
            return Ok(identity);
        }
        if token.len() > TOKEN_BYTES_MAX {
            return Err(InvalidToken);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation)
            .map_err(|_| InvalidToken)?
            .claims;
        let until = claims.expires().map_or(f64::MAX, |end| end + LEEWAY_S);
        if until <= now_s || claims.begins() - LEEWAY_S > now_s {
            return Err(InvalidToken);
        }
        let identity = Arc::new(claims.identity().ok_or(InvalidToken)?);
        self.cache.put(token, Known { identity: Arc::clone(&identity), until });
        Ok(identity)
    }
}

impl std::fmt::Debug for TokenVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenVerifier(…)")
    }
}
