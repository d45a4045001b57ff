//! Bearer tokens: JWTs that name an org, an app of one, or a user of several. Used by the API and by the command that prints tokens.

mod algorithm;
mod cache;
mod claims;
mod issuer;
mod verifier;

#[cfg(test)]
mod tests;

pub use algorithm::{Algorithm, KeyError};
pub use claims::{Capability, Identity, Scope};
pub use issuer::{APP_TOKEN_LIFE_MAX, AppGrant, ORG_TOKEN_LIFE, TokenIssuer, USER_TOKEN_LIFE_MAX};
pub use verifier::{InvalidToken, TokenVerifier};

/// The org of a token that names none when it is generated.
pub const DEFAULT_ORG: &str = "org_23rb8YdGqMT0qIzpgGwdXfHirMu";
