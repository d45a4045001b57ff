//! An endpoint's record: its words as JSON, and everything that may be a credential sealed.

use hookwire_core::endpoint::{ManagedBy, Secrets};
use hookwire_core::id::Key;
use hookwire_core::secret::GENERATED_BYTES;
use hookwire_core::{
    AppKey, Channel, Endpoint, EndpointKey, EventTypeName, Metadata, Secret, Timestamp, Uid,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::oauth::Hook;
use super::rules::{PlainRules, SealedRules};
use super::{Damaged, Done};
use crate::Vault;

/// The form of the `config` column.
#[derive(Default, Serialize, Deserialize)]
struct Config {
    /// Of a deleted endpoint only: what is still shown of its URL.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    url: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    description: String,
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event_types: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channels: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    throttle_rate: Option<u32>,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    metadata: Metadata,
    #[serde(default, skip_serializing_if = "PlainRules::is_usual")]
    rules: PlainRules,
}

/// The form of the `sealed` column, once opened.
#[derive(Serialize, Deserialize)]
struct Sealed {
    url: String,
    headers: Vec<(String, String)>,
    secret: Zeroizing<String>,
    old: Vec<(Zeroizing<String>, i64)>,
    #[serde(default)]
    rules: SealedRules,
}

/// What is in the secret's place when the endpoint is deleted. Nothing is signed with it.
const NO_SECRET: [u8; GENERATED_BYTES] = [0; GENERATED_BYTES];

/// What to write for an endpoint, beside its columns.
#[derive(Debug)]
pub struct EndpointRecord {
    /// Its words, as JSON.
    pub config: String,
    /// URL, headers, secrets and other credentials, encrypted for this endpoint.
    pub sealed: Vec<u8>,
}

fn row_name(endpoint: EndpointKey) -> String {
    format!("endpoint/{}", endpoint.raw())
}

impl EndpointRecord {
    /// The record of `endpoint`. Of a managed one nothing is sealed: its URL and secrets are its client's.
    pub fn new(endpoint: &Endpoint, vault: &Vault) -> Self {
        if endpoint.managed_by.is_some() {
            return Self { config: Config::of(endpoint, String::new()), sealed: Vec::new() };
        }
        let old = endpoint.secrets.old.iter().map(|(secret, until)| (secret.expose(), until.micros()));
        let sealed = Sealed {
            url: endpoint.url.clone(),
            headers: endpoint.headers.clone(),
            secret: endpoint.secrets.current.expose(),
            old: old.collect(),
            rules: SealedRules::of(&endpoint.rules),
        };
        let sealed = Zeroizing::new(serde_json::to_vec(&sealed).expect("strings are JSON"));
        Self {
            config: Config::of(endpoint, String::new()),
            sealed: vault.seal(&sealed, &row_name(endpoint.key)),
        }
    }

    /// The words of `endpoint` once it is deleted; nothing is sealed then.
    pub fn tombstone(endpoint: &Endpoint) -> String {
        Config::of(endpoint, without_credentials(&endpoint.url))
    }
}

impl EndpointRecord {
    /// The words of a deleted endpoint of which nothing could be read.
    pub fn blank_tombstone() -> String {
        serde_json::to_string(&Config::default()).expect("strings and numbers are JSON")
    }
}

impl Config {
    fn of(endpoint: &Endpoint, url: String) -> String {
        let config = Self {
            url,
            name: endpoint.name.clone(),
            description: endpoint.description.clone(),
            version: endpoint.version,
            event_types: names(endpoint.event_types.as_deref(), EventTypeName::as_str),
            channels: names(endpoint.channels.as_deref(), Channel::as_str),
            throttle_rate: endpoint.throttle_rate,
            metadata: endpoint.metadata.clone(),
            rules: PlainRules::of(&endpoint.rules),
        };
        serde_json::to_string(&config).expect("strings and numbers are JSON")
    }
}

/// Scheme, host, port and path: user, password and query may be credentials.
fn without_credentials(url: &str) -> String {
    let url = &url[..url.find(['?', '#']).unwrap_or(url.len())];
    let start = url.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(start);
    let authority = &rest[..rest.find('/').unwrap_or(rest.len())];
    let host = authority.rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}{}", &rest[host..])
}

fn names<T>(names: Option<&[T]>, text: impl Fn(&T) -> &str) -> Option<Vec<String>> {
    names.map(|names| names.iter().map(|name| text(name).to_owned()).collect())
}

/// An endpoint as it is stored.
#[derive(Debug)]
pub struct StoredEndpoint<'a> {
    /// Its key.
    pub key: EndpointKey,
    /// Whose it is.
    pub app: AppKey,
    /// The client's own id.
    pub uid: Option<Uid>,
    /// Whether it is turned off.
    pub disabled: bool,
    /// Whether it is deleted.
    pub is_deleted: bool,
    /// Since when nothing got through.
    pub failing_since: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
    /// When its words were changed.
    pub updated: Timestamp,
    /// What [`EndpointRecord`] made.
    pub config: &'a str,
    /// What [`EndpointRecord`] made; empty once it is deleted.
    pub sealed: &'a [u8],
    /// The install that it belongs to, and its client's sealed [`Hook`].
    pub managed: Option<(ManagedBy, &'a [u8])>,
}

impl StoredEndpoint<'_> {
    /// The endpoint.
    pub fn read(self, vault: &Vault) -> Result<Endpoint, Damaged> {
        let damaged = |error: serde_json::Error| Damaged(format!("{}: {error}", self.key));
        let config: Config = serde_json::from_str(self.config).map_err(damaged)?;
        let mut name = config.name;
        let (url, headers, secrets, sealed_rules) = if self.is_deleted {
            let secrets = Secrets::new(Secret::from_random(NO_SECRET));
            (config.url, Vec::new(), secrets, SealedRules::default())
        } else if let Some((mark, hook)) = self.managed {
            let hook = Hook::open(hook, mark.client, vault)?;
            let (secrets, url) = (hook.secrets()?, hook.endpoint_url().to_owned());
            name = hook.name;
            (url, Vec::new(), secrets, SealedRules::default())
        } else {
            let opened = vault.open(self.sealed, &row_name(self.key))?;
            let sealed: Sealed = serde_json::from_slice(&opened).map_err(damaged)?;
            let secrets = secrets(&sealed)?;
            (sealed.url, sealed.headers, secrets, sealed.rules)
        };
        Ok(Endpoint {
            key: self.key,
            app: self.app,
            uid: self.uid,
            name,
            url,
            description: config.description,
            version: config.version,
            disabled: self.disabled,
            event_types: config
                .event_types
                .map(|all| all.iter().map(|name| EventTypeName::stored(name)).collect()),
            channels: config.channels.map(|all| all.iter().map(|name| Channel::stored(name)).collect()),
            throttle_rate: config.throttle_rate,
            metadata: config.metadata,
            headers,
            rules: config.rules.with(sealed_rules)?,
            secrets,
            managed_by: self.managed.map(|(mark, _)| mark),
            failing_since: self.failing_since,
            created: self.created,
            updated: self.updated,
        })
    }
}

fn secrets(sealed: &Sealed) -> Done<Secrets> {
    let old = sealed.old.iter().map(|(text, until)| Ok((secret(text)?, Timestamp::from_micros(*until))));
    Ok(Secrets { current: secret(&sealed.secret)?, old: old.collect::<Done<_>>()? })
}

pub(super) fn secret(text: &str) -> Done<Secret> {
    Secret::parse(text).map_err(|error| Damaged(format!("a stored signing secret {error}")))
}
