//! A registered trigger's record: its format as JSON, and whatever may be a credential sealed.

use std::time::Duration;

use hookwire_core::id::Key;
use hookwire_core::rules::{Method, Tls};
use hookwire_core::trigger::{Next, On, PayloadEncoding};
use hookwire_core::{AppKey, Timestamp, Trigger, TriggerId};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Damaged, Done};
use crate::Vault;

/// The form of the `config` column.
#[derive(Serialize, Deserialize)]
struct Config {
    method: String,
    headers: Vec<String>,
    query_params: Vec<String>,
    payload_encoding: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload_schema: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout_us: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    next: Vec<Follower>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    hidden: bool,
}

#[derive(Serialize, Deserialize)]
struct Follower {
    trigger: String,
    on: String,
}

/// The form of the `sealed` column, once opened. Values and templates are in the order of their headers and followers.
#[derive(Serialize, Deserialize)]
struct Sealed {
    url: String,
    header_values: Vec<Option<Zeroizing<String>>>,
    data_templates: Vec<Option<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tls: Option<SealedTls>,
}

#[derive(Serialize, Deserialize)]
struct SealedTls {
    ca_pem: Option<String>,
    client_cert_pem: Option<String>,
    client_key_pem: Option<Zeroizing<String>>,
}

/// What to write for a trigger, beside its columns.
#[derive(Debug)]
pub struct TriggerRecord {
    /// What clients may see, as JSON.
    pub config: String,
    /// URL, header values, TLS identity and templates, encrypted for this trigger.
    pub sealed: Vec<u8>,
}

fn row_name(app: AppKey, id: &str) -> String {
    format!("trigger/{}/{id}", app.raw())
}

impl TriggerRecord {
    /// The record of `trigger`.
    pub fn new(trigger: &Trigger, vault: &Vault) -> Self {
        let follower = |next: &Next| Follower {
            trigger: next.trigger.as_str().to_owned(),
            on: next.on.name().to_owned(),
        };
        let config = Config {
            method: trigger.method.name().to_owned(),
            headers: trigger.headers.iter().map(|(name, _)| name.clone()).collect(),
            query_params: trigger.query_params.clone(),
            payload_encoding: trigger.payload_encoding.name().to_owned(),
            payload_schema: trigger.payload_schema.clone(),
            timeout_us: trigger.timeout.map(|span| u64::try_from(span.as_micros()).unwrap_or(u64::MAX)),
            next: trigger.next.iter().map(follower).collect(),
            hidden: trigger.hidden,
        };
        let sealed = Sealed {
            url: trigger.url.clone(),
            header_values: trigger
                .headers
                .iter()
                .map(|(_, value)| value.clone().map(Zeroizing::new))
                .collect(),
            data_templates: trigger.next.iter().map(|next| next.data_template.clone()).collect(),
            tls: trigger.tls.clone().map(|tls| SealedTls {
                ca_pem: tls.ca_pem,
                client_cert_pem: tls.client_cert_pem,
                client_key_pem: tls.client_key_pem,
            }),
        };
        let sealed = Zeroizing::new(serde_json::to_vec(&sealed).expect("strings are JSON"));
        Self {
            config: serde_json::to_string(&config).expect("strings and numbers are JSON"),
            sealed: vault.seal(&sealed, &row_name(trigger.app, trigger.id.as_str())),
        }
    }
}

/// A trigger as it is stored.
#[derive(Debug)]
pub struct StoredTrigger<'a> {
    /// Whose it is.
    pub app: AppKey,
    /// Its id.
    pub id: &'a str,
    /// What [`TriggerRecord`] made.
    pub config: &'a str,
    /// What [`TriggerRecord`] made.
    pub sealed: &'a [u8],
    /// When it was first registered.
    pub created: Timestamp,
    /// When it was last registered.
    pub updated: Timestamp,
}

impl StoredTrigger<'_> {
    /// The trigger.
    pub fn read(self, vault: &Vault) -> Result<Trigger, Damaged> {
        let Self { app, id, .. } = self;
        let config = read_config(id, self.config)?;
        let opened = vault.open(self.sealed, &row_name(app, id))?;
        let sealed: Sealed =
            serde_json::from_slice(&opened).map_err(|error| damaged(id, &error.to_string()))?;
        let values = sealed.header_values.into_iter().map(|value| value.map(|value| value.to_string()));
        let next = config.next.iter().zip(sealed.data_templates);
        Ok(Trigger {
            app,
            id: TriggerId::stored(id),
            url: sealed.url,
            method: Method::from_name(&config.method).ok_or_else(|| damaged(id, "its method"))?,
            headers: config.headers.into_iter().zip(values).collect(),
            query_params: config.query_params,
            payload_encoding: PayloadEncoding::from_name(&config.payload_encoding)
                .ok_or_else(|| damaged(id, "its payload encoding"))?,
            payload_schema: config.payload_schema,
            timeout: config.timeout_us.map(Duration::from_micros),
            tls: sealed.tls.map(|tls| Tls {
                ca_pem: tls.ca_pem,
                client_cert_pem: tls.client_cert_pem,
                client_key_pem: tls.client_key_pem,
            }),
            next: next
                .map(|(follower, data_template)| {
                    let on = On::from_name(&follower.on).ok_or_else(|| damaged(id, "what follows it"))?;
                    Ok(Next { trigger: TriggerId::stored(&follower.trigger), on, data_template })
                })
                .collect::<Done<_>>()?,
            hidden: config.hidden,
            created: self.created,
            updated: self.updated,
        })
    }
}

/// Reads a trigger's id, and which ones follow it directly. Nothing is opened for that.
pub fn read_followers(id: &str, config: &str) -> Result<(TriggerId, Vec<TriggerId>), Damaged> {
    let config = read_config(id, config)?;
    let followers = config.next.iter().map(|follower| TriggerId::stored(&follower.trigger)).collect();
    Ok((TriggerId::stored(id), followers))
}

/// Whether a trigger is hidden from clients. Nothing is opened for that.
pub fn is_hidden(id: &str, config: &str) -> Result<bool, Damaged> {
    Ok(read_config(id, config)?.hidden)
}

fn read_config(id: &str, config: &str) -> Done<Config> {
    serde_json::from_str(config).map_err(|error| damaged(id, &error.to_string()))
}

fn damaged(id: &str, what: &str) -> Damaged {
    Damaged(format!("trigger {id}: {what}"))
}
