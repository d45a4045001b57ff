//! What is remembered of names: lookups under way, addresses for a moment, and which names were slow.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::Stage;
use super::slots::Standing;
use super::system::Trouble;

/// How long addresses are used again. Longer than a burst of new connections, shorter than anybody notices.
pub(super) const FRESH: Duration = Duration::from_secs(5);
/// How long a name that took too long is not asked for again.
pub(super) const RESTING: Duration = Duration::from_secs(30);
/// How long it then counts as slow.
pub(super) const SLOW: Duration = Duration::from_mins(5);
/// A failure that took longer than this makes a name slow too.
const QUICK: Duration = Duration::from_secs(1);
/// How long a good record is kept when memory is short.
const RECORD: Duration = Duration::from_mins(10);
/// Names remembered; only lookups under way can make it more.
pub(super) const NAMES_MAX: usize = 4_096;
/// Answers with more addresses are not kept.
const ADDRESSES_MAX: usize = 32;

/// Everything that is remembered.
#[derive(Default)]
pub(super) struct Names(Mutex<HashMap<Box<str>, Name>>);

#[derive(Default)]
struct Name {
    /// The lookup that requests can wait for.
    lookup: Option<Arc<watch::Sender<Stage>>>,
    /// A thread that timed out has not come back.
    hangs: bool,
    addresses: Option<(Arc<[IpAddr]>, Instant)>,
    resolved: Option<Instant>,
    timed_out: Option<Instant>,
    slow: Option<Instant>,
}

/// What to do about a name.
pub(super) enum Plan {
    /// Its addresses are known.
    Known(Arc<[IpAddr]>),
    /// It timed out just now, and is not asked for again yet.
    TimedOut,
    /// A lookup is under way.
    Join(watch::Receiver<Stage>),
    /// A lookup must begin.
    Begin { sender: Arc<watch::Sender<Stage>>, stage: watch::Receiver<Stage>, standing: Standing },
}

/// How a lookup ended.
pub(super) enum Ended {
    /// It got no slot.
    Unbegun,
    /// With addresses.
    Found(Arc<[IpAddr]>),
    /// Without.
    Failed { took: Duration, trouble: Trouble },
    /// Not in time; its thread goes on.
    TimedOut,
    /// The thread of one that timed out came back, perhaps with addresses.
    Late(Option<Arc<[IpAddr]>>),
}

impl Names {
    /// Decides about a name, in lower case.
    pub(super) fn plan(&self, key: &str, now: Instant) -> Plan {
        let mut names = self.lock();
        if !names.contains_key(key) && names.len() >= NAMES_MAX {
            sweep(&mut names, now);
        }
        let name = names.entry(key.into()).or_default();
        if let Some((addresses, since)) = &name.addresses {
            if now - *since < FRESH {
                return Plan::Known(Arc::clone(addresses));
            }
            name.addresses = None;
        }
        if let Some(lookup) = &name.lookup {
            return Plan::Join(lookup.subscribe());
        }
        if name.hangs || within(name.timed_out, RESTING, now) {
            return Plan::TimedOut;
        }
        let (sender, stage) = watch::channel(Stage::Queued);
        let sender = Arc::new(sender);
        name.lookup = Some(Arc::clone(&sender));
        Plan::Begin { sender, stage, standing: name.standing(now) }
    }

    /// Forgets a lookup that nobody waits for, if that is still so; whether it was.
    pub(super) fn abandon(&self, key: &str, lookup: &watch::Sender<Stage>) -> bool {
        let mut names = self.lock();
        let unwanted = lookup.receiver_count() == 0;
        if unwanted && let Some(name) = names.get_mut(key) {
            name.lookup = None;
        }
        unwanted
    }

    /// Notes how a lookup ended.
    pub(super) fn ended(&self, key: &str, how: Ended, now: Instant) {
        let mut names = self.lock();
        let Some(name) = names.get_mut(key) else { return };
        name.lookup = None;
        match how {
            Ended::Unbegun | Ended::Failed { trouble: Trouble::Shortage, .. } => {}
            Ended::Found(addresses) => {
                name.keep(addresses, now);
                name.resolved = Some(now);
                name.slow = None;
            }
            Ended::Failed { trouble: Trouble::NoSuchName, .. } => name.slow = None,
            Ended::Failed { trouble: Trouble::Unclear, took } => {
                if took > QUICK {
                    name.is_slow(now);
                }
            }
            Ended::TimedOut => {
                name.hangs = true;
                name.timed_out = Some(now);
                name.is_slow(now);
            }
            Ended::Late(addresses) => {
                name.hangs = false;
                if let Some(addresses) = addresses {
                    name.timed_out = None;
                    name.keep(addresses, now);
                }
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Box<str>, Name>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    #[cfg(test)]
    pub(super) fn hangs(&self, key: &str) -> bool {
        self.lock()[key].hangs
    }
}

impl Name {
    fn standing(&self, now: Instant) -> Standing {
        if within(self.slow, SLOW, now) {
            Standing::Slow
        } else if self.resolved.is_some() {
            Standing::Proven
        } else {
            Standing::Unproven
        }
    }

    fn is_slow(&mut self, now: Instant) {
        self.slow = Some(now);
        self.resolved = None;
    }

    fn keep(&mut self, addresses: Arc<[IpAddr]>, now: Instant) {
        if (1..=ADDRESSES_MAX).contains(&addresses.len()) {
            self.addresses = Some((addresses, now));
        }
    }

    fn is_busy(&self) -> bool {
        self.lookup.is_some() || self.hangs
    }
}

fn within(since: Option<Instant>, span: Duration, now: Instant) -> bool {
    since.is_some_and(|at| now - at < span)
}

/// Makes room: names with a good record of late stay longest.
fn sweep(names: &mut HashMap<Box<str>, Name>, now: Instant) {
    names.retain(|_, name| name.is_busy() || within(name.resolved, RECORD, now));
    if names.len() >= NAMES_MAX {
        names.retain(|_, name| name.is_busy());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(names: &Names, key: &str, now: Instant) {
        assert!(matches!(names.plan(key, now), Plan::Begin { .. }), "{key}");
    }

    fn found(names: &Names, key: &str, count: u8, now: Instant) {
        let addresses = (0..count).map(|n| IpAddr::from([192, 0, 2, n])).collect();
        names.ended(key, Ended::Found(addresses), now);
    }

    #[test]
    fn what_is_remembered_has_a_bound_and_good_records_stay_longest() {
        let (names, now) = (Names::default(), Instant::now());
        begin(&names, "good", now);
        found(&names, "good", 1, now);
        begin(&names, "hanging", now);
        names.ended("hanging", Ended::TimedOut, now);
        for n in 0..NAMES_MAX * 3 {
            let key = format!("{n}.dead");
            begin(&names, &key, now);
            names.ended(&key, Ended::Failed { took: Duration::ZERO, trouble: Trouble::Unclear }, now);
            assert!(names.len() <= NAMES_MAX);
        }
        let later = now + FRESH;
        assert!(matches!(names.plan("good", later), Plan::Begin { standing: Standing::Proven, .. }));
        assert!(matches!(names.plan("hanging", later), Plan::TimedOut));
        for n in 0..NAMES_MAX * 3 {
            let key = format!("{n}.good");
            begin(&names, &key, later);
            found(&names, &key, 1, later);
            assert!(names.len() <= NAMES_MAX);
        }
    }

    #[test]
    fn a_lookup_is_forgotten_only_while_nobody_waits_for_it() {
        let (names, now) = (Names::default(), Instant::now());
        let Plan::Begin { sender, stage, .. } = names.plan("name", now) else { panic!("nothing is known") };
        drop(stage);
        let Plan::Join(stage) = names.plan("name", now) else { panic!("a lookup is under way") };
        assert!(!names.abandon("name", &sender));
        assert!(matches!(names.plan("name", now), Plan::Join(_)));
        drop(stage);
        assert!(names.abandon("name", &sender));
        begin(&names, "name", now);
    }

    #[test]
    fn an_answer_with_very_many_addresses_is_not_kept() {
        let (names, now) = (Names::default(), Instant::now());
        for (count, kept) in [(0, false), (1, true), (32, true), (33, false)] {
            let key = count.to_string();
            begin(&names, &key, now);
            found(&names, &key, count, now);
            assert_eq!(matches!(names.plan(&key, now), Plan::Known(_)), kept, "{count}");
        }
    }

    #[test]
    fn a_failure_that_took_long_makes_a_name_slow_unless_it_is_ours_or_an_answer() {
        let (names, now) = (Names::default(), Instant::now());
        for (trouble, took, standing) in [
            (Trouble::Unclear, QUICK * 2, Standing::Slow),
            (Trouble::Shortage, QUICK * 2, Standing::Slow),
            (Trouble::NoSuchName, QUICK * 2, Standing::Unproven),
            (Trouble::Shortage, QUICK * 2, Standing::Unproven),
            (Trouble::Unclear, QUICK, Standing::Unproven),
        ] {
            names.plan("name", now);
            names.ended("name", Ended::Failed { took, trouble }, now);
            assert!(matches!(names.plan("name", now), Plan::Begin { standing: s, .. } if s == standing));
            names.ended("name", Ended::Unbegun, now);
        }
    }
}
