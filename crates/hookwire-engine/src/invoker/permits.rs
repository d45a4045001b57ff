//! How many invocations may be under way: over all apps, and of each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hookwire_core::AppKey;

/// Permits in use.
pub(super) struct Permits {
    max: usize,
    app_max: usize,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    all: usize,
    by_app: HashMap<AppKey, usize>,
}

/// A permit; it is free again when this is dropped.
pub(super) struct Permit {
    permits: Arc<Permits>,
    app: AppKey,
}

impl Permits {
    /// So many, and so many of them for one app.
    pub(super) fn new(max: usize, app_max: usize) -> Self {
        Self { max, app_max, used: Mutex::default() }
    }

    /// A permit for an invocation of this app, if there is one.
    pub(super) fn take(permits: &Arc<Self>, app: AppKey) -> Option<Permit> {
        let mut used = permits.lock();
        let of_app = used.by_app.get(&app).copied().unwrap_or_default();
        if used.all >= permits.max || of_app >= permits.app_max {
            return None;
        }
        used.all += 1;
        used.by_app.insert(app, of_app + 1);
        drop(used);
        Some(Permit { permits: Arc::clone(permits), app })
    }

    fn lock(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut used = self.permits.lock();
        used.all -= 1;
        if let Some(of_app) = used.by_app.get_mut(&self.app) {
            *of_app -= 1;
            if *of_app == 0 {
                used.by_app.remove(&self.app);
            }
        }
    }
}

#[test]
fn permits_are_counted_over_all_apps_and_for_each_and_come_back() {
    use hookwire_core::id::Key as _;
    let permits = Arc::new(Permits::new(3, 2));
    let [one, two] = [1, 2].map(AppKey::from_raw);
    let first = Permits::take(&permits, one);
    let second = Permits::take(&permits, one);
    assert!(first.is_some() && second.is_some() && Permits::take(&permits, one).is_none());
    let third = Permits::take(&permits, two);
    assert!(third.is_some() && Permits::take(&permits, two).is_none());
    drop(first);
    assert!(Permits::take(&permits, two).is_some());
    drop((second, third));
    assert!(permits.lock().by_app.is_empty() && permits.lock().all == 0);
}
