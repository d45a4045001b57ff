//! `Profile`: a bundle of defaults and rules that makes an org behave like a given product. Data: one TOML file each.

mod builtin;
mod file;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use file::ProfileError;

use crate::retry::RetryPolicy;
use crate::rules::Signing;
use crate::status::StatusSet;
use crate::template::Template;
use crate::{EventTypeName, ProfileName};

/// A profile.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its name, which is its file's.
    pub name: ProfileName,
    /// What it is, in a few words.
    pub title: String,
    /// Whether `http://` URLs are refused.
    pub https_only: bool,
    /// Which statuses count as success.
    pub success: StatusSet,
    /// When to try again; `None` = as the server is configured.
    pub retry: Option<RetryPolicy>,
    /// The deadline of one attempt; `None` = as the server is configured.
    pub timeout: Option<Duration>,
    /// Only the logs of this many latest deliveries of each endpoint are kept; `None` = all, until retention.
    pub log_limit: Option<u32>,
    /// The `Content-Type` sent.
    pub content_type: String,
    /// Makes the body; `None` = the payload as it was posted.
    pub body_template: Option<Envelope>,
    /// Which signature is sent.
    pub signing: Signing,
    /// The event types that an org with this profile has from the start.
    pub event_types: Vec<ProfileEventType>,
}

/// A template of a profile, with its source.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// As the profile has it.
    pub source: String,
    /// Ready to render.
    pub template: Arc<Template>,
}

/// An event type as a profile describes it.
#[derive(Debug, Clone)]
pub struct ProfileEventType {
    /// Its name.
    pub name: EventTypeName,
    /// What receivers know it as; the name itself unless the profile says otherwise.
    pub alias: String,
    /// What it tells.
    pub description: String,
    /// Still sent, but on its way out.
    pub deprecated: bool,
    /// An example payload, as JSON text.
    pub example: Option<String>,
    /// Makes the body in place of the profile's own template.
    pub body_template: Option<Envelope>,
}

impl Profile {
    /// The event type of that name.
    pub fn event_type(&self, name: &str) -> Option<&ProfileEventType> {
        self.event_types.iter().find(|one| one.name.as_str() == name)
    }

    /// What receivers know an event type as.
    pub fn alias<'a>(&'a self, event_type: &'a str) -> &'a str {
        self.event_type(event_type).map_or(event_type, |one| one.alias.as_str())
    }

    /// The template that makes the body of such a message, if one does.
    pub fn template(&self, event_type: &str) -> Option<&Arc<Template>> {
        let own = self.event_type(event_type).and_then(|one| one.body_template.as_ref());
        own.or(self.body_template.as_ref()).map(|envelope| &envelope.template)
    }
}

/// Every profile that this server knows. There is always a `standard` one.
#[derive(Debug, Clone)]
pub struct Profiles {
    by_name: BTreeMap<ProfileName, Arc<Profile>>,
}

impl Profiles {
    /// Those that Hookwire comes with.
    pub fn builtin() -> Self {
        let all = builtin::all().into_iter().map(|profile| (profile.name.clone(), Arc::new(profile)));
        Self { by_name: all.collect() }
    }

    /// Adds one, in place of another of that name.
    pub fn insert(&mut self, profile: Profile) {
        self.by_name.insert(profile.name.clone(), Arc::new(profile));
    }

    /// The profile of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Profile>> {
        self.by_name.get(name)
    }

    /// The profile of that name; one that this server does not know (any more) counts as `standard`.
    pub fn get_or_standard(&self, name: &str) -> &Arc<Profile> {
        let standard = || self.by_name.get("standard").expect("there is always a standard profile");
        self.by_name.get(name).unwrap_or_else(standard)
    }

    /// All of them by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Profile>> {
        self.by_name.values()
    }
}

#[cfg(test)]
mod tests;
