//! `Catalog`: apps, endpoints, their secrets, and event types.

use async_trait::async_trait;
use hookwire_core::address::AddressPolicy;
use hookwire_core::target::TargetUrl;
use hookwire_core::{
    App, AppChange, AppKey, Endpoint, EndpointChange, EndpointKey, EventType, EventTypeChange, EventTypeName,
    NewApp, NewEndpoint, OrgId, ProfileName, Reference, Secret, Timestamp,
};

use crate::{Page, Result, Slice};

/// What a creating verb found or made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created<T> {
    /// It was made now.
    Fresh(T),
    /// One with this name was there, and was left as it was (create) or changed (upsert).
    Existing(T),
}

impl<T> Created<T> {
    /// The noun, whichever it is.
    pub fn into_inner(self) -> T {
        match self {
            Self::Fresh(value) | Self::Existing(value) => value,
        }
    }
}

/// A new signing secret for an endpoint.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// The new secret.
    pub secret: Secret,
    /// Until when the present one goes on signing beside it.
    pub old_until: Timestamp,
    /// The time now.
    pub now: Timestamp,
}

/// What came of a rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "rotations are rare, and the answer is used up at once")]
pub enum Rotated {
    /// Done.
    Done(Endpoint),
    /// Too many older secrets still sign; nothing was changed.
    TooMany,
    /// No such endpoint.
    Absent,
}

/// What came of a change that was worked out from the endpoint as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "changes are rare, and the answer is used up at once")]
pub enum Changed {
    /// Done.
    Done(Endpoint),
    /// Its URL or its custom headers are others by now; nothing was changed.
    Outdated,
    /// No such endpoint.
    Absent,
}

/// Apps that a list can leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppExclusion {
    /// Those without endpoints.
    WithoutEndpoints,
    /// Those that have endpoints, all of them disabled.
    OnlyDisabled,
    /// Those that have endpoints, all of them at one of these hosts.
    OnlyAt(&'static [&'static str]),
}

impl AppExclusion {
    /// Whether an app with this endpoint alone, or with none, is left out. One with several is when each is covered.
    pub fn covers(&self, endpoint: Option<&Endpoint>) -> bool {
        match (self, endpoint) {
            (Self::WithoutEndpoints, endpoint) => endpoint.is_none(),
            (Self::OnlyDisabled | Self::OnlyAt(_), None) => false,
            (Self::OnlyDisabled, Some(endpoint)) => endpoint.disabled,
            (Self::OnlyAt(hosts), Some(endpoint)) => {
                let target = TargetUrl::parse(&endpoint.url, &AddressPolicy::default(), false);
                target.is_ok_and(|target| hosts.contains(&target.host()))
            }
        }
    }
}

/// The nouns that operators and their customers configure.
///
/// Changes to endpoints are told to the attached [`Dispatch`](crate::Dispatch) after the commit, and to the org as
/// operational notices inside the same transaction.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// The org's profile; `standard` when it chose none.
    async fn profile(&self, org: &OrgId) -> Result<ProfileName>;
    /// Gives the org this profile, and makes those of `event_types` that it does not have (or has archived). Messages
    /// and claims carry the new profile in their app from then on.
    async fn choose_profile(
        &self,
        org: &OrgId,
        profile: ProfileName,
        event_types: Vec<EventType>,
    ) -> Result<()>;

    /// Makes an app; when its uid is taken, answers with the app that has it and changes nothing.
    async fn create_app(&self, org: &OrgId, new: NewApp, now: Timestamp) -> Result<Created<App>>;
    /// The app, unless it is absent, deleted, or another org's.
    async fn app(&self, org: &OrgId, app: &Reference<AppKey>) -> Result<Option<App>>;
    /// An org's apps by age, without those that one of the exclusions covers.
    async fn apps(&self, org: &OrgId, page: Page, without: Vec<AppExclusion>) -> Result<Slice<App>>;
    /// Gives the app these values, or makes one (with `new.uid`, not the reference). Conflict when the uid is another's.
    async fn upsert_app(
        &self,
        org: &OrgId,
        app: &Reference<AppKey>,
        new: NewApp,
        now: Timestamp,
    ) -> Result<Created<App>>;
    /// Changes the app. Conflict when the new uid is another's.
    async fn change_app(
        &self,
        org: &OrgId,
        app: &Reference<AppKey>,
        change: AppChange,
        now: Timestamp,
    ) -> Result<Option<App>>;
    /// Deletes the app: its endpoints go like deleted ones, its pending deliveries are cancelled, its uid is free again.
    async fn delete_app(&self, org: &OrgId, app: &Reference<AppKey>, now: Timestamp) -> Result<bool>;

    /// Makes an endpoint. Conflict when its uid is taken.
    async fn create_endpoint(&self, app: AppKey, new: NewEndpoint, now: Timestamp) -> Result<Endpoint>;
    /// The endpoint, unless it is absent, deleted, or another app's.
    async fn endpoint(&self, app: AppKey, endpoint: &Reference<EndpointKey>) -> Result<Option<Endpoint>>;
    /// An app's endpoints by age.
    async fn endpoints(&self, app: AppKey, page: Page) -> Result<Slice<Endpoint>>;
    /// Gives the endpoint these values (its secret stays), or makes one (with `new.uid`, not the reference).
    async fn upsert_endpoint(
        &self,
        app: AppKey,
        endpoint: &Reference<EndpointKey>,
        new: NewEndpoint,
        now: Timestamp,
    ) -> Result<Created<Endpoint>>;
    /// Changes the endpoint. Conflict when the new uid is another's.
    async fn change_endpoint(
        &self,
        app: AppKey,
        endpoint: &Reference<EndpointKey>,
        change: EndpointChange,
        now: Timestamp,
    ) -> Result<Option<Endpoint>>;
    /// Changes the endpoint if its URL, custom headers and TLS settings are still those of `seen`, which the change was
    /// worked out from. Conflict when the new uid is another's.
    async fn change_endpoint_as_seen(
        &self,
        seen: Endpoint,
        change: EndpointChange,
        now: Timestamp,
    ) -> Result<Changed>;
    /// Puts a new signing secret in place.
    async fn rotate_secret(
        &self,
        app: AppKey,
        endpoint: &Reference<EndpointKey>,
        rotation: Rotation,
    ) -> Result<Rotated>;
    /// Deletes the endpoint: its pending deliveries are cancelled, its uid is free again, its log stays readable. Its
    /// secrets, headers and what may be a credential in its URL are gone when this answers.
    async fn delete_endpoint(
        &self,
        app: AppKey,
        endpoint: &Reference<EndpointKey>,
        now: Timestamp,
    ) -> Result<bool>;

    /// Makes an event type. An archived one of that name is replaced and counts as fresh; another is left as it is.
    async fn create_event_type(&self, org: &OrgId, new: EventType) -> Result<Created<EventType>>;
    /// The event type, archived or not.
    async fn event_type(&self, org: &OrgId, name: &str) -> Result<Option<EventType>>;
    /// An org's event types by name. `visible_to`: only those without feature flags or with one of these.
    async fn event_types(
        &self,
        org: &OrgId,
        page: Page<String>,
        include_archived: bool,
        visible_to: Option<Vec<String>>,
    ) -> Result<Slice<EventType, String>>;
    /// Gives the event type these values (but keeps `created`), or makes it.
    async fn upsert_event_type(&self, org: &OrgId, new: EventType) -> Result<Created<EventType>>;
    /// Changes the event type.
    async fn change_event_type(
        &self,
        org: &OrgId,
        name: &str,
        change: EventTypeChange,
        now: Timestamp,
    ) -> Result<Option<EventType>>;
    /// Archives the event type, or with `expunge` removes it altogether.
    async fn delete_event_type(&self, org: &OrgId, name: &str, expunge: bool, now: Timestamp)
    -> Result<bool>;
    /// Those of `names` that do not exist in the org, are archived, or are not visible as [`Catalog::event_types`] means
    /// it.
    async fn missing_event_types(
        &self,
        org: &OrgId,
        names: Vec<EventTypeName>,
        visible_to: Option<Vec<String>>,
    ) -> Result<Vec<EventTypeName>>;
}
