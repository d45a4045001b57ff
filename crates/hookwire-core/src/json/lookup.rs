//! A hash table over a large object's names, so that a lookup does not cost the size of the payload.

use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;

use super::Document;

/// Where each name's value lies. Keyed at random: names come from strangers.
#[derive(Debug)]
pub(super) struct Lookup {
    hasher: RandomState,
    /// Entries of names (never the first one), at their hash or in the next free place behind it. At most half full.
    slots: Vec<Option<NonZeroU32>>,
}

impl Lookup {
    /// The names of the object at `index`.
    pub(super) fn new(document: &Document<'_>, index: u32) -> Self {
        let members = document.children(index).count() / 2;
        let slots = vec![None; (members * 2).next_power_of_two()];
        let mut lookup = Self { hasher: RandomState::new(), slots };
        let mut children = document.children(index);
        while let Some(name) = children.next() {
            let slot = lookup.slot(document, &document.string(name.index, usize::MAX));
            // A repeated name takes the place of the one before.
            lookup.slots[slot] = NonZeroU32::new(name.index);
            children.next();
        }
        lookup
    }

    /// The entry of the value under `name`.
    pub(super) fn get(&self, document: &Document<'_>, name: &str) -> Option<u32> {
        self.slots[self.slot(document, name)].map(|key| key.get() + 1)
    }

    /// Where `name` is, or would be put.
    fn slot(&self, document: &Document<'_>, name: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = self.hasher.hash_one(name) as usize & mask;
        while self.slots[slot].is_some_and(|key| !document.means(key.get(), name)) {
            slot = (slot + 1) & mask;
        }
        slot
    }
}
