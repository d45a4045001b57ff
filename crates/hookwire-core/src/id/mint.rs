//! Makes keys: unique on this node, growing, and never below a given floor.

use std::sync::atomic::{AtomicI64, Ordering};

use super::{Key, NODE_BITS, SEQUENCE_BITS, raw_floor};
use crate::Timestamp;

/// Hands out keys. Shared by everything on a node that makes ids.
#[derive(Debug)]
pub struct KeyMint {
    node: AtomicI64,
    last: AtomicI64,
}

impl KeyMint {
    /// A mint for node `node` (its lowest 10 bits count) whose keys all lie above `floor`, the highest key ever stored
    /// by this node: so a clock that jumped back can't bring a key forth twice.
    pub fn new(node: u16, floor: i64) -> Self {
        Self { node: AtomicI64::new(in_key(node)), last: AtomicI64::new(floor) }
    }

    /// From now on the keys are those of node `node`. For a node that is given its number by the store it shares.
    pub fn become_node(&self, node: u16) {
        self.node.store(in_key(node), Ordering::Relaxed);
    }

    /// Raises the floor: every later key lies above it.
    pub fn raise_floor(&self, floor: i64) {
        self.last.fetch_max(floor, Ordering::Relaxed);
    }

    /// The next key.
    pub fn next<K: Key>(&self, now: Timestamp) -> K {
        let node = self.node.load(Ordering::Relaxed);
        let fresh = raw_floor(now) | node;
        let sequence_mask = (1 << SEQUENCE_BITS) - 1;
        let step = |last: i64| {
            let next = if fresh > last {
                fresh
            } else if last & sequence_mask == sequence_mask
                || last & (((1 << NODE_BITS) - 1) << SEQUENCE_BITS) != node
            {
                // This millisecond is used up (or the floor is another node's key): go on in the next one.
                (((last >> (SEQUENCE_BITS + NODE_BITS)) + 1) << (SEQUENCE_BITS + NODE_BITS)) | node
            } else {
                last + 1
            };
            Some(next)
        };
        let before =
            self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step).expect("step always answers");
        K::from_raw(step(before).expect("step always answers"))
    }
}

/// A node's number where keys have it.
fn in_key(node: u16) -> i64 {
    (i64::from(node) & ((1 << NODE_BITS) - 1)) << SEQUENCE_BITS
}
