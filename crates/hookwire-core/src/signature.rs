//! The signature header of the Standard Webhooks specification: `{id}.{seconds}.{body}`, one signature per secret.

use crate::{Secret, Timestamp};

/// Which names the three signature headers are sent under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HeaderNames {
    /// `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    #[default]
    Webhook,
    /// `svix-id`, `svix-timestamp`, `svix-signature`.
    Svix,
    /// All six.
    Both,
}

impl HeaderNames {
    /// The prefixes to send the three headers under.
    pub const fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Webhook => &["webhook"],
            Self::Svix => &["svix"],
            Self::Both => &["webhook", "svix"],
        }
    }

    /// Reads the configured word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "webhook" => Some(Self::Webhook),
            "svix" => Some(Self::Svix),
            "both" => Some(Self::Both),
            _ => None,
        }
    }
}

/// The value of `webhook-signature`: one `v1,…` or `v1a,…` per secret, separated by spaces, in the order given.
pub fn sign<'a>(
    secrets: impl IntoIterator<Item = &'a Secret>,
    id: &str,
    sent: Timestamp,
    body: &[u8],
) -> String {
    let prefix = format!("{id}.{}.", sent.seconds());
    let parts = [prefix.as_bytes(), body];
    let mut signatures = secrets.into_iter().map(|secret| secret.sign(&parts));
    let first = signatures.next().unwrap_or_default();
    signatures.fold(first, |mut all, next| {
        all.push(' ');
        all.push_str(&next);
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SENT: Timestamp = Timestamp::from_seconds(1_614_265_330);

    #[test]
    fn the_published_vector_of_v1_holds() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(sign([&secret], ID, SENT, BODY), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_rotated_secret_signs_beside_the_new_one() {
        let old = Secret::from_random([1; 24]);
        let new = Secret::from_random([2; 24]);
        let both = sign([&new, &old], ID, SENT, BODY);
        assert_eq!(both, format!("{} {}", sign([&new], ID, SENT, BODY), sign([&old], ID, SENT, BODY)));
    }

    #[test]
    fn a_v1a_signature_verifies_with_the_public_key() {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        let key = ed25519_dalek::SigningKey::from_bytes(&[5; 32]);
        let secret = Secret::parse(&format!("whsk_{}", STANDARD.encode(key.to_keypair_bytes()))).unwrap();
        let header = sign([&secret], ID, SENT, BODY);
        let bytes = STANDARD.decode(header.strip_prefix("v1a,").unwrap()).unwrap();
        let signature = ed25519_dalek::Signature::from_slice(&bytes).unwrap();
        let signed = [format!("{ID}.{}.", SENT.seconds()).as_bytes(), BODY].concat();
        assert!(key.verifying_key().verify_strict(&signed, &signature).is_ok());
        assert!(key.verifying_key().verify_strict(b"other", &signature).is_err());
    }
}
