//! `App`: one customer of the product that sends webhooks; the tenant.

use crate::{AppKey, Metadata, OrgId, ProfileName, Timestamp, Uid};

/// An application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its key.
    pub key: AppKey,
    /// The org that it belongs to.
    pub org: OrgId,
    /// The org's profile.
    pub profile: ProfileName,
    /// The client's own id, unique in the org.
    pub uid: Option<Uid>,
    /// Display name.
    pub name: String,
    /// Deliveries a second over all of its endpoints; `None` = no limit.
    pub throttle_rate: Option<u32>,
    /// Free-form labels.
    pub metadata: Metadata,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
}

/// What a client says of an app that shall exist.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewApp {
    /// Display name.
    pub name: String,
    /// The client's own id.
    pub uid: Option<Uid>,
    /// Deliveries a second; `None` = no limit.
    pub throttle_rate: Option<u32>,
    /// Free-form labels.
    pub metadata: Metadata,
}

impl NewApp {
    /// The app that these words make.
    pub fn into_app(self, key: AppKey, org: OrgId, profile: ProfileName, now: Timestamp) -> App {
        let Self { name, uid, throttle_rate, metadata } = self;
        App { key, org, profile, uid, name, throttle_rate, metadata, created: now, updated: now }
    }

    /// The change that gives an existing app exactly these values.
    pub fn into_change(self) -> AppChange {
        AppChange {
            name: Some(self.name),
            uid: Some(self.uid),
            throttle_rate: Some(self.throttle_rate),
            metadata: Some(self.metadata),
        }
    }
}

/// A partial change: `None` keeps what is there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppChange {
    /// New name.
    pub name: Option<String>,
    /// New uid; `Some(None)` removes it.
    pub uid: Option<Option<Uid>>,
    /// New limit; `Some(None)` removes it.
    pub throttle_rate: Option<Option<u32>>,
    /// New labels, all of them.
    pub metadata: Option<Metadata>,
}

impl AppChange {
    /// Changes `app`.
    pub fn apply(self, app: &mut App, now: Timestamp) {
        set(&mut app.name, self.name);
        set(&mut app.uid, self.uid);
        set(&mut app.throttle_rate, self.throttle_rate);
        set(&mut app.metadata, self.metadata);
        app.updated = now;
    }
}

/// Replaces `slot` when there is something new.
pub(crate) fn set<T>(slot: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *slot = new;
    }
}
