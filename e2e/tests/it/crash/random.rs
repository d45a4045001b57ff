//! Pseudo-random numbers from a printed seed, so that a failed run can be repeated.

use std::hash::{BuildHasher, RandomState};

/// xorshift64*.
pub(super) struct Random(u64);

impl Random {
    /// Seeded by this variable when it is set, otherwise by chance. Prints the seed.
    pub(super) fn seeded_by_environment(name: &str) -> Self {
        let given = std::env::var_os(name).map(|text| {
            let text = text.into_string().expect("a seed is a number");
            text.parse().expect("a seed is a number")
        });
        let seed: u64 = given.unwrap_or_else(|| RandomState::new().hash_one("seed"));
        println!("{name}={seed}");
        // Zero is the one state that this generator never leaves.
        Self(seed.max(1))
    }

    /// A number from 0 to `limit - 1`.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }
}
