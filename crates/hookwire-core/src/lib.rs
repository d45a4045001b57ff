//! The pure domain of Hookwire: nouns, ids, and every rule that decides something. No I/O, no clock, no randomness.

pub mod address;
pub mod app;
pub mod attempt;
pub mod clock;
pub mod delivery;
pub mod endpoint;
pub mod event_type;
pub mod filter;
pub mod header;
pub mod health;
pub mod id;
pub mod invocation;
pub mod json;
pub mod limits;
pub mod message;
pub mod name;
pub mod notice;
pub mod oauth;
pub mod outcome;
pub mod profile;
pub mod retry;
pub mod rules;
pub mod secret;
pub mod signature;
pub mod span;
pub mod status;
pub mod subscription;
pub mod target;
pub mod task;
pub mod template;
pub mod time;
pub mod trigger;

pub use app::{App, AppChange, NewApp};
pub use attempt::{Attempt, AttemptStatus, TriggerType};
pub use clock::Clock;
pub use delivery::{Delivery, DeliveryState, Transition, Verdict};
pub use endpoint::{Endpoint, EndpointChange, NewEndpoint};
pub use event_type::{EventType, EventTypeChange};
pub use filter::Filter;
pub use id::{
    AppKey, AttemptKey, ClientKey, EndpointKey, InstallKey, InvocationKey, KeyMint, MessageKey, Reference,
    TaskKey,
};
pub use invocation::Invocation;
pub use message::{Message, Payload};
pub use name::{Channel, EventTypeName, OrgId, ProfileName, Tag, TriggerId, Uid};
pub use outcome::{ErrorClass, Timings};
pub use profile::{Profile, Profiles};
pub use secret::Secret;
pub use time::Timestamp;
pub use trigger::Trigger;

/// Free-form labels that a client keeps on a noun.
pub type Metadata = std::collections::BTreeMap<String, String>;
