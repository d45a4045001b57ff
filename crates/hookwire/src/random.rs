//! The one place that reads the system's randomness, but for the nonces of the vault.

/// Fills the bytes.
pub(crate) fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system has randomness");
}

/// A uniform number in [0, 1).
pub(crate) fn chance() -> f64 {
    let mut bytes = [0; 8];
    fill(&mut bytes);
    (u64::from_le_bytes(bytes) >> 11) as f64 / (1_u64 << 53) as f64
}

/// That many random bytes as URL-safe text.
pub(crate) fn text(bytes: usize) -> String {
    use base64::Engine as _;
    let mut random = vec![0; bytes];
    fill(&mut random);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_lie_between_zero_and_one() {
        assert!((0..1_000).map(|_| chance()).all(|chance| (0.0..1.0).contains(&chance)));
    }

    #[test]
    fn random_texts_differ() {
        assert_ne!(text(32), text(32));
        assert_eq!(text(32).len(), 43);
    }
}
