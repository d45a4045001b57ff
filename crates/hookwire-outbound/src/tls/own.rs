//! TLS settings that an endpoint brings: its PEM texts read, checked, and made into a configuration.

use std::sync::Arc;

use hookwire_core::rules::Tls;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

/// Why TLS settings can't be used. The sentence may be shown to their owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsProblem {
    /// A text holds no certificate.
    #[error("the {0} holds no certificate in PEM form")]
    NoCertificate(Text),
    /// A certificate can't be read.
    #[error("the {0} is not valid: {1}")]
    Certificate(Text, String),
    /// The text of the key holds none.
    #[error("the client key holds no private key in PEM form")]
    NoKey,
    /// The key needs a passphrase.
    #[error(
        "the client key is encrypted; give it without a passphrase, as it is encrypted where it is stored"
    )]
    EncryptedKey,
    /// The key can't be read, or is of a kind that TLS does not know.
    #[error("the client key can't be used: {0}")]
    Key(String),
    /// They don't belong together.
    #[error(
        "the client key is not the key of the client certificate (the first one, where there are several)"
    )]
    OtherKey,
    /// One without the other.
    #[error("a client certificate and its key must be given together")]
    Incomplete,
    /// The TLS library refused its own defaults.
    #[error("TLS can't be set up: {0}")]
    Library(String),
}

/// One of the texts with certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// Authorities to trust.
    Authority,
    /// Our own certificate, and those that lead to its authority.
    Client,
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Authority => "CA certificate",
            Self::Client => "client certificate",
        })
    }
}

/// Whether connections can be made with these settings: certificates and key can be read, and belong together.
pub fn check_tls(tls: &Tls) -> Result<(), TlsProblem> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    config(tls, &Arc::new(RootCertStore::empty()), &provider).map(|_| ())
}

/// The configuration of connections that trust `roots` and what the settings add, and show the settings' certificate.
pub(super) fn config(
    tls: &Tls,
    roots: &Arc<RootCertStore>,
    provider: &Arc<CryptoProvider>,
) -> Result<ClientConfig, TlsProblem> {
    let roots = match &tls.ca_pem {
        Some(pem) => Arc::new(with_authorities(roots, pem)?),
        None => Arc::clone(roots),
    };
    let config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsProblem::Library(error.to_string()))?
        .with_root_certificates(roots);
    match (&tls.client_cert_pem, &tls.client_key_pem) {
        (None, None) => Ok(config.with_no_client_auth()),
        (Some(certificate), Some(key)) => {
            let chain = certificates(certificate, Text::Client)?;
            config.with_client_auth_cert(chain, private_key(key)?).map_err(|error| unusable(&error))
        }
        (Some(_), None) | (None, Some(_)) => Err(TlsProblem::Incomplete),
    }
}

fn with_authorities(roots: &RootCertStore, pem: &str) -> Result<RootCertStore, TlsProblem> {
    let mut roots = roots.clone();
    for certificate in certificates(pem, Text::Authority)? {
        roots
            .add(certificate)
            .map_err(|error| TlsProblem::Certificate(Text::Authority, error.to_string()))?;
    }
    Ok(roots)
}

fn certificates(pem: &str, text: Text) -> Result<Vec<CertificateDer<'static>>, TlsProblem> {
    let certificates = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| TlsProblem::Certificate(text, error.to_string()))?;
    if certificates.is_empty() {
        return Err(TlsProblem::NoCertificate(text));
    }
    Ok(certificates)
}

fn private_key(pem: &str) -> Result<PrivateKeyDer<'static>, TlsProblem> {
    // PKCS #8 says it in its label, older forms in a header (RFC 1421, 4.6.1.1).
    let is_encrypted = |line: &str| {
        line.starts_with("-----BEGIN ENCRYPTED")
            || line.starts_with("Proc-Type:") && line.contains("ENCRYPTED")
    };
    if pem.lines().any(|line| is_encrypted(line.trim())) {
        return Err(TlsProblem::EncryptedKey);
    }
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|error| match error {
        PemError::NoItemsFound => TlsProblem::NoKey,
        error => TlsProblem::Key(error.to_string()),
    })
}

fn unusable(error: &rustls::Error) -> TlsProblem {
    match error {
        rustls::Error::InconsistentKeys(_) => TlsProblem::OtherKey,
        rustls::Error::InvalidCertificate(_) => TlsProblem::Certificate(Text::Client, error.to_string()),
        error => TlsProblem::Key(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
