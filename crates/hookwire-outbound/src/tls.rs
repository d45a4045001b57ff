//! TLS to receivers: who is trusted, the handshake, and readable reasons for its failure.

mod own;

use std::io;
use std::path::Path;
use std::sync::Arc;

use hookwire_core::rules::Tls;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub use self::own::{Text as TlsText, TlsProblem, check_tls};
use crate::settings::SettingsError;

/// What connections trust and speak: TLS 1.2 and 1.3 with aws-lc-rs, the Mozilla roots, the operator's own, and HTTP/2
/// before HTTP/1.1.
pub(crate) struct Foundation {
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl Foundation {
    /// Reads the file of certificate authorities.
    pub(crate) fn new(extra_ca_file: Option<&Path>) -> Result<Self, SettingsError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(path) = extra_ca_file {
            add_roots(&mut roots, path)
                .map_err(|reason| SettingsError::ExtraCa { path: path.to_owned(), reason })?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        Ok(Self { roots: Arc::new(roots), provider })
    }

    /// Connects without a certificate of our own.
    pub(crate) fn connector(&self) -> Result<TlsConnector, rustls::Error> {
        let config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(Arc::clone(&self.roots))
            .with_no_client_auth();
        Ok(connector(config))
    }

    /// Connects with an endpoint's own trust and certificate. Sessions are never resumed from other settings' ones.
    pub(crate) fn connector_with(&self, tls: &Tls) -> Result<TlsConnector, TlsProblem> {
        own::config(tls, &self.roots, &self.provider).map(connector)
    }
}

fn connector(mut config: ClientConfig) -> TlsConnector {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
}

fn add_roots(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let file = std::fs::read(path).map_err(|error| error.to_string())?;
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(&file) {
        let certificate = certificate.map_err(|error| format!("not a valid PEM file: {error}"))?;
        roots.add(certificate).map_err(|error| format!("a certificate in it is not valid: {error}"))?;
    }
    if roots.len() == before {
        return Err("it holds no certificate in PEM form".to_owned());
    }
    Ok(())
}

/// The handshake, with the URL's host as the name that must be certified.
pub(crate) async fn handshake(
    connector: &TlsConnector,
    host: &str,
    stream: TcpStream,
) -> io::Result<TlsStream<TcpStream>> {
    let bare = host.strip_suffix('.').unwrap_or(host);
    let name = ServerName::try_from(bare.to_owned()).map_err(|_| {
        io::Error::new(io::ErrorKind::InvalidInput, "the host name can't stand in a certificate")
    })?;
    connector.connect(name, stream).await
}

/// The TLS failure inside an I/O error, if it is one, as a sentence.
pub(crate) fn reason(error: &io::Error) -> Option<String> {
    let inner = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(match inner {
        rustls::Error::InvalidCertificate(certificate) => certificate_reason(certificate),
        rustls::Error::AlertReceived(alert) => format!("The receiver ended the TLS handshake: {alert:?}."),
        rustls::Error::InvalidMessage(_) => "The receiver did not answer in TLS.".to_owned(),
        rustls::Error::PeerIncompatible(_) => {
            "The receiver and this client have no TLS version or cipher in common; TLS 1.2 or 1.3 is needed."
                .to_owned()
        }
        other => format!("The TLS handshake failed: {other}."),
    })
}

fn certificate_reason(error: &CertificateError) -> String {
    use CertificateError as E;
    match error {
        E::Expired | E::ExpiredContext { .. } => "The receiver's certificate has expired.".to_owned(),
        E::NotValidYet | E::NotValidYetContext { .. } => {
            "The receiver's certificate is not valid yet.".to_owned()
        }
        E::UnknownIssuer => "The receiver's certificate comes from an unknown authority.".to_owned(),
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            "The receiver's certificate is not valid for this host name.".to_owned()
        }
        E::BadSignature => "The receiver's certificate is not signed by the authority it names.".to_owned(),
        E::Revoked => "The receiver's certificate has been revoked.".to_owned(),
        other => format!("The receiver's certificate is not accepted: {other}."),
    }
}
