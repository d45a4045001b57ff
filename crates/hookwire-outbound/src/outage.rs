//! Tells a broken helper of ours, the resolver or the proxy, from single sites that make it fail.
//!
//! A resolver that answers "temporary failure" may itself be broken, or the name's own servers may be: it says the same.
//! So the helper is blamed only when it fails for several sites and has served none for a while. As even that can be a
//! coincidence of dead sites on a quiet node, a site profits from it for an hour at most, until it is served again.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::exchange::Fault;

/// Failing sites, with none served between them, that make the helper the likelier culprit.
const SITES: usize = 3;
/// For how long no site may have been served.
const UNSERVED: Duration = Duration::from_secs(10);
/// For how long a site's failures may be called ours.
const CREDIT: Duration = Duration::from_hours(1);
/// After this a site that was never served again may profit anew.
const CREDIT_AGAIN: Duration = Duration::from_hours(24);
/// Sites whose credit is remembered. While there are more, the others have none.
const CREDITS_MAX: usize = 4_096;

/// What a helper did lately.
#[derive(Default)]
pub(crate) struct Outage(Mutex<State>);

#[derive(Default)]
struct State {
    /// When it last served anybody.
    served: Option<Instant>,
    /// Sites for which it failed since then, no more than are needed.
    failing: Vec<Box<str>>,
    /// When each site's failures were first called ours.
    credits: HashMap<Box<str>, Instant>,
}

impl Outage {
    /// Notes that the helper did its work for that host.
    pub(crate) fn served(&self, host: &str, now: Instant) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.served = Some(now);
        state.failing.clear();
        state.credits.remove(site(host));
    }

    /// Notes that the helper failed for that host in a way that may be its own fault or the host's, and says which.
    pub(crate) fn blame(&self, host: &str, now: Instant) -> Fault {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let site = site(host);
        if state.failing.len() < SITES && !state.failing.iter().any(|other| **other == *site) {
            state.failing.push(site.into());
        }
        state.judge(site, now)
    }

    /// Whose fault it is that the helper is not even asked for that host, as it failed for it before.
    pub(crate) fn judge(&self, host: &str, now: Instant) -> Fault {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.judge(site(host), now)
    }
}

impl State {
    fn judge(&mut self, site: &str, now: Instant) -> Fault {
        let served_lately = self.served.is_some_and(|at| now - at < UNSERVED);
        if self.failing.len() < SITES || served_lately || !self.has_credit(site, now) {
            return Fault::Receiver;
        }
        Fault::Ours
    }

    fn has_credit(&mut self, site: &str, now: Instant) -> bool {
        if let Some(first) = self.credits.get(site)
            && now - *first < CREDIT_AGAIN
        {
            return now - *first < CREDIT;
        }
        if self.credits.len() >= CREDITS_MAX {
            self.credits.retain(|_, first| now - *first < CREDIT_AGAIN);
        }
        let room = self.credits.len() < CREDITS_MAX;
        if room {
            self.credits.insert(site.into(), now);
        }
        room
    }
}

/// What hosts have in common that are likely to fail together: the last two labels of a name. An address is its own.
fn site(host: &str) -> &str {
    if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return host;
    }
    let bare = host.strip_suffix('.').unwrap_or(host);
    bare.rmatch_indices('.').nth(1).map_or(bare, |(dot, _)| &bare[dot + 1..])
}

#[cfg(test)]
mod tests {
    use Fault::{Ours, Receiver};

    use super::*;

    fn blames(outage: &Outage, hosts: &[&str], now: Instant) -> Vec<Fault> {
        hosts.iter().map(|host| outage.blame(host, now)).collect()
    }

    #[test]
    fn one_site_that_fails_is_to_blame_however_many_names_it_has() {
        let (outage, now) = (Outage::default(), Instant::now());
        let hosts = ["a.dead.example", "b.dead.example", "dead.example", "dead.example.", "x.y.dead.example"];
        assert_eq!(blames(&outage, &hosts, now), [Receiver; 5]);
        assert_eq!(blames(&outage, &["10.0.0.1", "[::1]"], now), [Receiver, Ours]);
    }

    #[test]
    fn several_sites_that_fail_with_none_served_are_our_fault() {
        let (outage, now) = (Outage::default(), Instant::now());
        outage.served("good.example", now);
        assert_eq!(blames(&outage, &["a.example", "b.test", "c.test", "d.test"], now), [Receiver; 4]);
        let later = now + UNSERVED;
        assert_eq!(blames(&outage, &["a.example", "d.test"], later), [Ours; 2]);
        outage.served("good.example", later);
        assert_eq!(blames(&outage, &["a.example", "d.test"], later + UNSERVED), [Receiver; 2]);
    }

    #[test]
    fn a_dead_site_profits_for_an_hour_and_not_again_that_day_unless_it_is_served() {
        let (outage, now) = (Outage::default(), Instant::now());
        let three = ["a.test.", "b.b", "c.c"];
        blames(&outage, &three, now);
        assert_eq!(blames(&outage, &three, now), [Ours; 3]);
        let at = |span: Duration| now + span;
        assert_eq!(outage.blame("b.b", at(CREDIT * 9 / 10)), Ours);
        for span in [CREDIT, CREDIT * 2, CREDIT_AGAIN * 9 / 10] {
            assert_eq!(blames(&outage, &three, at(span)), [Receiver; 3], "{span:?}");
        }
        outage.served("b.b", at(CREDIT * 3));
        blames(&outage, &three, at(CREDIT * 4));
        assert_eq!(blames(&outage, &three, at(CREDIT * 4)), [Receiver, Ours, Receiver]);
        assert_eq!(outage.blame("a.test.", at(CREDIT_AGAIN)), Ours);
    }

    #[test]
    fn what_is_remembered_has_a_bound_beyond_which_there_is_no_credit() {
        let (outage, now) = (Outage::default(), Instant::now());
        let faults: Vec<_> = (0..CREDITS_MAX + 100).map(|n| outage.blame(&format!("{n}.{n}"), now)).collect();
        assert_eq!(faults.iter().filter(|fault| **fault == Ours).count(), CREDITS_MAX);
        assert_eq!(faults[SITES - 1], Ours);
        assert_eq!(faults.last(), Some(&Receiver));
        let state = outage.0.lock().unwrap();
        assert_eq!((state.credits.len(), state.failing.len()), (CREDITS_MAX, SITES));
    }
}
