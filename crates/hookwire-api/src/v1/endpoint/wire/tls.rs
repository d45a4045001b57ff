//! TLS settings of an endpoint on the wire. The key goes in and never comes out.

use hookwire_core::limits::PEM_BYTES_MAX;
use hookwire_core::rules::Tls;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::api::Api;
use crate::problem::Issues;
use crate::v1::endpoint::credentials::MASK;

/// Whom to trust, and how to identify ourselves.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::v1) struct EndpointTls {
    /// Certificate authorities in PEM, trusted besides the public ones.
    ca_pem: Option<String>,
    /// The certificate chain in PEM that is shown to the receiver.
    client_cert_pem: Option<String>,
    /// The key of that certificate in PEM. Shown as `***`. Absent or `***` beside the same certificate: it stays.
    client_key_pem: Option<String>,
}

impl EndpointTls {
    /// Checks each part; `stored` is what the endpoint has, as long as its URL leads to the same server.
    pub(super) fn vet(self, issues: &mut Issues, api: &Api, stored: Option<&Tls>) -> Option<Tls> {
        let mut fits = true;
        let parts = [
            ("caPem", &self.ca_pem),
            ("clientCertPem", &self.client_cert_pem),
            ("clientKeyPem", &self.client_key_pem),
        ];
        for (name, pem) in parts {
            if pem.as_ref().is_some_and(|pem| pem.len() > PEM_BYTES_MAX) {
                issues.add(&["body", "tls", name], format!("may have at most {PEM_BYTES_MAX} bytes"));
                fits = false;
            }
        }
        let key = self.key(stored);
        if let Err((name, reason)) = &key {
            issues.add(&["body", "tls", name], reason);
            fits = false;
        }
        let tls = Tls {
            ca_pem: self.ca_pem,
            client_cert_pem: self.client_cert_pem,
            client_key_pem: key.ok().flatten(),
        };
        if fits && !tls.is_empty() {
            issues.take(&["body", "tls"], (api.check_tls)(&tls));
        }
        Some(tls).filter(|tls| !tls.is_empty())
    }

    /// The key that a client means, or what is wrong with which field.
    fn key(&self, stored: Option<&Tls>) -> Result<Option<Zeroizing<String>>, (&'static str, &'static str)> {
        let given = self.client_key_pem.as_ref().filter(|key| *key != MASK);
        match (&self.client_cert_pem, given) {
            (Some(_), Some(key)) => Ok(Some(Zeroizing::new(key.clone()))),
            (Some(_), None) => {
                let same = stored.filter(|stored| stored.client_cert_pem == self.client_cert_pem);
                let kept = same.and_then(|stored| stored.client_key_pem.clone());
                let refused = "must be given: the endpoint has no key of this certificate for its URL's host";
                kept.map(Some).ok_or(("clientKeyPem", refused))
            }
            (None, None) if self.client_key_pem.is_none() => Ok(None),
            (None, _) => Err(("clientCertPem", "must be given beside clientKeyPem")),
        }
    }
}

/// What is left of an endpoint's settings when its URL leads to another server.
pub(super) fn without_identity(tls: &Tls) -> Option<Tls> {
    tls.ca_pem.clone().map(|pem| Tls { ca_pem: Some(pem), ..Tls::default() })
}

impl From<Tls> for EndpointTls {
    fn from(tls: Tls) -> Self {
        Self {
            ca_pem: tls.ca_pem,
            client_cert_pem: tls.client_cert_pem,
            client_key_pem: tls.client_key_pem.map(|_| MASK.to_owned()),
        }
    }
}
