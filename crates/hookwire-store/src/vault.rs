//! `Vault`: encryption of secrets at rest. XChaCha20-Poly1305 under the main secret, bound to the row it belongs to.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

const NONCE_BYTES: usize = 24;
/// The first byte of every sealed text, so that the form can change one day.
const VERSION: u8 = 1;

/// Seals and opens secrets.
#[derive(Clone)]
pub struct Vault {
    cipher: XChaCha20Poly1305,
}

/// A sealed text that this vault can't open: another main secret, another row, or damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored secret can't be decrypted: the main secret is another one, or the row is damaged")]
pub struct CannotOpen;

impl Vault {
    /// A vault under this main secret, from which the key is derived (HMAC-SHA256 with a fixed label).
    pub fn new(main_secret: &str) -> Self {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(main_secret.as_bytes())
            .expect("HMAC takes a key of any length");
        mac.update(b"hookwire secrets at rest v1");
        let derived = Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()));
        Self { cipher: XChaCha20Poly1305::new(&Key::from(*derived)) }
    }

    /// Seals `secret` for the row that `row` names; it opens for that row only.
    pub fn seal(&self, secret: &[u8], row: &str) -> Vec<u8> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).expect("the system has randomness");
        let payload = Payload { msg: secret, aad: row.as_bytes() };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("the text is far below the cipher's limit");
        [&[VERSION], nonce.as_slice(), &sealed].concat()
    }

    /// Opens what was sealed for `row`.
    pub fn open(&self, sealed: &[u8], row: &str) -> Result<Zeroizing<Vec<u8>>, CannotOpen> {
        let (version, rest) = sealed.split_first().ok_or(CannotOpen)?;
        if *version != VERSION || rest.len() < NONCE_BYTES {
            return Err(CannotOpen);
        }
        let (nonce, text) = rest.split_at(NONCE_BYTES);
        let nonce = XNonce::from(<[u8; NONCE_BYTES]>::try_from(nonce).map_err(|_| CannotOpen)?);
        let payload = Payload { msg: text, aad: row.as_bytes() };
        self.cipher.decrypt(&nonce, payload).map(Zeroizing::new).map_err(|_| CannotOpen)
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_for_its_row_only() {
        let vault = Vault::new("main");
        let sealed = vault.seal(b"whsec_x", "endpoint/1");
        assert_eq!(vault.open(&sealed, "endpoint/1").unwrap().as_slice(), b"whsec_x");
        assert_eq!(vault.open(&sealed, "endpoint/2"), Err(CannotOpen));
        assert_eq!(Vault::new("other").open(&sealed, "endpoint/1"), Err(CannotOpen));
    }

    #[test]
    fn damage_is_noticed_and_nothing_shows_through() {
        let vault = Vault::new("main");
        let mut sealed = vault.seal(b"whsec_canary", "r");
        assert!(!sealed.windows(6).any(|window| window == b"canary"));
        *sealed.last_mut().unwrap() ^= 1;
        assert_eq!(vault.open(&sealed, "r"), Err(CannotOpen));
        assert_eq!(vault.open(&[], "r"), Err(CannotOpen));
    }
}
