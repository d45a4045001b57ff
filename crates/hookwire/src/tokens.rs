//! What checks and signs tokens, made from the configuration.

use anyhow::Context as _;
use hookwire_api::token::{Algorithm, TokenIssuer, TokenVerifier};

use crate::config::{Config, Keys};

/// What checks tokens, and what signs them unless only a public key is configured.
pub(crate) fn tokens(config: &Config, keys: &Keys) -> anyhow::Result<(TokenVerifier, Option<TokenIssuer>)> {
    let name = &config.auth.jwt_algorithm;
    let algorithm = Algorithm::parse(name).with_context(|| {
        let known = Algorithm::ALL.map(Algorithm::name).join(", ");
        format!("auth.jwt_algorithm must be one of {known} (it is {name:?})")
    })?;
    let invalid = "auth.jwt_secret does not suit auth.jwt_algorithm";
    if algorithm.is_symmetric() {
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
    Ok((verifier, issuer))
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

    #[test]
    fn an_unknown_algorithm_is_refused_with_the_known_ones() {
        let mut config = Config::default();
        config.auth.jwt_algorithm = "none".to_owned();
        let keys = Keys { jwt_secret: "0123456789abcdef".to_owned(), main_secret: String::new() };
        assert!(tokens(&config, &keys).err().unwrap().to_string().contains("HS256"));
    }
}
