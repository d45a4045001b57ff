//! Tokens: opaque to everybody, remembered as digests only. A refresh token is used once; a second use ends them all.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{ActorMode, OauthScope};
use crate::{AppKey, ClientKey, EndpointKey, InstallKey, OrgId, Timestamp};

/// The SHA-256 of something secret with at least 128 bits of chance in it: a token, a code, a client's secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of a text.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// Whether it is this text's, in the same time whatever it is.
    pub fn is_of(&self, text: &str) -> bool {
        Self::of(text).0.ct_eq(&self.0).into()
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digest(…)")
    }
}

crate::rules::words!(
    /// What a token is for.
    TokenKind {
        /// To call with.
        #[default]
        Access = "access_token",
        /// To get new ones with.
        Refresh = "refresh_token",
    }
);

/// What a live token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is for.
    pub kind: TokenKind,
    /// The install that it belongs to.
    pub install: InstallKey,
    /// The client.
    pub client: ClientKey,
    /// The org.
    pub org: OrgId,
    /// The app that granted it; it reaches no other.
    pub app: AppKey,
    /// The endpoint of its install.
    pub endpoint: Option<EndpointKey>,
    /// Who consented.
    pub user: String,
    /// On whose behalf it acts.
    pub actor: ActorMode,
    /// What it is for: as granted, without what the client does not declare any more.
    pub scopes: Vec<OauthScope>,
    /// When it was issued.
    pub issued: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
}

/// What follows from a refresh token that is presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshing {
    /// New tokens with these scopes take its place.
    Granted(Vec<OauthScope>),
    /// It was used before: every token of its install is revoked (RFC 9700, 4.14).
    Reused,
    /// It is not valid: expired, another client's, or of a client that is suspended.
    Invalid,
    /// More is asked for than it has (RFC 6749, 6).
    Scope(OauthScope),
}

/// Decides about a refresh token of an install that is there. `client` is who presents it, `scopes` what is asked for.
pub fn refresh(
    token: &Token,
    is_used: bool,
    client: ClientKey,
    scopes: Option<&[OauthScope]>,
    now: Timestamp,
) -> Refreshing {
    if token.client != client || token.kind != TokenKind::Refresh {
        return Refreshing::Invalid;
    }
    if is_used {
        return Refreshing::Reused;
    }
    if token.expires <= now {
        return Refreshing::Invalid;
    }
    let wanted = scopes.unwrap_or(&token.scopes);
    match wanted.iter().find(|scope| !token.scopes.contains(scope)) {
        Some(scope) => Refreshing::Scope(scope.clone()),
        None => Refreshing::Granted(wanted.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::samples::{CREATED, client, refresh_token, scopes};
    use super::*;
    use crate::id::Key as _;

    #[test]
    fn a_digest_knows_its_text_and_shows_nothing() {
        let digest = Digest::of("secret");
        assert!(digest.is_of("secret") && !digest.is_of("Secret"));
        assert_eq!(format!("{digest:?}"), "Digest(…)");
    }

    #[test]
    fn a_refresh_token_is_good_once_for_its_client_and_its_time() {
        let (token, own) = (refresh_token(), client().key);
        let now = CREATED.plus(Duration::from_secs(1));
        assert_eq!(refresh(&token, false, own, None, now), Refreshing::Granted(token.scopes.clone()));
        assert_eq!(refresh(&token, true, own, None, now), Refreshing::Reused);
        assert_eq!(refresh(&token, false, own, None, token.expires), Refreshing::Invalid);
        let other = ClientKey::from_raw(999);
        assert_eq!(refresh(&token, false, other, None, now), Refreshing::Invalid);
        assert_eq!(refresh(&token, true, other, None, now), Refreshing::Invalid);
        let access = Token { kind: TokenKind::Access, ..token };
        assert_eq!(refresh(&access, false, own, None, now), Refreshing::Invalid);
    }

    #[test]
    fn a_refresh_can_ask_for_less_but_not_for_more() {
        let (token, own) = (refresh_token(), client().key);
        let less = scopes("posts:read");
        assert_eq!(refresh(&token, false, own, Some(&less), CREATED), Refreshing::Granted(less.clone()));
        let more = scopes("posts:read posts:write");
        assert_eq!(refresh(&token, false, own, Some(&more), CREATED), Refreshing::Scope(more[1].clone()));
    }
}
