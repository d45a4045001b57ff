//! Chains of calls end: no trigger leads back to itself, and none leads on for too long.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::TriggerId;
use crate::limits::CHAIN_DEPTH_MAX;

/// Why triggers can't follow each other like that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// A trigger leads back to itself.
    #[error("the chain leads back to '{0}'")]
    Cycle(TriggerId),
    /// More calls one after the other than allowed.
    #[error("the chain would be longer than 8 calls")]
    TooLong,
}

/// Checks the chains of an app. `follows` holds every trigger and those that follow it directly; ones that are not
/// registered (yet) end a chain.
pub fn check_chains(follows: &BTreeMap<TriggerId, Vec<TriggerId>>) -> Result<(), ChainError> {
    let mut lengths: HashMap<&TriggerId, usize> = HashMap::new();
    let mut open: HashSet<&TriggerId> = HashSet::new();
    for root in follows.keys() {
        let mut stack = vec![(root, false)];
        while let Some((trigger, is_left)) = stack.pop() {
            let next = follows.get(trigger).map(Vec::as_slice).unwrap_or_default();
            if is_left {
                open.remove(trigger);
                let longest =
                    next.iter().filter_map(|one| lengths.get(one)).max().copied().unwrap_or_default();
                if longest >= CHAIN_DEPTH_MAX {
                    return Err(ChainError::TooLong);
                }
                lengths.insert(trigger, longest + 1);
            } else if !lengths.contains_key(trigger) {
                if !open.insert(trigger) {
                    continue;
                }
                if let Some(back) = next.iter().find(|one| open.contains(one)) {
                    return Err(ChainError::Cycle(back.clone()));
                }
                stack.push((trigger, true));
                stack.extend(next.iter().map(|one| (one, false)));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(number: usize) -> TriggerId {
        TriggerId::stored(&format!("t{number}"))
    }

    fn check(edges: &[(usize, usize)]) -> Result<(), ChainError> {
        let mut follows: BTreeMap<TriggerId, Vec<TriggerId>> = BTreeMap::new();
        for (from, to) in edges {
            follows.entry(id(*from)).or_default().push(id(*to));
            follows.entry(id(*to)).or_default();
        }
        check_chains(&follows)
    }

    #[test]
    fn a_chain_that_leads_back_is_refused() {
        assert_eq!(check(&[(1, 1)]), Err(ChainError::Cycle(id(1))));
        assert!(matches!(check(&[(1, 2), (2, 3), (3, 1)]), Err(ChainError::Cycle(_))));
        assert_eq!(check(&[(1, 2), (1, 3), (2, 4), (3, 4)]), Ok(()));
        assert_eq!(check(&[(1, 2), (1, 3), (3, 2), (2, 4)]), Ok(()));
    }

    #[test]
    fn a_chain_has_at_most_eight_calls_wherever_it_was_lengthened() {
        let chain = |calls: usize| (1..calls).map(|number| (number, number + 1)).collect::<Vec<_>>();
        assert_eq!(check(&chain(8)), Ok(()));
        assert_eq!(check(&chain(9)), Err(ChainError::TooLong));
    }

    proptest! {
        #[test]
        fn it_agrees_with_counting_every_path(edges in prop::collection::vec((0..7_usize, 0..7_usize), 0..12)) {
            // Without cycles among 7 nodes no path is too long, so only cycles matter.
            let reaches = |from: usize, to: usize| {
                let mut seen = HashSet::new();
                let mut stack = vec![from];
                while let Some(node) = stack.pop() {
                    for (_, next) in edges.iter().filter(|(edge, _)| *edge == node) {
                        if *next == to { return true; }
                        if seen.insert(*next) { stack.push(*next); }
                    }
                }
                false
            };
            let has_cycle = (0..7).any(|node| reaches(node, node));
            prop_assert_eq!(check(&edges).is_err(), has_cycle);
        }
    }
}
