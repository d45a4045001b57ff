//! Tokens that must be refused, and those that must not.

mod pem;

use std::time::Duration;

use hookwire_core::id::Key;
use hookwire_core::{AppKey, OrgId, Timestamp};
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};

use super::*;

const SECRET: &[u8] = b"a secret of the tests, long enough";
const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

fn verifier() -> TokenVerifier {
    TokenVerifier::from_secret(SECRET, Algorithm::Hs256).unwrap()
}

fn issuer() -> TokenIssuer {
    TokenIssuer::from_secret(SECRET, Algorithm::Hs256).unwrap()
}

fn signed(claims: &Value) -> String {
    let header = Header::new(jsonwebtoken::Algorithm::HS256);
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(SECRET)).unwrap()
}

fn accepts(claims: &Value) -> bool {
    verifier().verify(&signed(claims), NOW).is_ok()
}

#[test]
fn an_org_token_names_its_org_for_ten_years() {
    let org = OrgId::stored(DEFAULT_ORG);
    let token = issuer().org_token(&org, NOW).unwrap();
    let identity = verifier().verify(&token, NOW).unwrap();
    assert_eq!(*identity, Identity { org, scope: Scope::Org });
    assert!(verifier().verify(&token, NOW.plus(ORG_TOKEN_LIFE)).is_ok());
    assert!(verifier().verify(&token, NOW.plus(ORG_TOKEN_LIFE + Duration::from_secs(901))).is_err());
}

#[test]
fn an_app_token_lives_for_28_days_at_most() {
    let (org, app) = (OrgId::stored(DEFAULT_ORG), AppKey::from_raw(1 << 40));
    let grant = AppGrant {
        feature_flags: vec!["beta".to_owned()],
        capabilities: Some(vec![Capability::CreateAttempts]),
        life: Some(Duration::from_hours(365 * 24)),
    };
    let token = issuer().app_token(&org, app, grant, NOW).unwrap();
    let identity = verifier().verify(&token, NOW).unwrap();
    assert!(identity.may(Capability::CreateAttempts) && identity.may(Capability::ViewBase));
    assert!(!identity.may(Capability::ManageEndpoint));
    assert!(verifier().verify(&token, NOW.plus(Duration::from_hours(29 * 24))).is_err());
}

#[test]
fn times_are_checked_with_a_leeway_of_15_minutes() {
    let base = NOW.seconds();
    assert!(accepts(&json!({ "sub": "org_a" })));
    assert!(accepts(&json!({ "sub": "org_a", "exp": base - 899 })));
    assert!(!accepts(&json!({ "sub": "org_a", "exp": base - 901 })));
    assert!(accepts(&json!({ "sub": "org_a", "nbf": base + 899 })));
    assert!(!accepts(&json!({ "sub": "org_a", "nbf": base + 901 })));
    assert!(!accepts(&json!({ "sub": "org_a", "iat": base + 901 })));
    assert!(!accepts(&json!({ "sub": "org_a", "exp": "never" })));
}

#[test]
fn a_remembered_token_still_expires() {
    let verifier = verifier();
    let token = signed(&json!({ "sub": "org_a", "exp": NOW.seconds() + 10 }));
    assert!(verifier.verify(&token, NOW).is_ok());
    assert!(verifier.verify(&token, NOW.plus(Duration::from_secs(909))).is_ok());
    assert!(verifier.verify(&token, NOW.plus(Duration::from_secs(911))).is_err());
}

#[test]
fn claims_that_name_nobody_are_refused() {
    let app = AppKey::from_raw(1 << 40).public();
    for claims in [
        json!({}),
        json!({ "sub": "" }),
        json!({ "sub": "usr_1" }),
        json!({ "sub": "org_a b" }),
        json!({ "sub": "org_a", "org": "org_b" }),
        json!({ "sub": app }),
        json!({ "sub": app, "org": "app_x" }),
        json!({ "sub": "app_made_up", "org": "org_a" }),
        json!({ "sub": ["org_a"] }),
    ] {
        assert!(!accepts(&claims), "{claims}");
    }
}

#[test]
fn other_algorithms_and_damage_are_refused() {
    let good = signed(&json!({ "sub": "org_a" }));
    let parts: Vec<&str> = good.split('.').collect();
    let key = EncodingKey::from_secret(SECRET);
    let claims = json!({ "sub": "org_a" });
    let other = jsonwebtoken::encode(&Header::new(jsonwebtoken::Algorithm::HS512), &claims, &key).unwrap();
    // {"alg":"none"} and {"alg":"None"}
    let none = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
    let none_capital = format!("eyJhbGciOiJOb25lIn0.{}.", parts[1]);
    let flipped = format!("{}.{}.{}", parts[0], parts[1], parts[2].chars().rev().collect::<String>());
    for token in [
        String::new(),
        "garbage".to_owned(),
        "a.b.c".to_owned(),
        other,
        none,
        none_capital,
        flipped,
        format!("{good}x"),
        format!("{good}.x"),
        format!("{good} "),
        "x".repeat(1 << 20),
    ] {
        assert!(verifier().verify(&token, NOW).is_err(), "{token:.80}");
    }
    assert!(verifier().verify(&good, NOW).is_ok());
}

#[test]
fn a_key_of_the_wrong_kind_is_refused() {
    assert!(TokenVerifier::from_secret(SECRET, Algorithm::EdDsa).is_err());
    assert!(TokenVerifier::from_pem(SECRET, Algorithm::Hs256).is_err());
    assert!(TokenVerifier::from_pem(b"no pem", Algorithm::Rs256).is_err());
    assert_eq!(Algorithm::parse("eddsa"), Some(Algorithm::EdDsa));
    assert_eq!(Algorithm::parse("none"), None);
}
