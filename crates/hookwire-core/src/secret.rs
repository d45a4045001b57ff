//! An endpoint's signing secret: symmetric (`whsec_`) or an Ed25519 pair (`whsk_`, shown as `whpk_`).
//!
//! Forms and sizes are those of the Standard Webhooks specification.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Bytes of a secret that we make.
pub const GENERATED_BYTES: usize = 24;
const SYMMETRIC_BYTES: std::ops::RangeInclusive<usize> = 24..=75;
const PAIR_BYTES: usize = 64;

/// A signing secret. It has no `Display`, and its `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Secret(Kind);

#[derive(Clone)]
enum Kind {
    /// The key, and HMAC-SHA256 already keyed with it: signing then costs one clone less than hashing the key.
    Symmetric(Zeroizing<Vec<u8>>, Hmac<Sha256>),
    Asymmetric(Box<SigningKey>),
}

/// Why a text is not a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Neither prefix.
    #[error("must start with 'whsec_' (symmetric) or 'whsk_' (Ed25519)")]
    Prefix,
    /// Not base64.
    #[error("must be standard base64 after its prefix")]
    Base64,
    /// Wrong size.
    #[error("must hold 24 to 75 bytes after 'whsec_'")]
    SymmetricSize,
    /// Wrong size, or the halves do not belong together.
    #[error("must hold the 64 bytes of an Ed25519 key pair (private then public key) after 'whsk_'")]
    Pair,
}

impl Secret {
    /// A symmetric secret of random bytes.
    pub fn from_random(bytes: [u8; GENERATED_BYTES]) -> Self {
        Self::symmetric(bytes.to_vec())
    }

    fn symmetric(bytes: Vec<u8>) -> Self {
        let mac = Hmac::new_from_slice(&bytes).expect("HMAC takes a key of any length");
        Self(Kind::Symmetric(Zeroizing::new(bytes), mac))
    }

    /// Reads `whsec_…` or `whsk_…`.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        if let Some(encoded) = text.strip_prefix("whsec_") {
            let bytes = STANDARD.decode(encoded).map_err(|_| SecretError::Base64)?;
            return if SYMMETRIC_BYTES.contains(&bytes.len()) {
                Ok(Self::symmetric(bytes))
            } else {
                Err(SecretError::SymmetricSize)
            };
        }
        let encoded = text.strip_prefix("whsk_").ok_or(SecretError::Prefix)?;
        let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| SecretError::Base64)?);
        let pair: &[u8; PAIR_BYTES] = bytes.as_slice().try_into().map_err(|_| SecretError::Pair)?;
        let key = SigningKey::from_keypair_bytes(pair).map_err(|_| SecretError::Pair)?;
        Ok(Self(Kind::Asymmetric(Box::new(key))))
    }

    /// The whole secret, for the encrypted column of a store only.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(match &self.0 {
            Kind::Symmetric(bytes, _) => format!("whsec_{}", STANDARD.encode(bytes)),
            Kind::Asymmetric(key) => format!("whsk_{}", STANDARD.encode(key.to_keypair_bytes())),
        })
    }

    /// What the receiver needs to verify: the secret itself when symmetric, the public key (`whpk_…`) otherwise.
    pub fn verification_key(&self) -> String {
        match &self.0 {
            Kind::Symmetric(..) => self.expose().to_string(),
            Kind::Asymmetric(key) => format!("whpk_{}", STANDARD.encode(key.verifying_key().as_bytes())),
        }
    }

    /// One signature of the parts' concatenation, with its version: `v1,<base64>` or `v1a,<base64>`.
    pub(crate) fn sign(&self, parts: &[&[u8]]) -> String {
        match &self.0 {
            Kind::Symmetric(_, keyed) => {
                let mut mac = keyed.clone();
                for part in parts {
                    mac.update(part);
                }
                let mut text = String::with_capacity("v1,".len() + 44);
                text.push_str("v1,");
                STANDARD.encode_string(mac.finalize().into_bytes(), &mut text);
                text
            }
            Kind::Asymmetric(key) => {
                use ed25519_dalek::Signer as _;
                let mut text = String::from("v1a,");
                STANDARD.encode_string(key.sign(&parts.concat()).to_bytes(), &mut text);
                text
            }
        }
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose().as_bytes().ct_eq(other.expose().as_bytes()).into()
    }
}

impl Eq for Secret {}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_survives_its_text_form() {
        let secret = Secret::from_random([7; 24]);
        assert_eq!(Secret::parse(&secret.expose()), Ok(secret.clone()));
        assert!(secret.verification_key().starts_with("whsec_"));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }

    #[test]
    fn a_pair_shows_only_its_public_half() {
        let key = SigningKey::from_bytes(&[9; 32]);
        let text = format!("whsk_{}", STANDARD.encode(key.to_keypair_bytes()));
        let secret = Secret::parse(&text).unwrap();
        assert_eq!(*secret.expose(), text);
        assert_eq!(
            secret.verification_key(),
            format!("whpk_{}", STANDARD.encode(key.verifying_key().as_bytes()))
        );
    }

    #[test]
    fn what_is_no_secret_is_refused_with_the_reason() {
        assert_eq!(Secret::parse("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), Err(SecretError::Prefix));
        assert_eq!(Secret::parse("whsec_!!"), Err(SecretError::Base64));
        assert_eq!(Secret::parse("whsec_AAAA"), Err(SecretError::SymmetricSize));
        assert_eq!(Secret::parse("whsk_AAAA"), Err(SecretError::Pair));
        let torn = format!("whsk_{}", STANDARD.encode([1_u8; 64]));
        assert_eq!(Secret::parse(&torn), Err(SecretError::Pair));
    }
}
