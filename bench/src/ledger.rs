//! Which message numbers were accepted or have arrived: one bit each, so that nothing lost hides behind a duplicate.

use std::sync::atomic::{AtomicU64, Ordering};

/// A set of the numbers from 0 to its capacity, shared by threads.
pub(crate) struct Ledger {
    words: Vec<AtomicU64>,
    count: AtomicU64,
}

impl Ledger {
    /// An empty set that can hold the numbers below `capacity`.
    pub(crate) fn new(capacity: u64) -> Self {
        let words = (0..capacity.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Self { words, count: AtomicU64::new(0) }
    }

    /// Adds the number and says whether it is new; one beyond the capacity never is.
    pub(crate) fn insert(&self, number: u64) -> bool {
        let bit = 1 << (number % 64);
        let Some(word) = self.words.get((number / 64) as usize) else { return false };
        let is_new = word.fetch_or(bit, Ordering::Relaxed) & bit == 0;
        if is_new {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
        is_new
    }

    /// How many numbers are in it.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// How many of its numbers that `counts` are not in `other`.
    pub(crate) fn missing_in(&self, other: &Self, counts: impl Fn(u64) -> bool) -> u64 {
        let mut missing = 0;
        for (index, word) in self.words.iter().enumerate() {
            let there = other.words.get(index).map_or(0, |word| word.load(Ordering::Relaxed));
            let mut absent = word.load(Ordering::Relaxed) & !there;
            while absent != 0 {
                let number = index as u64 * 64 + u64::from(absent.trailing_zeros());
                missing += u64::from(counts(number));
                absent &= absent - 1;
            }
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_do_not_hide_what_is_missing() {
        let (accepted, seen) = (Ledger::new(200), Ledger::new(200));
        assert!([0, 63, 64, 199].into_iter().all(|number| accepted.insert(number)));
        assert!(seen.insert(63));
        assert!(!seen.insert(63));
        assert!(!seen.insert(1_000));
        assert_eq!(seen.count(), 1);
        assert_eq!(accepted.missing_in(&seen, |_| true), 3);
        assert_eq!(accepted.missing_in(&seen, |number| number % 2 == 0), 2);
    }
}
