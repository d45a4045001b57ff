//! How many invocations may be under way: in all, and of one app.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hookwire_core::AppKey;

/// Invocations under way at once, of all apps.
const ALL_MAX: usize = 512;
/// Invocations under way at once, of one app.
const APP_MAX: usize = 64;

/// Counts what is under way.
#[derive(Default)]
pub(super) struct Permits(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    all: usize,
    apps: HashMap<AppKey, usize>,
}

/// The right to one invocation, until dropped.
pub(super) struct Permit {
    app: AppKey,
    counts: Arc<Mutex<Counts>>,
}

impl Permits {
    /// A permit for this app, if there is one left.
    pub(super) fn take(&self, app: AppKey) -> Option<Permit> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = counts.apps.get(&app).copied().unwrap_or_default();
        if counts.all >= ALL_MAX || own >= APP_MAX {
            return None;
        }
        counts.all += 1;
        counts.apps.insert(app, own + 1);
        drop(counts);
        Some(Permit { app, counts: Arc::clone(&self.0) })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all -= 1;
        if let Some(own) = counts.apps.get_mut(&self.app) {
            *own -= 1;
            if *own == 0 {
                counts.apps.remove(&self.app);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use hookwire_core::id::Key as _;

    use super::*;

    #[test]
    fn an_app_has_its_share_and_gives_it_back() {
        let permits = Permits::default();
        let (busy, other) = (AppKey::from_raw(1), AppKey::from_raw(2));
        let mut taken: Vec<Permit> = (0..APP_MAX).map(|_| permits.take(busy).unwrap()).collect();
        assert!(permits.take(busy).is_none());
        assert!(permits.take(other).is_some());
        taken.pop();
        assert!(permits.take(busy).is_some());
    }

    #[test]
    fn all_apps_together_have_a_bound() {
        let permits = Permits::default();
        let app = |number: usize| AppKey::from_raw(1 + (number / APP_MAX) as i64);
        let taken: Vec<Permit> = (0..ALL_MAX).map(|number| permits.take(app(number)).unwrap()).collect();
        assert!(permits.take(AppKey::from_raw(1_000)).is_none());
        drop(taken);
        assert!(permits.take(AppKey::from_raw(1_000)).is_some());
        assert!(permits.0.lock().unwrap().apps.is_empty());
    }
}
