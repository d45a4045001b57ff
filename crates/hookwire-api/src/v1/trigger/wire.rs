//! The wire shapes of a trigger: as it is registered, and as it is shown to whom.

use std::collections::BTreeMap;

use hookwire_core::{Trigger, span, trigger};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::masked;
use crate::v1::endpoint::credentials::{self, MASK};

/// A trigger as it is registered.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TriggerIn {
    /// The id again; when given, the one in the path.
    pub(super) id: Option<String>,
    /// Where to call: an `https://` or `http://` URL. A masked password (`***`) keeps the one that is registered.
    pub(super) url: String,
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub(super) method: String,
    /// Headers. A value is sent with every call and never shown; `***` keeps the one that is registered. Null: the
    /// client may give a value.
    #[schema(value_type = Option<BTreeMap<String, Option<String>>>)]
    pub(super) headers: Option<BTreeMap<String, Option<String>>>,
    /// Names of query parameters that the client may give.
    pub(super) query_params: Option<Vec<String>>,
    /// `json` (unless given), `text` or `base64`.
    #[serde(alias = "payload_encoding")]
    pub(super) payload_encoding: Option<String>,
    /// A JSON Schema for the client's data; only with `json`.
    #[schema(value_type = Option<Object>)]
    pub(super) payload_schema: Option<Box<RawValue>>,
    /// The call's deadline, such as `10s`; at most `60s`. Null = the server's.
    pub(super) timeout: Option<String>,
    /// Whom to trust, and how to identify ourselves.
    pub(super) tls: Option<TriggerTls>,
    /// Whether it is a step of chains only: an application's token neither sees nor invokes it.
    pub(super) hidden: Option<bool>,
    /// Calls that follow this one.
    pub(super) next: Option<Vec<TriggerNext>>,
}

/// TLS settings of a trigger.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TriggerTls {
    /// Certificate authorities in PEM, trusted besides the public ones.
    pub(super) ca_pem: Option<String>,
    /// The certificate chain in PEM that is shown to the receiver.
    pub(super) client_cert_pem: Option<String>,
    /// The key of that certificate in PEM. Shown as `***`, which keeps the one that is registered.
    pub(super) client_key_pem: Option<String>,
}

/// A call that follows another one.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TriggerNext {
    /// The trigger to call.
    pub(super) trigger: String,
    /// After which outcome: `success` (unless given), `failure` or `always`.
    pub(super) on: Option<String>,
    /// A Mustache template that makes its data; null = the answer's body.
    pub(super) data_template: Option<String>,
}

/// A trigger. Fields from `url` on are shown to org tokens only.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TriggerOut {
    /// Its id.
    id: String,
    /// The request's method.
    method: &'static str,
    /// Headers: null where the client may give a value, `***` where one is registered (shown to org tokens only).
    #[schema(value_type = BTreeMap<String, Option<String>>)]
    headers: BTreeMap<String, Option<&'static str>>,
    /// Names of query parameters that the client may give.
    query_params: Vec<String>,
    /// `json`, `text` or `base64`.
    payload_encoding: &'static str,
    /// The JSON Schema of the client's data.
    #[schema(value_type = Option<Object>)]
    payload_schema: Option<Box<RawValue>>,
    #[serde(flatten)]
    hidden: Option<TriggerHidden>,
}

/// What of a trigger only org tokens see.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TriggerHidden {
    /// Where it calls; a password in it is masked.
    url: String,
    /// The call's deadline; null = the server's.
    timeout: Option<String>,
    /// Whom it trusts, and how it identifies itself; the key is masked.
    tls: Option<TriggerTls>,
    /// Whether it is a step of chains only.
    hidden: bool,
    /// Calls that follow this one.
    next: Vec<TriggerNext>,
    /// When it was registered.
    created_at: String,
    /// When it was last registered anew.
    updated_at: String,
}

impl TriggerOut {
    /// All of it, with values masked that are never shown.
    pub(super) fn whole(trigger: Trigger) -> Self {
        let hidden = TriggerHidden {
            url: credentials::masked(&trigger.url),
            timeout: trigger.timeout.map(span::format),
            tls: trigger.tls.as_ref().map(masked::tls),
            hidden: trigger.hidden,
            next: trigger.next.iter().map(TriggerNext::from).collect(),
            created_at: trigger.created.to_rfc3339(),
            updated_at: trigger.updated.to_rfc3339(),
        };
        let headers = trigger.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), value.as_ref().map(|_| MASK))).collect();
        Self { hidden: Some(hidden), headers, ..Self::format(trigger) }
    }

    /// What a client must know in order to invoke it.
    pub(super) fn format(trigger: Trigger) -> Self {
        let open = trigger.headers.into_iter().filter(|(_, value)| value.is_none());
        Self {
            id: trigger.id.to_string(),
            method: trigger.method.name(),
            headers: open.map(|(name, _)| (name, None)).collect(),
            query_params: trigger.query_params,
            payload_encoding: trigger.payload_encoding.name(),
            payload_schema: trigger.payload_schema.and_then(|text| RawValue::from_string(text).ok()),
            hidden: None,
        }
    }
}

impl From<&trigger::Next> for TriggerNext {
    fn from(next: &trigger::Next) -> Self {
        Self {
            trigger: next.trigger.to_string(),
            on: Some(next.on.name().to_owned()),
            data_template: next.data_template.clone(),
        }
    }
}
