//! Ids: a 63-bit key inside, a prefixed 27-character KSUID outside, each a pure function of the other.
//!
//! A key is milliseconds since the KSUID epoch (41 bits), node (10 bits) and sequence (12 bits), so keys grow with
//! time, rows are appended at the end of their table, and no index from public id to row is needed. The public form
//! is a valid KSUID: seconds, milliseconds / 4, the key, and a 56-bit check that makes a made-up id fail to parse.

mod base62;
mod mint;

pub use mint::KeyMint;

use crate::Timestamp;

/// KSUIDs count seconds from this Unix time (2014-05-13T16:53:20Z).
const EPOCH_SECONDS: i64 = 1_400_000_000;
const SEQUENCE_BITS: u32 = 12;
const NODE_BITS: u32 = 10;

/// What every typed key can do.
pub trait Key: Copy + Eq + Ord + std::hash::Hash + std::fmt::Debug + Send + Sync + 'static {
    /// The prefix of the public form, with its underscore.
    const PREFIX: &'static str;

    /// From the stored number.
    fn from_raw(raw: i64) -> Self;

    /// The stored number.
    fn raw(self) -> i64;

    /// The public form: prefix and 27 base62 characters.
    fn public(self) -> String {
        let mut text = String::with_capacity(Self::PREFIX.len() + base62::LENGTH);
        self.push_public(&mut text);
        text
    }

    /// Appends the public form.
    fn push_public(self, text: &mut String) {
        text.push_str(Self::PREFIX);
        base62::encode_into(&pack(self.raw(), Self::PREFIX), text);
    }

    /// The key behind a public id; `None` for anything that was never one of this kind.
    fn parse(text: &str) -> Option<Self> {
        let bytes = base62::decode(text.strip_prefix(Self::PREFIX)?)?;
        let raw = i64::from_be_bytes(bytes[5..13].try_into().expect("eight bytes"));
        (raw > 0 && pack(raw, Self::PREFIX) == bytes).then(|| Self::from_raw(raw))
    }

    /// When the key was made, to the millisecond.
    fn created(self) -> Timestamp {
        Timestamp::from_micros(millis_of(self.raw()) * 1_000)
    }

    /// The smallest key that can have been made at or after `at`.
    fn floor(at: Timestamp) -> Self {
        Self::from_raw(raw_floor(at))
    }
}

fn millis_of(raw: i64) -> i64 {
    (raw >> (SEQUENCE_BITS + NODE_BITS)) + EPOCH_SECONDS * 1_000
}

fn raw_floor(at: Timestamp) -> i64 {
    let millis = (at.millis() - EPOCH_SECONDS * 1_000).clamp(0, (1 << 41) - 1);
    millis << (SEQUENCE_BITS + NODE_BITS)
}

fn pack(raw: i64, prefix: &str) -> [u8; 20] {
    let millis = millis_of(raw) - EPOCH_SECONDS * 1_000;
    let mut bytes = [0; 20];
    bytes[..4].copy_from_slice(&((millis / 1_000) as u32).to_be_bytes());
    bytes[4] = ((millis % 1_000) >> 2) as u8;
    bytes[5..13].copy_from_slice(&raw.to_be_bytes());
    bytes[13..].copy_from_slice(&check(raw, prefix).to_be_bytes()[1..]);
    bytes
}

/// A mix of key and kind (the finaliser of SplitMix64). It is no secret: it tells ids from typing errors.
fn check(raw: i64, prefix: &str) -> u64 {
    let kind = prefix.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut mixed = raw.unsigned_abs() ^ kind;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl Key for $name {
            const PREFIX: &'static str = $prefix;

            fn from_raw(raw: i64) -> Self {
                Self(raw)
            }

            fn raw(self) -> i64 {
                self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.public())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.public())
            }
        }
    };
}

key!(
    /// An application's key.
    AppKey, "app_"
);
key!(
    /// An endpoint's key.
    EndpointKey, "ep_"
);
key!(
    /// A message's key.
    MessageKey, "msg_"
);
key!(
    /// An attempt's key.
    AttemptKey, "atmpt_"
);
key!(
    /// An event type's key.
    EventTypeKey, "evtype_"
);
key!(
    /// A background task's key.
    TaskKey, "qtask_"
);
key!(
    /// An invocation's key; its public form is the `referenceId`.
    InvocationKey, "inv_"
);
key!(
    /// An OAuth client's key; its public form is the `client_id`.
    ClientKey, "foapp_"
);
key!(
    /// The key of an install of an OAuth client.
    InstallKey, "inst_"
);

/// How a path names a noun: by its id or by the uid that the client chose.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reference<K> {
    /// By id.
    Key(K),
    /// By uid. A uid never starts with the prefix of the noun's ids, so the two cannot be confused.
    Uid(String),
}

impl<K: Key> Reference<K> {
    /// Reads a path segment. Text that is neither a valid id nor a uid names nothing, and finds nothing.
    pub fn parse(text: &str) -> Self {
        K::parse(text).map_or_else(|| Self::Uid(text.to_owned()), Self::Key)
    }
}

#[cfg(test)]
mod tests;
