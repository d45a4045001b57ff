//! Values that go in and never come out: what stands in their place, and what it means when that comes back.

use hookwire_core::Trigger;
use hookwire_core::rules::Tls;
use zeroize::Zeroizing;

use super::wire::TriggerTls;
use crate::problem::Issues;
use crate::v1::endpoint::credentials::{self, MASK};

const REFUSED: &str = "is masked; give the value again, because none is registered for this URL's host";

/// What is registered already and may be kept: only as long as the URL leads to the same server.
pub(super) struct Kept<'a>(Option<&'a Trigger>);

impl<'a> Kept<'a> {
    /// What a registration under `url` may keep of the one that is stored.
    pub(super) fn of(stored: Option<&'a Trigger>, url: &str) -> Self {
        Self(stored.filter(|stored| credentials::same_origin(&stored.url, url)))
    }

    /// The header's value that a client means.
    pub(super) fn header(&self, issues: &mut Issues, name: &str, given: String) -> String {
        if given != MASK {
            return given;
        }
        let same = |header: &&(String, Option<String>)| header.0.eq_ignore_ascii_case(name);
        let known = self.0.and_then(|stored| stored.headers.iter().find(same)?.1.clone());
        issues.take(&["body", "headers", name], known.ok_or(REFUSED)).unwrap_or_default()
    }

    /// The key that a client means.
    pub(super) fn key(&self, issues: &mut Issues, given: String) -> Zeroizing<String> {
        if given != MASK {
            return Zeroizing::new(given);
        }
        let known = self.0.and_then(|stored| stored.tls.as_ref()?.client_key_pem.clone());
        issues.take(&["body", "tls", "clientKeyPem"], known.ok_or(REFUSED)).unwrap_or_default()
    }
}

/// TLS settings with the key masked.
pub(super) fn tls(tls: &Tls) -> TriggerTls {
    TriggerTls {
        ca_pem: tls.ca_pem.clone(),
        client_cert_pem: tls.client_cert_pem.clone(),
        client_key_pem: tls.client_key_pem.as_ref().map(|_| MASK.to_owned()),
    }
}
