//! Scopes: words that say what a token is for. All but one are the host product's own.

use std::sync::Arc;

use crate::limits::{OAUTH_SCOPE_BYTES_MAX, OAUTH_SCOPES_MAX};

/// The one scope that Hookwire itself knows: to be told of events at a webhook URL.
pub const WEBHOOKS_MANAGE: &str = "webhooks:manage";

/// A scope, for example `posts:read`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OauthScope(Arc<str>);

/// Why a text is not a scope, or a list of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// No characters at all.
    #[error("a scope must not be empty")]
    Empty,
    /// Too many bytes.
    #[error("a scope may have at most {OAUTH_SCOPE_BYTES_MAX} characters")]
    TooLong,
    /// RFC 6749, 3.3.
    #[error("a scope may hold visible ASCII characters except '\"' and '\\' (found {0:?})")]
    Character(char),
    /// Too many scopes.
    #[error("there may be at most {OAUTH_SCOPES_MAX} scopes")]
    TooMany,
}

impl OauthScope {
    /// Checks a scope (RFC 6749, 3.3: `scope-token`).
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let strange = |c: &char| !c.is_ascii_graphic() || matches!(c, '"' | '\\');
        match text.chars().find(strange) {
            _ if text.is_empty() => Err(ScopeError::Empty),
            _ if text.len() > OAUTH_SCOPE_BYTES_MAX => Err(ScopeError::TooLong),
            Some(character) => Err(ScopeError::Character(character)),
            None => Ok(Self(text.into())),
        }
    }

    /// Reads scopes with spaces between them, as requests have them. Repeated ones count once; the order stays.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, ScopeError> {
        let mut scopes = Vec::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let scope = Self::parse(word)?;
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        if scopes.len() > OAUTH_SCOPES_MAX { Err(ScopeError::TooMany) } else { Ok(scopes) }
    }

    /// From a store's own rows, which were checked when they were written.
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scopes with spaces between them.
    pub fn join(scopes: &[Self]) -> String {
        scopes.iter().map(Self::as_str).collect::<Vec<_>>().join(" ")
    }

    /// Whether [`WEBHOOKS_MANAGE`] is among them.
    pub fn manages_webhooks(scopes: &[Self]) -> bool {
        scopes.iter().any(|scope| scope.as_str() == WEBHOOKS_MANAGE)
    }
}

impl std::fmt::Display for OauthScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_keeps_its_order_and_counts_repeats_once() {
        let scopes = OauthScope::parse_list(" posts:read  webhooks:manage posts:read").unwrap();
        assert_eq!(OauthScope::join(&scopes), "posts:read webhooks:manage");
        assert!(OauthScope::manages_webhooks(&scopes));
        assert_eq!(OauthScope::parse_list(""), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_scope_is_refused() {
        assert_eq!(OauthScope::parse(""), Err(ScopeError::Empty));
        assert_eq!(OauthScope::parse("a b"), Err(ScopeError::Character(' ')));
        assert_eq!(OauthScope::parse("a\"b"), Err(ScopeError::Character('"')));
        assert_eq!(OauthScope::parse("a\\b"), Err(ScopeError::Character('\\')));
        assert_eq!(OauthScope::parse("é"), Err(ScopeError::Character('é')));
        assert_eq!(OauthScope::parse(&"x".repeat(129)), Err(ScopeError::TooLong));
        let many = (0..101).map(|number| format!("s{number}")).collect::<Vec<_>>().join(" ");
        assert_eq!(OauthScope::parse_list(&many), Err(ScopeError::TooMany));
    }
}
