//! Which client a request comes from: by Basic authentication or by parameters of the form, never by both.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookwire_core::ClientKey;
use hookwire_core::id::Key;
use hookwire_core::oauth::Client;
use http::request::Parts;
use http::{HeaderMap, header};

use super::error::OauthError;
use super::form::Form;
use crate::api::{Api, Peer};

/// Where a request comes from, and its headers.
pub(super) struct Origin {
    pub(super) peer: IpAddr,
    pub(super) headers: HeaderMap,
}

impl FromRequestParts<Api> for Origin {
    type Rejection = OauthError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, OauthError> {
        let peer = parts.extensions.get::<Peer>().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0);
        Ok(Self { peer, headers: parts.headers.clone() })
    }
}

impl Origin {
    /// Notes a wrong guess of this peer at that client.
    pub(super) fn guessed_wrong(&self, api: &Api, client: Option<ClientKey>) {
        api.guesses().wrong(self.peer, client, api.now());
    }

    /// The client that the request comes from: one that knows its secret, or a public one that has none. It may be suspended.
    pub(super) async fn client(&self, api: &Api, form: &Form) -> Result<Client, OauthError> {
        let (id, secret) = self.credentials(form)?;
        let found = match ClientKey::parse(&id) {
            Some(key) => api.store.client(key).await?,
            None => None,
        };
        // Ids of clients that don't exist count together, whichever they are.
        if !api.guesses().admits(self.peer, found.as_ref().map(|client| client.key), api.now()) {
            return Err(OauthError::TooMany);
        }
        let is_right = found.as_ref().is_some_and(|client| match &secret {
            Some(secret) => client.has_secret(secret),
            None => client.is_public(),
        });
        match found {
            Some(client) if is_right => Ok(client),
            found => {
                self.guessed_wrong(api, found.map(|client| client.key));
                Err(OauthError::Client)
            }
        }
    }

    fn credentials(&self, form: &Form) -> Result<(String, Option<String>), OauthError> {
        let Some(value) = self.headers.get(header::AUTHORIZATION) else {
            let id = form.get("client_id").ok_or(OauthError::Client)?;
            return Ok((id.to_owned(), form.get("client_secret").map(str::to_owned)));
        };
        let basic = value.to_str().ok().and_then(|text| text.split_once(' '));
        let (_, encoded) =
            basic.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic")).ok_or(OauthError::Client)?;
        let bytes = STANDARD.decode(encoded.trim()).map_err(|_| OauthError::Client)?;
        let text = String::from_utf8(bytes).map_err(|_| OauthError::Client)?;
        let (id, secret) = text.split_once(':').ok_or(OauthError::Client)?;
        if form.get("client_secret").is_some() {
            return Err(OauthError::request("the client's secret is given in two ways"));
        }
        if form.get("client_id").is_some_and(|other| other != id) {
            return Err(OauthError::request("two clients are named"));
        }
        Ok((id.to_owned(), Some(secret.to_owned()).filter(|secret| !secret.is_empty())))
    }
}
