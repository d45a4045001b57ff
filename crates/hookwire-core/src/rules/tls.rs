//! `Tls`: whom an endpoint's connections trust, and the certificate that they show.

use zeroize::Zeroizing;

/// TLS settings of one endpoint. PEM texts as the client gave them; the API has checked that they can be used.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Tls {
    /// Certificate authorities that are trusted besides the public ones.
    pub ca_pem: Option<String>,
    /// The certificate chain that is shown to the receiver.
    pub client_cert_pem: Option<String>,
    /// The key of that certificate. Never shown again.
    pub client_key_pem: Option<Zeroizing<String>>,
}

impl Tls {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("ca_pem", &self.ca_pem.is_some())
            .field("client_cert_pem", &self.client_cert_pem.is_some())
            .field("client_key_pem", &self.client_key_pem.as_ref().map(|_| "…"))
            .finish()
    }
}

#[test]
fn the_key_never_shows_in_debug_output() {
    let tls = Tls { client_key_pem: Some(Zeroizing::new("canary".to_owned())), ..Tls::default() };
    assert!(!format!("{tls:?}").contains("canary"));
}
