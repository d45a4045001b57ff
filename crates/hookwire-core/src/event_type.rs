//! `EventType`: a named kind of event with optional schemas and examples.

use crate::app::set;
use crate::{EventTypeName, Timestamp};

/// An event type of an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventType {
    /// Its name, unique in the org.
    pub name: EventTypeName,
    /// What it tells.
    pub description: String,
    /// Archived types stay readable but can't be chosen by endpoints.
    pub archived: bool,
    /// Still sent, but on its way out.
    pub deprecated: bool,
    /// JSON Schemas by version, as the JSON text of one object.
    pub schemas: Option<String>,
    /// A heading to list it under.
    pub group_name: Option<String>,
    /// App tokens see it only when they carry one of these flags; empty = everyone.
    pub feature_flags: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
}

/// A partial change: `None` keeps what is there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventTypeChange {
    /// New description.
    pub description: Option<String>,
    /// Archive or bring back.
    pub archived: Option<bool>,
    /// Deprecate or not.
    pub deprecated: Option<bool>,
    /// New schemas, all of them; `Some(None)` removes them.
    pub schemas: Option<Option<String>>,
    /// New heading; `Some(None)` removes it.
    pub group_name: Option<Option<String>>,
    /// New flags, all of them.
    pub feature_flags: Option<Vec<String>>,
}

impl EventTypeChange {
    /// Changes `event_type`.
    pub fn apply(self, event_type: &mut EventType, now: Timestamp) {
        set(&mut event_type.description, self.description);
        set(&mut event_type.archived, self.archived);
        set(&mut event_type.deprecated, self.deprecated);
        set(&mut event_type.schemas, self.schemas);
        set(&mut event_type.group_name, self.group_name);
        set(&mut event_type.feature_flags, self.feature_flags);
        event_type.updated = now;
    }
}
