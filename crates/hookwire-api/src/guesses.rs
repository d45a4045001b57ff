//! Wrong secrets, codes and tokens are counted, so that nobody can go on guessing. Memory is bounded.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hookwire_core::{ClientKey, Timestamp};

/// Guesses are counted for this long, then forgotten.
const WINDOW: Duration = Duration::from_mins(1);
/// Wrong guesses of one peer at one client in a window.
const PAIR_MAX: u32 = 60;
/// Wrong guesses at one client in a window. After that, whoever has guessed wrong before is refused.
const CLIENT_MAX: u32 = 600;
/// Wrong guesses of one peer in a window. After that, it is refused where it has guessed wrong before.
const PEER_MAX: u32 = 1_000;
/// Pairs that are remembered.
const PAIRS_MAX: usize = 20_000;

/// Who guesses, and at which client; `None` = at one that does not exist.
type Pair = (IpAddr, Option<ClientKey>);

#[derive(Default)]
struct Counts {
    since: Timestamp,
    pairs: HashMap<Pair, u32>,
    peers: HashMap<IpAddr, u32>,
    clients: HashMap<ClientKey, u32>,
}

/// The wrong guesses of the present window.
#[derive(Default)]
pub(crate) struct Guesses(Mutex<Counts>);

impl Guesses {
    /// Whether this peer may try its luck with this client. One that never guessed wrong always may, whatever others do.
    pub(crate) fn admits(&self, peer: IpAddr, client: Option<ClientKey>, now: Timestamp) -> bool {
        let pair = (network(peer), client);
        let counts = self.counts(now);
        let Some(wrong) = counts.pairs.get(&pair) else { return true };
        let of_client = client.and_then(|client| counts.clients.get(&client));
        let of_peer = counts.peers.get(&pair.0);
        *wrong < PAIR_MAX
            && of_client.is_none_or(|count| *count < CLIENT_MAX)
            && of_peer.is_none_or(|count| *count < PEER_MAX)
    }

    /// This peer guessed wrong.
    pub(crate) fn wrong(&self, peer: IpAddr, client: Option<ClientKey>, now: Timestamp) {
        let pair = (network(peer), client);
        let mut counts = self.counts(now);
        if counts.pairs.len() >= PAIRS_MAX && !counts.pairs.contains_key(&pair) {
            *counts = Counts { since: now, ..Counts::default() };
        }
        *counts.pairs.entry(pair).or_default() += 1;
        *counts.peers.entry(pair.0).or_default() += 1;
        if let Some(client) = client {
            *counts.clients.entry(client).or_default() += 1;
        }
    }

    fn counts(&self, now: Timestamp) -> std::sync::MutexGuard<'_, Counts> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.since(counts.since) >= WINDOW {
            *counts = Counts { since: now, ..Counts::default() };
        }
        counts
    }
}

/// Whoever has one IPv6 address has the 2⁶⁴ around it.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use hookwire_core::id::Key;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

    fn peer(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    fn client(number: i64) -> ClientKey {
        ClientKey::from_raw(number)
    }

    #[test]
    fn a_peer_guesses_at_a_client_so_often_and_no_more_until_the_window_ends() {
        let guesses = Guesses::default();
        for _ in 0..PAIR_MAX {
            assert!(guesses.admits(peer(1), Some(client(1)), NOW));
            guesses.wrong(peer(1), Some(client(1)), NOW);
        }
        assert!(!guesses.admits(peer(1), Some(client(1)), NOW));
        assert!(
            guesses.admits(peer(1), Some(client(2)), NOW) && guesses.admits(peer(2), Some(client(1)), NOW)
        );
        assert!(guesses.admits(peer(1), Some(client(1)), NOW.plus(WINDOW)));
    }

    #[test]
    fn many_peers_that_guess_at_a_client_do_not_lock_out_those_who_know() {
        let guesses = Guesses::default();
        for number in 0..CLIENT_MAX {
            guesses.wrong(peer(number), Some(client(1)), NOW);
        }
        assert!(!guesses.admits(peer(5), Some(client(1)), NOW));
        assert!(guesses.admits(peer(CLIENT_MAX + 1), Some(client(1)), NOW));
    }

    #[test]
    fn memory_is_bounded_and_an_ipv6_network_counts_as_one() {
        let guesses = Guesses::default();
        for number in 0..=PAIRS_MAX as u32 {
            guesses.wrong(peer(number), None, NOW);
        }
        assert_eq!(guesses.counts(NOW).pairs.len(), 1);
        assert_eq!(network("2001:db8::1".parse().unwrap()), network("2001:db8::ffff:2".parse().unwrap()));
        assert_ne!(network("2001:db8:1::".parse().unwrap()), network("2001:db8:2::".parse().unwrap()));
        assert_eq!(network("::ffff:10.0.0.1".parse().unwrap()), peer(0x0a00_0001));
    }
}
