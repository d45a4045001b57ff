//! Tokens that were verified before, by their exact text, so that a signature is checked once and not per request.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::Identity;

/// Most tokens that are remembered; when a new one comes after that, all are forgotten and memory starts anew.
const TOKENS_MAX: usize = 10_000;

/// A verified token.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) identity: Arc<Identity>,
    /// Until when it counts, in seconds since the epoch, leeway included.
    pub(super) until: f64,
}

#[derive(Default)]
pub(super) struct Cache {
    known: RwLock<HashMap<Box<str>, Known>>,
}

impl Cache {
    /// What was found out about this very text, unless its time is up.
    pub(super) fn get(&self, token: &str, now: f64) -> Option<Arc<Identity>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(token).filter(|found| now < found.until).map(|found| Arc::clone(&found.identity))
    }

    pub(super) fn put(&self, token: &str, found: Known) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= TOKENS_MAX {
            known.clear();
        }
        known.insert(token.into(), found);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.read().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Scope;
    use hookwire_core::OrgId;

    #[test]
    fn memory_is_bounded() {
        let cache = Cache::default();
        let identity = Arc::new(Identity { org: OrgId::stored("org_a"), scope: Scope::Org });
        for number in 0..=TOKENS_MAX {
            cache.put(&number.to_string(), Known { identity: Arc::clone(&identity), until: 1.0 });
            assert!(cache.len() <= TOKENS_MAX);
        }
        assert_eq!(cache.len(), 1);
    }
}
