//! A registered trigger's row: its format as JSON, and whatever may be a credential sealed. An invocation's row.

use std::time::Duration;

use hookwire_core::id::Key;
use hookwire_core::invocation::InvocationOutcome;
use hookwire_core::rules::{Method, Tls};
use hookwire_core::trigger::{Next, On, PayloadEncoding};
use hookwire_core::{AppKey, ErrorClass, Invocation, Trigger, TriggerId};
use hookwire_store::Vault;
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{key, text, text_or_none, time};
use crate::fault::{Done, Fault};

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
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    hidden: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    next: Vec<Follower>,
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

/// The columns to write for a trigger.
pub(crate) struct TriggerRow {
    pub(crate) config: String,
    pub(crate) sealed: Vec<u8>,
}

fn row_name(app: AppKey, id: &str) -> String {
    format!("trigger/{}/{id}", app.raw())
}

impl TriggerRow {
    /// The columns of `trigger`.
    pub(crate) fn new(trigger: &Trigger, vault: &Vault) -> Self {
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
            hidden: trigger.hidden,
            next: trigger.next.iter().map(follower).collect(),
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

/// Reads a trigger.
pub(crate) fn read_trigger(row: &Row<'_>, vault: &Vault) -> Done<Trigger> {
    let app: AppKey = key(row, 0)?;
    let id = text(row, 1)?;
    let config = read_config(id, text(row, 2)?)?;
    let sealed = row.get_ref(3)?.as_blob().map_err(|error| Fault::corrupt(error.to_string()))?;
    let opened = vault.open(sealed, &row_name(app, id))?;
    let sealed: Sealed = serde_json::from_slice(&opened).map_err(|error| damaged(id, &error.to_string()))?;
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
        hidden: config.hidden,
        next: next
            .map(|(follower, data_template)| {
                let on = On::from_name(&follower.on).ok_or_else(|| damaged(id, "what follows it"))?;
                Ok(Next { trigger: TriggerId::stored(&follower.trigger), on, data_template })
            })
            .collect::<Done<_>>()?,
        created: time(row, 4)?,
        updated: time(row, 5)?,
    })
}

/// Whether a trigger's row says that it is hidden from clients. Nothing is opened for that.
pub(crate) fn is_hidden(row: &Row<'_>) -> Done<bool> {
    Ok(read_config(text(row, 1)?, text(row, 2)?)?.hidden)
}

/// Reads a trigger's id, and which ones follow it directly. Nothing is opened for that.
pub(crate) fn read_followers(row: &Row<'_>) -> Done<(TriggerId, Vec<TriggerId>)> {
    let id = text(row, 0)?;
    let config = read_config(id, text(row, 1)?)?;
    let followers = config.next.iter().map(|follower| TriggerId::stored(&follower.trigger)).collect();
    Ok((TriggerId::stored(id), followers))
}

fn read_config(id: &str, config: &str) -> Done<Config> {
    serde_json::from_str(config).map_err(|error| damaged(id, &error.to_string()))
}

fn damaged(id: &str, what: &str) -> Fault {
    Fault::corrupt(format!("trigger {id}: {what}"))
}

/// Reads the record of an invocation.
pub(crate) fn read_invocation(row: &Row<'_>) -> Done<Invocation> {
    let outcome = match row.get::<_, Option<i64>>(7)? {
        None => None,
        Some(duration) => Some(InvocationOutcome {
            duration_us: duration.unsigned_abs(),
            status: row.get(8)?,
            succeeded: row.get(9)?,
            error: text_or_none(row, 10)?.and_then(ErrorClass::from_name),
            response_bytes: row.get::<_, i64>(11)?.unsigned_abs(),
            response: text(row, 12)?.to_owned(),
        }),
    };
    Ok(Invocation {
        key: key(row, 0)?,
        app: key(row, 1)?,
        trigger: TriggerId::stored(text(row, 2)?),
        root: key(row, 3)?,
        caller: text(row, 4)?.to_owned(),
        at: time(row, 5)?,
        request_bytes: row.get::<_, i64>(6)?.unsigned_abs(),
        outcome,
    })
}
