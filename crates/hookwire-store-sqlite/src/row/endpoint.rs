//! An endpoint's row: what lists filter by in columns, its words as JSON, and everything that may be a credential sealed.

use hookwire_core::endpoint::Secrets;
use hookwire_core::id::Key;
use hookwire_core::{
    AppKey, Channel, Endpoint, EndpointKey, EventTypeName, Metadata, Secret, Timestamp, Uid,
};
use hookwire_store::Vault;
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{key, text, text_or_none, time, time_or_none};
use crate::fault::{Done, Fault};

/// The form of the `config` column.
#[derive(Serialize, Deserialize)]
struct Config {
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
}

/// The form of the `sealed` column, once opened.
#[derive(Serialize, Deserialize)]
struct Sealed {
    url: String,
    headers: Vec<(String, String)>,
    secret: Zeroizing<String>,
    old: Vec<(Zeroizing<String>, i64)>,
}

/// The columns to write for an endpoint.
pub(crate) struct EndpointRow {
    pub(crate) config: String,
    pub(crate) sealed: Vec<u8>,
}

fn row_name(endpoint: EndpointKey) -> String {
    format!("endpoint/{}", endpoint.raw())
}

impl EndpointRow {
    /// The columns of `endpoint`.
    pub(crate) fn new(endpoint: &Endpoint, vault: &Vault) -> Self {
        let config = Config {
            description: endpoint.description.clone(),
            version: endpoint.version,
            event_types: names(endpoint.event_types.as_deref(), EventTypeName::as_str),
            channels: names(endpoint.channels.as_deref(), Channel::as_str),
            throttle_rate: endpoint.throttle_rate,
            metadata: endpoint.metadata.clone(),
        };
        let old = endpoint.secrets.old.iter().map(|(secret, until)| (secret.expose(), until.micros()));
        let sealed = Sealed {
            url: endpoint.url.clone(),
            headers: endpoint.headers.clone(),
            secret: endpoint.secrets.current.expose(),
            old: old.collect(),
        };
        let sealed = Zeroizing::new(serde_json::to_vec(&sealed).expect("strings are JSON"));
        Self {
            config: serde_json::to_string(&config).expect("strings and numbers are JSON"),
            sealed: vault.seal(&sealed, &row_name(endpoint.key)),
        }
    }
}

fn names<T>(names: Option<&[T]>, text: impl Fn(&T) -> &str) -> Option<Vec<String>> {
    names.map(|names| names.iter().map(|name| text(name).to_owned()).collect())
}

/// Reads an endpoint, and whether it is deleted.
pub(crate) fn read_endpoint(row: &Row<'_>, vault: &Vault) -> Done<(Endpoint, bool)> {
    let endpoint_key: EndpointKey = key(row, 0)?;
    let damaged = |error: serde_json::Error| Fault::corrupt(format!("{endpoint_key}: {error}"));
    let config: Config = serde_json::from_str(text(row, 7)?).map_err(damaged)?;
    let sealed = row.get_ref(8)?.as_blob().map_err(|error| Fault::corrupt(error.to_string()))?;
    let opened = vault.open(sealed, &row_name(endpoint_key))?;
    let sealed: Sealed = serde_json::from_slice(&opened).map_err(damaged)?;
    let endpoint = Endpoint {
        key: endpoint_key,
        app: key::<AppKey>(row, 1)?,
        uid: text_or_none(row, 2)?.map(Uid::stored),
        url: sealed.url,
        description: config.description,
        version: config.version,
        disabled: row.get(3)?,
        event_types: config
            .event_types
            .map(|all| all.iter().map(|name| EventTypeName::stored(name)).collect()),
        channels: config.channels.map(|all| all.iter().map(|name| Channel::stored(name)).collect()),
        throttle_rate: config.throttle_rate,
        metadata: config.metadata,
        headers: sealed.headers,
        secrets: Secrets {
            current: secret(&sealed.secret)?,
            old: sealed
                .old
                .iter()
                .map(|(text, until)| Ok((secret(text)?, Timestamp::from_micros(*until))))
                .collect::<Done<_>>()?,
        },
        failing_since: time_or_none(row, 4)?,
        created: time(row, 5)?,
        updated: time(row, 6)?,
    };
    Ok((endpoint, row.get(9)?))
}

fn secret(text: &str) -> Done<Secret> {
    Secret::parse(text).map_err(|error| Fault::corrupt(format!("a stored signing secret {error}")))
}
