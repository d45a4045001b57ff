//! The wire shapes of an event type.

use hookwire_core::{EventType, EventTypeChange, EventTypeName, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::schemas;
use crate::problem::{Issues, Problem};
use crate::v1::check::{self, Given};

const FLAGS_MAX: usize = 100;

/// An event type as clients describe it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventTypeIn {
    /// Its name, unique in the org: letters, digits, `-`, `_` and `.`.
    name: String,
    /// What it tells.
    description: String,
    /// Whether endpoints can't choose it.
    #[serde(default, deserialize_with = "check::or_default")]
    archived: bool,
    /// Whether it is on its way out.
    #[serde(default, deserialize_with = "check::or_default")]
    deprecated: bool,
    /// JSON Schemas by version; `examples` of version 1 can be sent as examples.
    #[schema(value_type = Option<Object>)]
    schemas: Option<Box<RawValue>>,
    /// A heading to list it under.
    group_name: Option<String>,
    /// Application tokens see it only when they carry one of these.
    feature_flags: Option<Vec<String>>,
    /// An older form of `featureFlags`, for one.
    feature_flag: Option<String>,
}

/// The values of an event type whose name stands in the path.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventTypeUpsertIn {
    /// What it tells.
    description: String,
    /// Whether endpoints can't choose it.
    #[serde(default, deserialize_with = "check::or_default")]
    archived: bool,
    /// Whether it is on its way out.
    #[serde(default, deserialize_with = "check::or_default")]
    deprecated: bool,
    /// JSON Schemas by version.
    #[schema(value_type = Option<Object>)]
    schemas: Option<Box<RawValue>>,
    /// A heading to list it under.
    group_name: Option<String>,
    /// Application tokens see it only when they carry one of these.
    feature_flags: Option<Vec<String>>,
    /// An older form of `featureFlags`, for one.
    feature_flag: Option<String>,
}

impl EventTypeIn {
    /// Checks every field.
    pub(super) fn into_new(self, now: Timestamp) -> Result<EventType, Problem> {
        let Self { name, description, archived, deprecated, schemas, group_name, .. } = self;
        let (feature_flags, feature_flag) = (self.feature_flags, self.feature_flag);
        let values = EventTypeUpsertIn {
            description,
            archived,
            deprecated,
            schemas,
            group_name,
            feature_flags,
            feature_flag,
        };
        values.into_new(&name, &["body", "name"], now)
    }
}

impl EventTypeUpsertIn {
    /// Checks every field, and the name, which stands at `name_at`.
    pub(super) fn into_new(self, name: &str, name_at: &[&str], now: Timestamp) -> Result<EventType, Problem> {
        let mut issues = Issues::default();
        let name = issues.take(name_at, EventTypeName::parse(name));
        check::description(&mut issues, &["body", "description"], &self.description);
        let schemas = self.schemas.and_then(|text| vet_schemas(&mut issues, &text));
        let group_name = self.group_name.inspect(|group| vet_group(&mut issues, group));
        let feature_flags =
            self.feature_flags.or(self.feature_flag.map(|flag| vec![flag])).unwrap_or_default();
        vet_flags(&mut issues, &feature_flags);
        issues.done()?;
        let Some(name) = name else { return Err(Problem::invalid(name_at, "must be given")) };
        let (archived, deprecated) = (self.archived, self.deprecated);
        let description = self.description;
        Ok(EventType {
            name,
            description,
            archived,
            deprecated,
            schemas,
            group_name,
            feature_flags,
            created: now,
            updated: now,
        })
    }
}

fn vet_schemas(issues: &mut Issues, text: &RawValue) -> Option<String> {
    if text.get() == "null" { None } else { schemas::vet(issues, text.get()) }
}

fn vet_group(issues: &mut Issues, group: &str) {
    check::name(issues, &["body", "groupName"], group);
}

fn vet_flags(issues: &mut Issues, flags: &[String]) {
    let bad = flags.iter().any(|flag| flag.is_empty() || flag.chars().count() > check::NAME_MAX);
    if flags.len() > FLAGS_MAX || bad {
        let msg = format!("may have at most {FLAGS_MAX} items of 1 to {} characters", check::NAME_MAX);
        issues.add(&["body", "featureFlags"], msg);
    }
}

/// A partial change of an event type: what is absent stays, what is null is removed.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventTypePatch {
    /// What it tells.
    #[serde(default, deserialize_with = "check::not_null")]
    #[schema(value_type = String, required = false)]
    description: Option<String>,
    /// Whether endpoints can't choose it.
    #[serde(default, deserialize_with = "check::not_null")]
    #[schema(value_type = bool, required = false)]
    archived: Option<bool>,
    /// Whether it is on its way out.
    #[serde(default, deserialize_with = "check::not_null")]
    #[schema(value_type = bool, required = false)]
    deprecated: Option<bool>,
    /// JSON Schemas by version, all of them.
    #[serde(default, deserialize_with = "check::given")]
    #[schema(value_type = Option<Object>)]
    schemas: Given<Box<RawValue>>,
    /// A heading to list it under.
    #[serde(default, deserialize_with = "check::given")]
    #[schema(value_type = Option<String>)]
    group_name: Given<String>,
    /// Application tokens see it only when they carry one of these.
    #[serde(default, deserialize_with = "check::given")]
    #[schema(value_type = Option<Vec<String>>)]
    feature_flags: Given<Vec<String>>,
    /// An older form of `featureFlags`, for one.
    #[serde(default, deserialize_with = "check::given")]
    #[schema(value_type = Option<String>)]
    feature_flag: Given<String>,
}

impl EventTypePatch {
    /// Checks every field.
    pub(super) fn into_change(self) -> Result<EventTypeChange, Problem> {
        let mut issues = Issues::default();
        if let Some(description) = &self.description {
            check::description(&mut issues, &["body", "description"], description);
        }
        let schemas = self.schemas.map(|text| text.and_then(|text| vet_schemas(&mut issues, &text)));
        if let Some(Some(group)) = &self.group_name {
            vet_group(&mut issues, group);
        }
        let flag = self.feature_flag.map(|flag| flag.map(|flag| vec![flag]));
        let feature_flags = self.feature_flags.or(flag).map(Option::unwrap_or_default);
        vet_flags(&mut issues, feature_flags.as_deref().unwrap_or_default());
        issues.done()?;
        Ok(EventTypeChange {
            description: self.description,
            archived: self.archived,
            deprecated: self.deprecated,
            schemas,
            group_name: self.group_name,
            feature_flags,
        })
    }
}

/// An event type.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventTypeOut {
    /// Its name.
    name: String,
    /// What it tells.
    description: String,
    /// Whether endpoints can't choose it.
    archived: bool,
    /// Whether it is on its way out.
    deprecated: bool,
    /// JSON Schemas by version; null when there are none or they were not asked for.
    #[schema(value_type = Option<Object>)]
    schemas: Option<Box<RawValue>>,
    /// When it was made.
    created_at: String,
    /// When it was last changed.
    updated_at: String,
    /// A heading to list it under.
    #[serde(skip_serializing_if = "Option::is_none")]
    group_name: Option<String>,
    /// Application tokens see it only when they carry one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    feature_flags: Option<Vec<String>>,
    /// The first of `featureFlags`.
    #[serde(skip_serializing_if = "Option::is_none")]
    feature_flag: Option<String>,
}

impl EventTypeOut {
    /// With its schemas or without.
    pub(super) fn of(event_type: EventType, with_schemas: bool) -> Self {
        let schemas = event_type.schemas.filter(|_| with_schemas);
        let flags = Some(event_type.feature_flags).filter(|flags| !flags.is_empty());
        Self {
            name: event_type.name.to_string(),
            description: event_type.description,
            archived: event_type.archived,
            deprecated: event_type.deprecated,
            schemas: schemas.and_then(|text| RawValue::from_string(text).ok()),
            created_at: event_type.created.to_rfc3339(),
            updated_at: event_type.updated.to_rfc3339(),
            group_name: event_type.group_name,
            feature_flag: flags.as_ref().and_then(|flags| flags.first().cloned()),
            feature_flags: flags,
        }
    }
}
