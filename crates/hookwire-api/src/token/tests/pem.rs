//! Public keys: what only the private key's owner can sign, and the attempt to pass a public key off as a secret.

use jsonwebtoken::EncodingKey;
use rcgen::{KeyPair, PKCS_ED25519, PKCS_RSA_SHA256, PublicKeyData as _};

use super::*;

/// Each algorithm with a fresh key pair that suits it.
fn pairs() -> Vec<(Algorithm, KeyPair)> {
    let rsa = || KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let ed = || KeyPair::generate_for(&PKCS_ED25519).unwrap();
    vec![
        (Algorithm::Rs256, rsa()),
        (Algorithm::Rs384, rsa()),
        (Algorithm::Rs512, rsa()),
        (Algorithm::EdDsa, ed()),
    ]
}

fn verifier_of(pair: &KeyPair, algorithm: Algorithm) -> TokenVerifier {
    TokenVerifier::from_pem(pair.public_key_pem().as_bytes(), algorithm).unwrap()
}

fn issuer_of(pair: &KeyPair, algorithm: Algorithm) -> TokenIssuer {
    TokenIssuer::from_pem(pair.serialize_pem().as_bytes(), algorithm).unwrap()
}

#[test]
fn every_public_key_algorithm_is_covered() {
    let tested: Vec<_> = pairs().into_iter().map(|(algorithm, _)| algorithm).collect();
    let all: Vec<_> = Algorithm::ALL.into_iter().filter(|algorithm| !algorithm.is_symmetric()).collect();
    assert_eq!(tested, all);
}

#[test]
fn the_public_key_verifies_what_its_private_key_signed_and_nothing_else() {
    let org = OrgId::stored(DEFAULT_ORG);
    let (mine, others) = (pairs(), pairs());
    for ((algorithm, pair), (_, other)) in mine.iter().zip(&others) {
        let name = algorithm.name();
        let token = issuer_of(pair, *algorithm).org_token(&org, NOW).unwrap();
        let identity = verifier_of(pair, *algorithm).verify(&token, NOW).unwrap();
        assert_eq!(*identity, Identity { org: org.clone(), scope: Scope::Org }, "{name}");

        let foreign = issuer_of(other, *algorithm).org_token(&org, NOW).unwrap();
        assert!(verifier_of(pair, *algorithm).verify(&foreign, NOW).is_err(), "{name}: another key");

        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (head, _) = signed.split_once('.').unwrap();
        // {"sub":"org_b"}
        let forged = format!("{head}.eyJzdWIiOiJvcmdfYiJ9.{signature}");
        let unsigned = format!("{signed}.");
        for bad in [forged, unsigned] {
            assert!(verifier_of(pair, *algorithm).verify(&bad, NOW).is_err(), "{name}: {bad}");
        }
    }
}

#[test]
fn a_public_key_is_never_taken_for_a_shared_secret() {
    let claims = json!({ "sub": DEFAULT_ORG });
    for (algorithm, pair) in pairs() {
        let pem = pair.public_key_pem();
        let secrets = [
            pem.as_bytes().to_vec(),
            pem.trim_end().as_bytes().to_vec(),
            pem.replace('\r', "").into_bytes(),
            pair.subject_public_key_info(),
            pair.der_bytes().to_vec(),
        ];
        for secret in secrets {
            for hmac in [
                jsonwebtoken::Algorithm::HS256,
                jsonwebtoken::Algorithm::HS384,
                jsonwebtoken::Algorithm::HS512,
            ] {
                let key = EncodingKey::from_secret(&secret);
                let token = jsonwebtoken::encode(&Header::new(hmac), &claims, &key).unwrap();
                let verifier = verifier_of(&pair, algorithm);
                assert!(verifier.verify(&token, NOW).is_err(), "{} against {hmac:?}", algorithm.name());
            }
        }
    }
}

#[test]
fn another_algorithm_of_the_same_key_is_refused() {
    let org = OrgId::stored(DEFAULT_ORG);
    let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let rsa = [Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512];
    for configured in rsa {
        for used in rsa {
            let token = issuer_of(&pair, used).org_token(&org, NOW).unwrap();
            let accepted = verifier_of(&pair, configured).verify(&token, NOW).is_ok();
            assert_eq!(accepted, configured == used, "{} under {}", used.name(), configured.name());
        }
    }
}

#[test]
fn a_pem_key_of_another_kind_is_refused() {
    let (rsa, ed) = (&pairs()[0].1, &pairs()[3].1);
    for (pair, algorithm) in [(ed, Algorithm::Rs256), (rsa, Algorithm::EdDsa)] {
        assert!(TokenVerifier::from_pem(pair.public_key_pem().as_bytes(), algorithm).is_err());
        assert!(TokenIssuer::from_pem(pair.serialize_pem().as_bytes(), algorithm).is_err());
    }
    assert!(
        TokenVerifier::from_pem(ed.serialize_pem().as_bytes(), Algorithm::EdDsa).is_err(),
        "a private key"
    );
    assert!(TokenIssuer::from_pem(ed.public_key_pem().as_bytes(), Algorithm::EdDsa).is_err(), "a public key");
}
