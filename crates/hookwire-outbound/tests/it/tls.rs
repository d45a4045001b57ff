//! TLS receivers: who is trusted, what is said when not, and HTTP/2 by negotiation.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use hookwire_core::outcome::ErrorClass;
use hookwire_outbound::{Client, Settings};
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

use crate::proxies::connect_proxy;
use crate::receiver::{OK, Receiver, keep_answering};
use crate::{answer, client, failure, post, settings};

/// A certificate authority of its own, with its certificate in a file.
pub(crate) struct Authority {
    pub(crate) issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // A name of its own, so that another authority is unknown instead of contradicted.
        params.distinguished_name.push(DnType::CommonName, format!("{:x?}", &key.public_key_raw()[..16]));
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    /// A client that trusts this authority.
    pub(crate) fn client(&self) -> Client {
        self.client_through(None)
    }

    fn client_through(&self, proxy: Option<String>) -> Client {
        self.client_with(Settings { proxy, ..settings() })
    }

    /// A client by these settings that trusts this authority.
    pub(crate) fn client_with(&self, settings: Settings) -> Client {
        let extra_ca_file = Some(self.folder.path().join("ca.pem"));
        Client::new(&Settings { extra_ca_file, ..settings }).unwrap()
    }

    pub(crate) fn acceptor(
        &self,
        params: &CertificateParams,
        alpn: &[&str],
        version: &'static rustls::SupportedProtocolVersion,
    ) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let certificate: CertificateDer<'static> = params.signed_by(&key, &self.issuer).unwrap().into();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

pub(crate) fn certified(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap()
}

/// Answers over HTTP/1.1 on whatever the handshake gives.
pub(crate) async fn receiver(acceptor: TlsAcceptor) -> Receiver {
    Receiver::serving(move |stream, log| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                keep_answering(&mut stream, &log, OK.as_bytes()).await;
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_private_authority_is_trusted_when_it_is_named() {
    let authority = Authority::new();
    let client = authority.client();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let receiver =
            receiver(authority.acceptor(&certified(&["localhost", "127.0.0.1"]), &[], version)).await;
        for host in ["localhost", "127.0.0.1"] {
            let exchange = client.send(post(&format!("https://{host}:{}/x", receiver.port))).await;
            assert!(exchange.timings.tls_us.is_some());
            assert_eq!(answer(exchange).status, 200, "{host}");
        }
    }
}

#[tokio::test]
async fn bad_certificates_are_refused_with_a_reason_and_get_no_request() {
    let authority = Authority::new();
    let mut expired = certified(&["localhost"]);
    expired.not_before = rcgen::date_time_ymd(2019, 1, 1);
    expired.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let mut early = certified(&["localhost"]);
    early.not_before = rcgen::date_time_ymd(2090, 1, 1);
    early.not_after = rcgen::date_time_ymd(2091, 1, 1);
    let good = certified(&["localhost"]);
    let trusting = authority.client();
    for (client, params, reason) in [
        (client(), &good, "The receiver's certificate comes from an unknown authority."),
        (Authority::new().client(), &good, "The receiver's certificate comes from an unknown authority."),
        (
            trusting.clone(),
            &certified(&["example.com"]),
            "The receiver's certificate is not valid for this host name.",
        ),
        (
            trusting.clone(),
            &certified(&["127.0.0.2"]),
            "The receiver's certificate is not valid for this host name.",
        ),
        (trusting.clone(), &expired, "The receiver's certificate has expired."),
        (trusting.clone(), &early, "The receiver's certificate is not valid yet."),
    ] {
        let receiver = receiver(authority.acceptor(params, &[], &rustls::version::TLS13)).await;
        let failure = failure(client.send(post(&format!("https://localhost:{}/", receiver.port))).await);
        assert_eq!((failure.class, &failure.detail[..]), (ErrorClass::Tls, reason));
        assert!(receiver.log.requests().is_empty());
    }
}

#[tokio::test]
async fn the_certificate_must_be_for_the_host_of_the_url() {
    let authority = Authority::new();
    for (names, host, accepted) in [
        (&["localhost"][..], "localhost", true),
        (&["localhost"], "127.0.0.1", false),
        (&["127.0.0.1"], "127.0.0.1", true),
        (&["127.0.0.1"], "localhost", false),
    ] {
        let receiver = receiver(authority.acceptor(&certified(names), &[], &rustls::version::TLS13)).await;
        let result =
            authority.client().send(post(&format!("https://{host}:{}/", receiver.port))).await.result;
        assert_eq!(result.is_ok(), accepted, "{names:?} {host}");
        assert_eq!(receiver.log.requests().len(), usize::from(accepted));
    }
}

#[tokio::test]
async fn behind_a_proxy_the_certificate_is_still_checked_against_the_name() {
    let authority = Authority::new();
    for (name, accepted) in [("localhost", true), ("127.0.0.1", false)] {
        let receiver = receiver(authority.acceptor(&certified(&[name]), &[], &rustls::version::TLS13)).await;
        let proxy = connect_proxy().await;
        let client = authority.client_through(Some(format!("http://127.0.0.1:{}", proxy.port)));
        let result = client.send(post(&format!("https://localhost:{}/", receiver.port))).await.result;
        assert_eq!(
            result.as_ref().err().map(|failure| failure.class),
            (!accepted).then_some(ErrorClass::Tls)
        );
        assert_eq!(receiver.log.requests().len(), usize::from(accepted));
        assert!(proxy.log.connections() > 0 && !proxy.log.requests().concat().contains("localhost"));
    }
}

#[tokio::test]
async fn a_plain_receiver_is_a_tls_failure() {
    let receiver = Receiver::serving(|mut stream, _| async move {
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        std::future::pending::<()>().await;
    })
    .await;
    let failure = failure(client().send(post(&format!("https://127.0.0.1:{}/", receiver.port))).await);
    assert_eq!(
        (failure.class, &failure.detail[..]),
        (ErrorClass::Tls, "The receiver did not answer in TLS.")
    );
}

#[tokio::test]
async fn http2_is_used_when_the_receiver_offers_it() {
    let authority = Authority::new();
    let acceptor =
        authority.acceptor(&certified(&["localhost"]), &["h2", "http/1.1"], &rustls::version::TLS13);
    let receiver = Receiver::serving(move |stream, log| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let log = log.clone();
                async move {
                    let (head, body) = request.into_parts();
                    let body =
                        body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
                    log.push(format!("{:?} {} {:?} {}", head.version, head.uri, head.headers, body.len()));
                    let large = Bytes::from(vec![b'a'; 1024 * 1024]);
                    let body = if head.uri.path() == "/large" { large } else { Bytes::from_static(b"ok") };
                    Ok::<_, Infallible>(http::Response::new(Full::new(body)))
                }
            });
            let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        }
    })
    .await;
    let client = authority.client();
    for _ in 0..3 {
        let answer = answer(client.send(post(&format!("https://localhost:{}/x", receiver.port))).await);
        assert_eq!((answer.status, &answer.body[..], answer.truncated), (200, &b"ok"[..], false));
    }
    let large = answer(client.send(post(&format!("https://localhost:{}/large", receiver.port))).await);
    assert_eq!((large.body.len(), large.truncated), (hookwire_outbound::BODY_BYTES_MAX, true));
    let requests = receiver.log.requests();
    assert_eq!((receiver.log.connections(), requests.len()), (1, 4));
    assert!(
        requests[0].starts_with(&format!("HTTP/2.0 https://localhost:{}/x", receiver.port)),
        "{}",
        requests[0]
    );
    assert!(requests[0].contains("application/json") && requests[0].ends_with(" 7"), "{}", requests[0]);
}
