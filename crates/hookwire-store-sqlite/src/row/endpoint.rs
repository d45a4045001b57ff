//! An endpoint's row: what lists filter by in columns, its words as JSON, and everything that may be a credential sealed.

use hookwire_core::endpoint::{ManagedBy, Secrets};
use hookwire_core::id::Key;
use hookwire_core::secret::GENERATED_BYTES;
use hookwire_core::{
    AppKey, Channel, ClientKey, Endpoint, EndpointKey, EventTypeName, InstallKey, Metadata, Secret,
    Timestamp, Uid,
};
use hookwire_store::Vault;
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::oauth::{Hook, blob};
use super::rules::{PlainRules, SealedRules};
use super::{key, text, text_or_none, time, time_or_none};
use crate::fault::{Done, Fault};

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

/// The columns to write for an endpoint.
pub(crate) struct EndpointRow {
    pub(crate) config: String,
    pub(crate) sealed: Vec<u8>,
}

fn row_name(endpoint: EndpointKey) -> String {
    format!("endpoint/{}", endpoint.raw())
}

impl EndpointRow {
    /// The columns of `endpoint`. Of a managed one nothing is sealed: its URL and secrets are its client's.
    pub(crate) fn new(endpoint: &Endpoint, vault: &Vault) -> Self {
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

    /// The `config` column of `endpoint` once it is deleted; its `sealed` column is empty then.
    pub(crate) fn tombstone(endpoint: &Endpoint) -> String {
        Config::of(endpoint, without_credentials(&endpoint.url))
    }
}

impl EndpointRow {
    /// The `config` column of a deleted endpoint of which nothing could be read.
    pub(crate) fn blank_tombstone() -> String {
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

/// Reads an endpoint, and whether it is deleted.
pub(crate) fn read_endpoint(row: &Row<'_>, vault: &Vault) -> Done<(Endpoint, bool)> {
    let endpoint_key: EndpointKey = key(row, 0)?;
    let damaged = |error: serde_json::Error| Fault::corrupt(format!("{endpoint_key}: {error}"));
    let config: Config = serde_json::from_str(text(row, 7)?).map_err(damaged)?;
    let is_deleted = row.get(9)?;
    let managed_by = managed_by(row)?;
    let mut name = config.name;
    let (url, headers, secrets, sealed_rules) = if is_deleted {
        let secrets = Secrets::new(Secret::from_random(NO_SECRET));
        (config.url, Vec::new(), secrets, SealedRules::default())
    } else if let Some(ManagedBy { client, .. }) = managed_by {
        let hook = Hook::open(blob(row, 12)?, client, vault)?;
        let secrets = hook.secrets()?;
        let url = hook.endpoint_url().to_owned();
        name = hook.name;
        (url, Vec::new(), secrets, SealedRules::default())
    } else {
        let opened = vault.open(blob(row, 8)?, &row_name(endpoint_key))?;
        let sealed: Sealed = serde_json::from_slice(&opened).map_err(damaged)?;
        let secrets = secrets(&sealed)?;
        (sealed.url, sealed.headers, secrets, sealed.rules)
    };
    let endpoint = Endpoint {
        key: endpoint_key,
        app: key::<AppKey>(row, 1)?,
        uid: text_or_none(row, 2)?.map(Uid::stored),
        name,
        url,
        description: config.description,
        version: config.version,
        disabled: row.get(3)?,
        event_types: config
            .event_types
            .map(|all| all.iter().map(|name| EventTypeName::stored(name)).collect()),
        channels: config.channels.map(|all| all.iter().map(|name| Channel::stored(name)).collect()),
        throttle_rate: config.throttle_rate,
        metadata: config.metadata,
        headers,
        rules: config.rules.with(sealed_rules)?,
        secrets,
        managed_by,
        failing_since: time_or_none(row, 4)?,
        created: time(row, 5)?,
        updated: time(row, 6)?,
    };
    Ok((endpoint, is_deleted))
}

fn managed_by(row: &Row<'_>) -> Done<Option<ManagedBy>> {
    let install = row.get::<_, Option<i64>>(10)?.map(InstallKey::from_raw);
    let client = row.get::<_, Option<i64>>(11)?.map(ClientKey::from_raw);
    Ok(install.zip(client).map(|(install, client)| ManagedBy { install, client }))
}

fn secrets(sealed: &Sealed) -> Done<Secrets> {
    let old = sealed.old.iter().map(|(text, until)| Ok((secret(text)?, Timestamp::from_micros(*until))));
    Ok(Secrets { current: secret(&sealed.secret)?, old: old.collect::<Done<_>>()? })
}

pub(super) fn secret(text: &str) -> Done<Secret> {
    Secret::parse(text).map_err(|error| Fault::corrupt(format!("a stored signing secret {error}")))
}
