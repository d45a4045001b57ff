//! `Endpoint`: a URL that wants messages.

use crate::app::set;
use crate::rules::{Rules, RulesChange};
use crate::{
    AppKey, Channel, ClientKey, EndpointKey, EventTypeName, InstallKey, Metadata, Secret, Timestamp, Uid,
};

/// An endpoint of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its key.
    pub key: EndpointKey,
    /// The tenant.
    pub app: AppKey,
    /// The client's own id, unique in the app.
    pub uid: Option<Uid>,
    /// Display name.
    pub name: String,
    /// Where to deliver; userinfo in it is sent as Basic credentials.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// A number that clients may keep; it changes nothing.
    pub version: u32,
    /// Whether messages flow.
    pub disabled: bool,
    /// Only these event types; `None` = all. Never empty.
    pub event_types: Option<Vec<EventTypeName>>,
    /// Only messages that share one of these channels; `None` = all. Never empty.
    pub channels: Option<Vec<Channel>>,
    /// Deliveries a second; `None` = no limit.
    pub throttle_rate: Option<u32>,
    /// Free-form labels.
    pub metadata: Metadata,
    /// Custom headers in sending order, names in the case they are sent in.
    pub headers: Vec<(String, String)>,
    /// How its requests look and its deliveries go, where that is not as the profile has it.
    pub rules: Rules,
    /// What its deliveries are signed with.
    pub secrets: Secrets,
    /// The install that it belongs to: then nobody changes or deletes it by hand, and its URL, name and secrets are those
    /// of the client.
    pub managed_by: Option<ManagedBy>,
    /// Since when everything sent to it fails; `None` while it works.
    pub failing_since: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
    /// When a client last changed it.
    pub updated: Timestamp,
}

impl Endpoint {
    /// Whether everything that may hold a credential, and where it goes to, is as in `other`: URL, headers and TLS.
    pub fn has_credentials_of(&self, other: &Self) -> bool {
        self.url == other.url && self.headers == other.headers && self.rules.tls == other.rules.tls
    }
}

/// What manages an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManagedBy {
    /// The install.
    pub install: InstallKey,
    /// The client that was installed.
    pub client: ClientKey,
}

/// The secret that signs, and older ones that still do after a rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secrets {
    /// The current secret.
    pub current: Secret,
    /// Older secrets with the time at which each stops signing, newest first.
    pub old: Vec<(Secret, Timestamp)>,
}

impl Secrets {
    /// One secret and no history.
    pub const fn new(current: Secret) -> Self {
        Self { current, old: Vec::new() }
    }

    /// Those that sign at `now`, the current one first.
    pub fn signing(&self, now: Timestamp) -> impl Iterator<Item = &Secret> {
        let live = self.old.iter().filter(move |(_, until)| *until > now).map(|(secret, _)| secret);
        std::iter::once(&self.current).chain(live)
    }

    /// Puts `fresh` in the place of the current secret, which signs on until `until`. Expired ones are forgotten.
    /// `false`, and no change, when already `limit` old secrets sign.
    pub fn rotate(&mut self, fresh: Secret, now: Timestamp, until: Timestamp, limit: usize) -> bool {
        let live = self.old.iter().filter(|(_, end)| *end > now).count();
        if until > now && live >= limit {
            return false;
        }
        self.old.retain(|(_, end)| *end > now);
        let previous = std::mem::replace(&mut self.current, fresh);
        if until > now {
            self.old.insert(0, (previous, until));
        }
        true
    }
}

/// What a client says of an endpoint that shall exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEndpoint {
    /// The client's own id.
    pub uid: Option<Uid>,
    /// Display name; `None` on an update keeps what is there.
    pub name: Option<String>,
    /// Where to deliver.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// A number that clients may keep.
    pub version: u32,
    /// Whether messages flow.
    pub disabled: bool,
    /// Only these event types.
    pub event_types: Option<Vec<EventTypeName>>,
    /// Only these channels.
    pub channels: Option<Vec<Channel>>,
    /// Deliveries a second.
    pub throttle_rate: Option<u32>,
    /// Free-form labels.
    pub metadata: Metadata,
    /// Custom headers; `None` on an update keeps what is there.
    pub headers: Option<Vec<(String, String)>>,
    /// How its requests look and its deliveries go; what is `None` keeps what is there, or is as the profile has it.
    pub rules: RulesChange,
    /// What its deliveries are signed with; ignored on an update.
    pub secret: Secret,
}

impl NewEndpoint {
    /// The endpoint that these words make.
    pub fn into_endpoint(self, key: EndpointKey, app: AppKey, now: Timestamp) -> Endpoint {
        let mut rules = Rules::default();
        self.rules.apply(&mut rules);
        Endpoint {
            key,
            app,
            uid: self.uid,
            name: self.name.unwrap_or_default(),
            url: self.url,
            description: self.description,
            version: self.version,
            disabled: self.disabled,
            event_types: self.event_types,
            channels: self.channels,
            throttle_rate: self.throttle_rate,
            metadata: self.metadata,
            headers: self.headers.unwrap_or_default(),
            rules,
            secrets: Secrets::new(self.secret),
            managed_by: None,
            failing_since: None,
            created: now,
            updated: now,
        }
    }

    /// The change that gives an existing endpoint these values (all but its secret).
    pub fn into_change(self) -> EndpointChange {
        EndpointChange {
            uid: Some(self.uid),
            name: self.name,
            url: Some(self.url),
            description: Some(self.description),
            version: Some(self.version),
            disabled: Some(self.disabled),
            event_types: Some(self.event_types),
            channels: Some(self.channels),
            throttle_rate: Some(self.throttle_rate),
            metadata: Some(self.metadata),
            headers: self.headers.map(HeadersChange::Replace),
            rules: self.rules,
        }
    }
}

/// A partial change: `None` keeps what is there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EndpointChange {
    /// New uid; `Some(None)` removes it.
    pub uid: Option<Option<Uid>>,
    /// New display name.
    pub name: Option<String>,
    /// New URL.
    pub url: Option<String>,
    /// New description.
    pub description: Option<String>,
    /// New version.
    pub version: Option<u32>,
    /// Turn off or on.
    pub disabled: Option<bool>,
    /// New event types; `Some(None)` = all.
    pub event_types: Option<Option<Vec<EventTypeName>>>,
    /// New channels; `Some(None)` = all.
    pub channels: Option<Option<Vec<Channel>>>,
    /// New limit; `Some(None)` = none.
    pub throttle_rate: Option<Option<u32>>,
    /// New labels, all of them.
    pub metadata: Option<Metadata>,
    /// What becomes of the custom headers.
    pub headers: Option<HeadersChange>,
    /// New rules.
    pub rules: RulesChange,
}

/// A change of the custom headers. Names are compared without case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadersChange {
    /// These and no others.
    Replace(Vec<(String, String)>),
    /// Set some, remove some, keep the others.
    Patch {
        /// Set or replaced.
        set: Vec<(String, String)>,
        /// Removed.
        remove: Vec<String>,
    },
}

impl HeadersChange {
    /// The headers after the change of `headers`.
    pub fn apply(self, headers: &[(String, String)]) -> Vec<(String, String)> {
        match self {
            Self::Replace(all) => all,
            Self::Patch { set, remove } => {
                let touched = |name: &str| {
                    remove
                        .iter()
                        .chain(set.iter().map(|(new, _)| new))
                        .any(|other| other.eq_ignore_ascii_case(name))
                };
                let kept = headers.iter().filter(|(name, _)| !touched(name)).cloned();
                kept.chain(set.iter().cloned()).collect()
            }
        }
    }
}

impl EndpointChange {
    /// Changes `endpoint`. Turning it on again forgets how long it failed.
    pub fn apply(self, endpoint: &mut Endpoint, now: Timestamp) {
        if endpoint.disabled && self.disabled == Some(false) {
            endpoint.failing_since = None;
        }
        set(&mut endpoint.uid, self.uid);
        set(&mut endpoint.name, self.name);
        set(&mut endpoint.url, self.url);
        set(&mut endpoint.description, self.description);
        set(&mut endpoint.version, self.version);
        set(&mut endpoint.disabled, self.disabled);
        set(&mut endpoint.event_types, self.event_types);
        set(&mut endpoint.channels, self.channels);
        set(&mut endpoint.throttle_rate, self.throttle_rate);
        set(&mut endpoint.metadata, self.metadata);
        if let Some(change) = self.headers {
            endpoint.headers = change.apply(&endpoint.headers);
        }
        self.rules.apply(&mut endpoint.rules);
        endpoint.updated = now;
    }
}

#[cfg(test)]
mod tests;
