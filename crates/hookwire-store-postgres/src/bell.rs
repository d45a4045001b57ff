//! The bell: what other nodes may like to hear at once. They would find it out by themselves a little later.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use hookwire_core::id::Key;
use hookwire_core::{EndpointKey, Timestamp};
use tokio::sync::Notify;

/// Most endpoints that are called by name; when there are more, the others are left to those who look.
const NAMED_MAX: usize = 512;
/// Endpoints in one word: NOTIFY takes at most 8,000 bytes, an endpoint's part at most 41.
const IN_A_WORD: usize = 180;

/// What is to be said.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    waiting: std::sync::Mutex<BTreeMap<EndpointKey, Timestamp>>,
    changed: AtomicBool,
    /// Nobody else is there.
    pub(crate) is_alone: AtomicBool,
    pub(crate) rung: Notify,
}

impl Bell {
    /// Deliveries wait for these endpoints; apps were changed.
    pub(crate) fn ring(&self, waiting: &BTreeMap<EndpointKey, Timestamp>, changed: bool) {
        if waiting.is_empty() && !changed || self.is_alone.load(Ordering::Relaxed) {
            return;
        }
        if changed {
            self.changed.store(true, Ordering::Release);
        }
        let mut all = self.waiting.lock().expect("nobody panics with this lock");
        for (endpoint, due) in waiting {
            if all.len() < NAMED_MAX || all.contains_key(endpoint) {
                let earliest = all.entry(*endpoint).or_insert(*due);
                *earliest = (*earliest).min(*due);
            }
        }
        drop(all);
        self.rung.notify_one();
    }

    /// One that knows whether somebody else is there.
    pub(crate) fn new(is_alone: bool) -> Self {
        Self { is_alone: AtomicBool::new(is_alone), ..Self::default() }
    }

    /// Whether nobody else is there.
    pub(crate) fn is_alone(&self) -> bool {
        self.is_alone.load(Ordering::Relaxed)
    }

    /// Takes out what is to be said, in words of NOTIFY. `from`: who says it.
    pub(crate) fn words(&self, from: i64) -> Vec<String> {
        let waiting = std::mem::take(&mut *self.waiting.lock().expect("nobody panics with this lock"));
        let waiting: Vec<_> = waiting.into_iter().collect();
        let mut words = Vec::new();
        if self.changed.swap(false, Ordering::AcqRel) {
            words.push(format!("{from} changed"));
        }
        for some in waiting.chunks(IN_A_WORD) {
            let mut word = format!("{from} waiting");
            for (endpoint, due) in some {
                write!(word, " {}:{}", endpoint.raw(), due.micros()).expect("a text takes everything");
            }
            words.push(word);
        }
        words
    }
}

/// A word of another node.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Changed,
    Waiting(Vec<(EndpointKey, Timestamp)>),
}

/// Reads a word; `None` for one's own, and for what a later version says.
pub(crate) fn read(word: &str, own: i64) -> Option<Word> {
    let mut parts = word.split(' ');
    if parts.next()?.parse() == Ok(own) {
        return None;
    }
    match parts.next()? {
        "changed" => Some(Word::Changed),
        "waiting" => {
            let waiting = parts.map(|part| {
                let (endpoint, due) = part.split_once(':')?;
                Some((
                    EndpointKey::from_raw(endpoint.parse().ok()?),
                    Timestamp::from_micros(due.parse().ok()?),
                ))
            });
            waiting.collect::<Option<_>>().map(Word::Waiting)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_what_others_hear() {
        let bell = Bell::default();
        let (endpoint, due) = (EndpointKey::from_raw(7), Timestamp::from_micros(9));
        bell.ring(&[(endpoint, Timestamp::from_micros(12))].into(), false);
        bell.ring(&[(endpoint, due)].into(), true);
        let words = bell.words(3);
        let heard: Vec<_> = words.iter().map(|word| read(word, 4)).collect();
        assert_eq!(heard, [Some(Word::Changed), Some(Word::Waiting(vec![(endpoint, due)]))]);
        assert_eq!(read(&words[0], 3), None);
        assert_eq!(read("4 sings", 3), None);
        assert!(bell.words(3).is_empty());
    }

    #[test]
    fn no_word_is_longer_than_the_database_takes() {
        let bell = Bell::default();
        let many =
            (0..2_000).map(|n| (EndpointKey::from_raw(i64::MAX - n), Timestamp::from_micros(i64::MAX)));
        bell.ring(&many.collect(), true);
        let words = bell.words(i64::MAX);
        assert!(words.iter().all(|word| word.len() < 8_000) && words.len() < 6);
    }

    #[test]
    fn somebody_alone_says_nothing() {
        let bell = Bell::new(true);
        bell.ring(&[(EndpointKey::from_raw(1), Timestamp::from_micros(1))].into(), true);
        assert!(bell.words(1).is_empty());
    }
}
