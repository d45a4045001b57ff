//! What checks and signs tokens, made from the configuration.

use anyhow::Context as _;
use hookwire_api::token::{Algorithm, DEFAULT_ORG, TokenIssuer, TokenVerifier};
use hookwire_core::{OrgId, Timestamp};

use crate::config::{Config, Keys, foreseen_keys, load_keys};

/// When the token was made with which a pair of keys is tried; any time would do.
const SAMPLE_TIME: Timestamp = Timestamp::from_seconds(0);

/// What checks tokens, and what signs them unless only a public key is configured.
pub(crate) fn tokens(config: &Config, keys: &Keys) -> anyhow::Result<(TokenVerifier, Option<TokenIssuer>)> {
    let name = &config.auth.jwt_algorithm;
    let algorithm = Algorithm::parse(name).with_context(|| {
        let known = Algorithm::ALL.map(Algorithm::name).join(", ");
        format!("auth.jwt_algorithm must be one of {known} (it is {name:?})")
    })?;
    let invalid = "auth.jwt_secret does not suit auth.jwt_algorithm";
    if algorithm.is_symmetric() {
        // A public key is known to others, who could then sign tokens with it.
        anyhow::ensure!(
            !keys.jwt_secret.contains("-----BEGIN "),
            "auth.jwt_secret holds a PEM key, but auth.jwt_algorithm is {}: set it to RS256 (384, 512) or EdDSA",
            algorithm.name()
        );
        let secret = keys.jwt_secret.as_bytes();
        let verifier = TokenVerifier::from_secret(secret, algorithm).context(invalid)?;
        return Ok((verifier, Some(TokenIssuer::from_secret(secret, algorithm).context(invalid)?)));
    }
    let public =
        block(&keys.jwt_secret, "PUBLIC KEY").context("auth.jwt_secret must hold a public key in PEM")?;
    let verifier = TokenVerifier::from_pem(public.as_bytes(), algorithm).context(invalid)?;
    let private = block(&keys.jwt_secret, "PRIVATE KEY");
    let issuer =
        private.map(|pem| TokenIssuer::from_pem(pem.as_bytes(), algorithm)).transpose().context(invalid)?;
    if let Some(issuer) = &issuer {
        let token = issuer.org_token(&OrgId::stored(DEFAULT_ORG), SAMPLE_TIME).context(invalid)?;
        let fits = verifier.verify(&token, SAMPLE_TIME).is_ok();
        anyhow::ensure!(fits, "the two keys in auth.jwt_secret do not belong together");
    }
    Ok((verifier, issuer))
}

/// Checks that the configured keys, or those that the first start will make, suit the configured algorithm. Makes none.
pub(crate) fn check(config: &Config) -> anyhow::Result<()> {
    tokens(config, &foreseen_keys(config)?).map(|_| ())
}

/// The keys in effect, made when there are none; but none are made that would not suit.
pub(crate) fn load_suitable_keys(config: &Config) -> anyhow::Result<Keys> {
    check(config)?;
    load_keys(config)
}

/// The first PEM block whose label ends so.
fn block<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let mut rest = text;
    while let Some(start) = rest.find("-----BEGIN ") {
        let from = &rest[start..];
        let first_line = from.lines().next()?;
        let end_mark = first_line.replace("BEGIN", "END");
        let end = from.find(&end_mark)? + end_mark.len();
        if first_line.trim_end_matches('-').ends_with(label) {
            return Some(&from[..end]);
        }
        rest = &from[end..];
    }
    None
}

#[cfg(test)]
mod tests {
    use rcgen::KeyPair;

    use super::*;

    #[test]
    fn the_right_block_is_found() {
        let text = "-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----\n-----BEGIN RSA PRIVATE KEY-----\nBB\n-----END RSA PRIVATE KEY-----";
        assert_eq!(
            block(text, "PUBLIC KEY"),
            Some("-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----")
        );
        assert!(block(text, "PRIVATE KEY").unwrap().contains("BB"));
        assert_eq!(block("nothing", "PUBLIC KEY"), None);
    }

    fn made(algorithm: &str, jwt_secret: &str) -> anyhow::Result<(TokenVerifier, Option<TokenIssuer>)> {
        let mut config = Config::default();
        config.auth.jwt_algorithm = algorithm.to_owned();
        tokens(&config, &Keys { jwt_secret: jwt_secret.to_owned(), main_secret: String::new() })
    }

    fn complaint(algorithm: &str, jwt_secret: &str) -> String {
        format!("{:#}", made(algorithm, jwt_secret).err().unwrap())
    }

    fn pairs() -> [(&'static str, KeyPair); 2] {
        let pair = |kind| KeyPair::generate_for(kind).unwrap();
        [("RS256", pair(&rcgen::PKCS_RSA_SHA256)), ("EdDSA", pair(&rcgen::PKCS_ED25519))]
    }

    #[test]
    fn an_unknown_algorithm_is_refused_with_the_known_ones() {
        assert!(complaint("none", "0123456789abcdef").contains("HS256"));
    }

    #[test]
    fn a_pair_of_keys_signs_and_verifies_and_a_public_key_only_verifies() {
        let org = OrgId::stored(DEFAULT_ORG);
        for (algorithm, pair) in pairs() {
            let (public, private) = (pair.public_key_pem(), pair.serialize_pem());
            for both in [format!("{public}{private}"), format!("{private}\n{public}")] {
                let (verifier, issuer) = made(algorithm, &both).unwrap();
                let token = issuer.unwrap().org_token(&org, SAMPLE_TIME).unwrap();
                assert!(verifier.verify(&token, SAMPLE_TIME).is_ok(), "{algorithm}");
                let (verifier, issuer) = made(algorithm, &public).unwrap();
                assert!(issuer.is_none() && verifier.verify(&token, SAMPLE_TIME).is_ok(), "{algorithm}");
            }
            assert!(complaint(algorithm, &private).contains("public key"), "{algorithm}");
        }
    }

    #[test]
    fn keys_that_do_not_belong_together_are_refused() {
        for ((algorithm, pair), (_, other)) in pairs().iter().zip(&pairs()) {
            let both = format!("{}{}", pair.public_key_pem(), other.serialize_pem());
            assert!(complaint(algorithm, &both).contains("belong together"));
        }
    }

    #[test]
    fn a_pem_key_under_a_shared_secret_algorithm_is_refused() {
        for (_, pair) in pairs() {
            assert!(complaint("HS256", &pair.public_key_pem()).contains("auth.jwt_algorithm is HS256"));
        }
    }
}
