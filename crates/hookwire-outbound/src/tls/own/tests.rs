//! Which PEM texts can be used, and what is said of those that can't.

use rcgen::{CertificateParams, KeyPair};

use super::*;

struct Identity {
    certificate: String,
    key: String,
}

fn identity() -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(["client.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    Identity { certificate: certificate.pem(), key: key.serialize_pem() }
}

fn check(authority: Option<&str>, certificate: Option<&str>, key: Option<&str>) -> Result<(), TlsProblem> {
    check_tls(&Tls {
        ca_pem: authority.map(str::to_owned),
        client_cert_pem: certificate.map(str::to_owned),
        client_key_pem: key.map(|key| key.to_owned().into()),
    })
}

fn problem(authority: Option<&str>, certificate: Option<&str>, key: Option<&str>) -> String {
    check(authority, certificate, key).unwrap_err().to_string()
}

#[test]
fn a_certificate_with_its_key_and_an_authority_can_be_used() {
    let own = identity();
    assert_eq!(check(None, None, None), Ok(()));
    assert_eq!(check(Some(&own.certificate), Some(&own.certificate), Some(&own.key)), Ok(()));
    let chain = format!("# ours\n{}\n{}", own.certificate, identity().certificate);
    assert_eq!(check(Some(&chain), Some(&chain), Some(&own.key)), Ok(()));
}

#[test]
fn one_half_of_an_identity_is_refused() {
    let own = identity();
    assert_eq!(check(None, Some(&own.certificate), None), Err(TlsProblem::Incomplete));
    assert_eq!(check(None, None, Some(&own.key)), Err(TlsProblem::Incomplete));
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let (own, other) = (identity(), identity());
    assert_eq!(check(None, Some(&own.certificate), Some(&other.key)), Err(TlsProblem::OtherKey));
}

#[test]
fn an_encrypted_key_is_refused_with_the_reason() {
    let own = identity();
    for key in [
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\nDEK-Info: AES-128-CBC,00\r\n\r\nAAAA\r\n-----END RSA PRIVATE KEY-----\r\n",
    ] {
        assert_eq!(check(None, Some(&own.certificate), Some(key)), Err(TlsProblem::EncryptedKey));
    }
}

#[test]
fn what_is_no_certificate_and_no_key_is_named() {
    let own = identity();
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(problem(Some("x"), None, None), "the CA certificate holds no certificate in PEM form");
    assert!(problem(Some(garbage), None, None).starts_with("the CA certificate is not valid: "));
    assert_eq!(problem(Some(&own.key), None, None), "the CA certificate holds no certificate in PEM form");
    let client = |certificate: &str, key: &str| problem(None, Some(certificate), Some(key));
    assert_eq!(client("", &own.key), "the client certificate holds no certificate in PEM form");
    assert!(client(garbage, &own.key).starts_with("the client certificate is not valid: "));
    assert!(client(&own.certificate[..200], &own.key).starts_with("the client certificate is not valid: "));
    assert_eq!(client(&own.certificate, &own.certificate), TlsProblem::NoKey.to_string());
    let broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert!(client(&own.certificate, broken).starts_with("the client key can't be used: "));
}
