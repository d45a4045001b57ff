//! The wire shapes of an application.

use hookwire_core::id::Key;
use hookwire_core::{App, AppChange, Metadata, NewApp, Uid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::{Issues, Problem};
use crate::v1::check::{self, Given};

/// An application as clients describe it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::v1) struct ApplicationIn {
    /// Display name.
    name: String,
    /// The client's own id, unique among all applications.
    uid: Option<String>,
    /// Deliveries a second over all endpoints; null = no limit.
    throttle_rate: Option<u32>,
    /// An older name of `throttleRate`.
    rate_limit: Option<u32>,
    /// Free-form labels.
    #[serde(default, deserialize_with = "check::or_default")]
    #[schema(value_type = BTreeMap<String, String>)]
    metadata: Metadata,
}

impl ApplicationIn {
    /// The client's own id, as given.
    pub(in crate::v1) fn uid(&self) -> Option<&str> {
        self.uid.as_deref()
    }

    /// Checks every field; `within` is where the object stands in the body.
    pub(in crate::v1) fn into_new(self, within: &[&str]) -> Result<NewApp, Problem> {
        let mut issues = Issues::default();
        let at = |field: &'static str| [within, &[field]].concat();
        check::name(&mut issues, &at("name"), &self.name);
        let throttle_rate = self.throttle_rate.or(self.rate_limit);
        check::rate(&mut issues, &at("throttle_rate"), throttle_rate);
        check::metadata(&mut issues, &at("metadata"), &self.metadata);
        let uid_at = [within, &["uid", "__all__"]].concat();
        let uid = self.uid.and_then(|uid| issues.take(&uid_at, Uid::for_app(&uid)));
        issues.done()?;
        Ok(NewApp { name: self.name, uid, throttle_rate, metadata: self.metadata })
    }
}

/// A partial change of an application: what is absent stays, what is null is removed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApplicationPatch {
    /// Display name.
    #[serde(default, deserialize_with = "check::not_null")]
    #[schema(value_type = String, required = false)]
    name: Option<String>,
    /// The client's own id.
    #[serde(default, deserialize_with = "check::given")]
    #[schema(value_type = Option<String>)]
    uid: Given<String>,
    /// Deliveries a second.
    #[serde(default, deserialize_with = "check::given")]
    #[schema(value_type = Option<u32>)]
    throttle_rate: Given<u32>,
    /// An older name of `throttleRate`.
    #[serde(default, deserialize_with = "check::given")]
    #[schema(value_type = Option<u32>)]
    rate_limit: Given<u32>,
    /// Free-form labels, all of them.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    #[serde(default, deserialize_with = "check::given_or_default")]
    metadata: Option<Metadata>,
}

impl ApplicationPatch {
    /// Checks every field.
    pub(super) fn into_change(self) -> Result<AppChange, Problem> {
        let mut issues = Issues::default();
        if let Some(name) = &self.name {
            check::name(&mut issues, &["body", "name"], name);
        }
        let throttle_rate = self.throttle_rate.or(self.rate_limit);
        check::rate(&mut issues, &["body", "throttle_rate"], throttle_rate.flatten());
        if let Some(metadata) = &self.metadata {
            check::metadata(&mut issues, &["body", "metadata"], metadata);
        }
        let uid = self
            .uid
            .map(|uid| uid.and_then(|uid| issues.take(&["body", "uid", "__all__"], Uid::for_app(&uid))));
        issues.done()?;
        Ok(AppChange { name: self.name, uid, throttle_rate, metadata: self.metadata })
    }
}

/// An application.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::v1) struct ApplicationOut {
    /// Its id.
    id: String,
    /// The client's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    /// Display name.
    name: String,
    /// The same as `throttleRate`, under its older name.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_limit: Option<u32>,
    /// Deliveries a second over all endpoints; null = no limit.
    throttle_rate: Option<u32>,
    /// When it was made.
    created_at: String,
    /// When it was last changed.
    updated_at: String,
    /// Free-form labels.
    #[schema(value_type = BTreeMap<String, String>)]
    metadata: Metadata,
}

impl From<App> for ApplicationOut {
    fn from(app: App) -> Self {
        Self {
            id: app.key.public(),
            uid: app.uid.map(|uid| uid.to_string()),
            name: app.name,
            rate_limit: app.throttle_rate,
            throttle_rate: app.throttle_rate,
            created_at: app.created.to_rfc3339(),
            updated_at: app.updated.to_rfc3339(),
            metadata: app.metadata,
        }
    }
}
