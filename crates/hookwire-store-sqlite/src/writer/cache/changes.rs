//! Versions of an app's subscriptions, and what changed from one to the next.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};

use hookwire_core::EndpointKey;

/// Changes that are remembered.
const CHANGES_MAX: usize = 64;

/// Versions are numbered in one row for all apps, and for all times that an app is read from the file.
static VERSIONS: AtomicU64 = AtomicU64::new(0);

fn next() -> u64 {
    VERSIONS.fetch_add(1, Ordering::Relaxed)
}

/// The latest changes of one app.
#[derive(Debug, Clone)]
pub(crate) struct Changes {
    pub(super) version: u64,
    /// What changed since an older version is not known.
    known_since: u64,
    latest: VecDeque<(u64, EndpointKey)>,
}

impl Changes {
    pub(super) fn new() -> Self {
        let version = next();
        Self { version, known_since: version, latest: VecDeque::new() }
    }

    /// The endpoint wants something else, or nothing, from now on.
    pub(super) fn note(&mut self, endpoint: EndpointKey) {
        self.version = next();
        self.latest.push_back((self.version, endpoint));
        if self.latest.len() > CHANGES_MAX
            && let Some((forgotten, _)) = self.latest.pop_front()
        {
            self.known_since = forgotten;
        }
    }

    /// Those that changed since that version; `None` when this is not known.
    pub(super) fn since(&self, version: u64) -> Option<BTreeSet<EndpointKey>> {
        let later = self.latest.iter().filter(|(changed, _)| *changed > version);
        (version >= self.known_since).then(|| later.map(|(_, endpoint)| *endpoint).collect())
    }
}

#[cfg(test)]
mod tests {
    use hookwire_core::id::Key;

    use super::*;

    #[test]
    fn changes_are_known_from_a_version_on() {
        let key = EndpointKey::from_raw;
        let mut changes = Changes::new();
        let first = changes.version;
        assert_eq!(changes.since(first), Some(BTreeSet::new()));
        changes.note(key(1));
        let second = changes.version;
        changes.note(key(2));
        changes.note(key(2));
        assert_eq!(changes.since(first), Some([key(1), key(2)].into()));
        assert_eq!(changes.since(second), Some([key(2)].into()));
        for number in 3..64 {
            changes.note(key(number));
        }
        assert_eq!(changes.since(first).map(|keys| keys.len()), Some(63));
        changes.note(key(64));
        assert_eq!(changes.since(first), None);
        assert_eq!(changes.since(second).map(|keys| keys.len()), Some(63));
        // Read from the file again: nothing is known of the time before.
        assert_eq!(Changes::new().since(changes.version), None);
    }
}
