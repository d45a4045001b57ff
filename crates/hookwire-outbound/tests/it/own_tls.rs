//! TLS settings of single endpoints: whom they trust, what they show, and that nothing is shared with others.

use std::sync::Arc;

use hookwire_core::outcome::ErrorClass;
use hookwire_core::rules::Tls;
use rcgen::KeyPair;
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::version::TLS13;
use tokio_rustls::TlsAcceptor;

use crate::receiver::Receiver;
use crate::tls::{Authority, certified, receiver};
use crate::{answer, client, failure, post};

fn trusting(authority: &Authority) -> Tls {
    Tls { ca_pem: Some(authority.issuer.pem()), ..Tls::default() }
}

/// Settings that trust the authority and show a certificate of it.
fn identified(authority: &Authority) -> Tls {
    let key = KeyPair::generate().unwrap();
    let certificate = certified(&["client.example"]).signed_by(&key, &authority.issuer).unwrap();
    Tls {
        client_cert_pem: Some(certificate.pem()),
        client_key_pem: Some(key.serialize_pem().into()),
        ..trusting(authority)
    }
}

async fn plain_receiver(authority: &Authority) -> Receiver {
    receiver(authority.acceptor(&certified(&["localhost"]), &[], &TLS13)).await
}

/// One that wants to see a certificate of the authority.
async fn demanding_receiver(authority: &Authority) -> Receiver {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority.issuer.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let key = KeyPair::generate().unwrap();
    let certificate: CertificateDer<'static> =
        certified(&["localhost"]).signed_by(&key, &authority.issuer).unwrap().into();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(vec![certificate], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    receiver(TlsAcceptor::from(Arc::new(config))).await
}

fn url(receiver: &Receiver) -> String {
    format!("https://localhost:{}/", receiver.port)
}

#[tokio::test]
async fn an_endpoints_authority_is_trusted_for_that_endpoint_only() {
    let (authority, other) = (Authority::new(), Authority::new());
    let receiver = plain_receiver(&authority).await;
    let client = client();
    let own = client.with_tls(&trusting(&authority)).unwrap();
    assert_eq!(answer(own.send(post(&url(&receiver))).await).status, 200);
    for stranger in [client.clone(), client.with_tls(&trusting(&other)).unwrap()] {
        assert_eq!(failure(stranger.send(post(&url(&receiver))).await).class, ErrorClass::Tls);
    }
    assert_eq!(receiver.log.requests().len(), 1);
}

#[tokio::test]
async fn what_the_operator_trusts_is_trusted_beside_it() {
    let (operators, endpoints) = (Authority::new(), Authority::new());
    let client = operators.client().with_tls(&trusting(&endpoints)).unwrap();
    for authority in [&operators, &endpoints] {
        let receiver = plain_receiver(authority).await;
        assert_eq!(answer(client.send(post(&url(&receiver))).await).status, 200);
    }
}

#[tokio::test]
async fn a_receiver_that_wants_a_certificate_gets_the_endpoints() {
    let (authority, other) = (Authority::new(), Authority::new());
    let receiver = demanding_receiver(&authority).await;
    let client = client();
    let send = async |tls: &Tls| client.with_tls(tls).unwrap().send(post(&url(&receiver))).await;
    assert_eq!(answer(send(&identified(&authority)).await).status, 200);
    let foreign = Tls { ca_pem: Some(authority.issuer.pem()), ..identified(&other) };
    for tls in [trusting(&authority), foreign] {
        let failure = failure(send(&tls).await);
        assert_eq!(failure.class, ErrorClass::Tls, "{failure}");
        assert!(failure.detail.starts_with("The receiver ended the TLS handshake"), "{failure}");
    }
    assert_eq!(receiver.log.requests().len(), 1);
}

#[tokio::test]
async fn connections_are_shared_by_equal_settings_and_by_no_others() {
    let authority = Authority::new();
    let receiver = plain_receiver(&authority).await;
    let client = client();
    let (first, second) = (identified(&authority), identified(&authority));
    for (tls, connections) in
        [(&first, 1), (&first, 1), (&second, 2), (&trusting(&authority), 3), (&second, 3)]
    {
        let client = client.with_tls(tls).unwrap();
        assert_eq!(answer(client.send(post(&url(&receiver))).await).status, 200);
        assert_eq!(receiver.log.connections(), connections);
    }
}
