//! PKCE (RFC 7636): who redeems a code shows that it is the one who asked for it. S256 only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// A code challenge: the SHA-256 of the verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge(pub [u8; 32]);

/// What a request says of PKCE.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pkce<'a> {
    /// `code_challenge`.
    pub challenge: Option<&'a str>,
    /// `code_challenge_method`.
    pub method: Option<&'a str>,
}

/// Why a request's PKCE parameters can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PkceError {
    /// RFC 7636 would take a missing method for `plain`, which protects nothing.
    #[error("code_challenge_method must be 'S256'")]
    Method,
    /// Not the base64url of 32 bytes.
    #[error("code_challenge must be 43 characters of base64url without padding")]
    Challenge,
    /// A method without a challenge.
    #[error("code_challenge is missing")]
    Missing,
}

impl Pkce<'_> {
    /// The challenge, if the request has one.
    pub fn challenge(self) -> Result<Option<Challenge>, PkceError> {
        match (self.challenge, self.method) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(PkceError::Missing),
            (Some(text), Some("S256")) => Challenge::parse(text).map(Some).ok_or(PkceError::Challenge),
            (Some(_), _) => Err(PkceError::Method),
        }
    }
}

impl Challenge {
    /// Reads a challenge.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The challenge that this verifier stands behind.
    pub fn of(verifier: &str) -> Self {
        Self(Sha256::digest(verifier).into())
    }

    /// Whether this verifier stands behind it.
    pub fn is_met_by(&self, verifier: &str) -> bool {
        is_verifier(verifier) && Self::of(verifier).0.ct_eq(&self.0).into()
    }
}

/// Whether a text can be a verifier (RFC 7636, 4.1): 43 to 128 unreserved characters.
pub fn is_verifier(text: &str) -> bool {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&text.len()) && text.bytes().all(is_unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_the_rfc_holds() {
        let pkce = Pkce { challenge: Some(CHALLENGE), method: Some("S256") };
        let challenge = pkce.challenge().unwrap().unwrap();
        assert!(challenge.is_met_by(VERIFIER));
        assert!(!challenge.is_met_by(&VERIFIER.replace('d', "e")));
        assert!(!challenge.is_met_by(""));
    }

    #[test]
    fn plain_is_refused_however_it_is_asked_for() {
        fn ask(challenge: Option<&str>, method: Option<&str>) -> Result<Option<Challenge>, PkceError> {
            Pkce { challenge, method }.challenge()
        }
        assert_eq!(ask(Some(VERIFIER), Some("plain")), Err(PkceError::Method));
        assert_eq!(ask(Some(CHALLENGE), None), Err(PkceError::Method));
        assert_eq!(ask(Some(CHALLENGE), Some("s256")), Err(PkceError::Method));
        assert_eq!(ask(None, Some("S256")), Err(PkceError::Missing));
        assert_eq!(ask(Some("short"), Some("S256")), Err(PkceError::Challenge));
        let padded = format!("{CHALLENGE}=");
        assert_eq!(ask(Some(&padded), Some("S256")), Err(PkceError::Challenge));
        assert_eq!(ask(None, None), Ok(None));
    }

    #[test]
    fn a_short_verifier_meets_nothing() {
        assert!(!Challenge::of("short").is_met_by("short"));
        assert!(!is_verifier(&"x".repeat(42)) && is_verifier(&"x".repeat(43)));
        assert!(is_verifier(&"~".repeat(128)) && !is_verifier(&"x".repeat(129)));
        assert!(!is_verifier(&"+".repeat(50)));
    }
}
