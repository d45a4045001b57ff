//! `Catalog`: each verb is one question or one transaction.

pub(crate) mod app;
pub(crate) mod endpoint;
pub(crate) mod event_type;
pub(crate) mod org;
pub(crate) mod remove;
pub(crate) mod trigger;

use std::sync::Arc;

use async_trait::async_trait;
use hookwire_core::{
    App, AppChange, AppKey, Endpoint, EndpointChange, EndpointKey, EventType, EventTypeChange, EventTypeName,
    NewApp, NewEndpoint, OrgId, ProfileName, Reference, Timestamp,
};
use hookwire_store::catalog::{AppExclusion, Changed, Created, Rotated, Rotation};
use hookwire_store::{Catalog, Page, Result, Slice};

use crate::PostgresStore;

/// Runs `$verb` in a transaction of its own, to its end.
macro_rules! write {
    ($store:ident, $work:ident => $verb:expr) => {{
        let shared = Arc::clone(&$store.shared);
        $crate::work::answered(&$store.shared, async move {
            let mut work = $crate::work::Work::begin(&shared).await?;
            let outcome = {
                let $work = &mut work;
                $verb.await
            };
            work.end(outcome).await
        })
        .await
    }};
}
pub(crate) use write;

/// Asks `$question` on a connection of its own. If nobody waits for the answer any more, the connection is given up: the next
/// one to use it would have to.
macro_rules! read {
    ($store:ident, $link:ident => $question:expr) => {{
        let read = async {
            let mut $link = $store.shared.pool.take().await?;
            $link.soil();
            let answer: $crate::fault::Done<_> = $question.await;
            $link.clean();
            if let Err(fault) = &answer {
                $link.failed(fault);
            }
            answer
        };
        let limit = $store.shared.settings.answer_max;
        $crate::fault::in_time(limit, read).await.map_err($crate::fault::Fault::into_error)
    }};
}
pub(crate) use read;

#[async_trait]
impl Catalog for PostgresStore {
    async fn profile(&self, org: &OrgId) -> Result<ProfileName> {
        read!(self, link => org::profile(&link, org))
    }

    async fn choose_profile(
        &self,
        org: &OrgId,
        profile: ProfileName,
        event_types: Vec<EventType>,
    ) -> Result<()> {
        let org = org.clone();
        write!(self, work => org::choose_profile(work, &org, &profile, event_types))
    }

    async fn create_app(&self, org: &OrgId, new: NewApp, now: Timestamp) -> Result<Created<App>> {
        let org = org.clone();
        write!(self, work => app::create(work, &org, new, now))
    }

    async fn app(&self, org: &OrgId, app: &Reference<AppKey>) -> Result<Option<App>> {
        read!(self, link => app::find(&link, org, app))
    }

    async fn apps(&self, org: &OrgId, page: Page, without: Vec<AppExclusion>) -> Result<Slice<App>> {
        read!(self, link => app::list(&link, &self.shared.vault, org, page, &without))
    }

    async fn upsert_app(
        &self,
        org: &OrgId,
        app: &Reference<AppKey>,
        new: NewApp,
        now: Timestamp,
    ) -> Result<Created<App>> {
        let (org, app) = (org.clone(), app.clone());
        write!(self, work => app::upsert(work, &org, &app, new, now))
    }

    async fn change_app(
        &self,
        org: &OrgId,
        app: &Reference<AppKey>,
        change: AppChange,
        now: Timestamp,
    ) -> Result<Option<App>> {
        let (org, app) = (org.clone(), app.clone());
        write!(self, work => app::change(work, &org, &app, change, now))
    }

    async fn delete_app(&self, org: &OrgId, app: &Reference<AppKey>, now: Timestamp) -> Result<bool> {
        let (org, app) = (org.clone(), app.clone());
        let clients = write!(self, work => app::delete(work, &org, &app, now))?;
        for client in clients.iter().flatten() {
            self.settle_client(*client, now).await?;
        }
        Ok(clients.is_some())
    }

    async fn create_endpoint(&self, app: AppKey, new: NewEndpoint, now: Timestamp) -> Result<Endpoint> {
        write!(self, work => endpoint::create(work, app, new, now))
    }

    async fn endpoint(&self, app: AppKey, endpoint: &Reference<EndpointKey>) -> Result<Option<Endpoint>> {
        read!(self, link => endpoint::find(&link, &self.shared.vault, app, endpoint))
    }

    async fn endpoints(&self, app: AppKey, page: Page) -> Result<Slice<Endpoint>> {
        read!(self, link => endpoint::list(&link, &self.shared.vault, app, page))
    }

    async fn upsert_endpoint(
        &self,
        app: AppKey,
        endpoint: &Reference<EndpointKey>,
        new: NewEndpoint,
        now: Timestamp,
    ) -> Result<Created<Endpoint>> {
        let endpoint = endpoint.clone();
        write!(self, work => endpoint::upsert(work, app, &endpoint, new, now))
    }

    async fn change_endpoint(
        &self,
        app: AppKey,
        endpoint: &Reference<EndpointKey>,
        change: EndpointChange,
        now: Timestamp,
    ) -> Result<Option<Endpoint>> {
        let endpoint = endpoint.clone();
        write!(self, work => endpoint::change(work, app, &endpoint, change, now))
    }

    async fn change_endpoint_as_seen(
        &self,
        seen: Endpoint,
        change: EndpointChange,
        now: Timestamp,
    ) -> Result<Changed> {
        write!(self, work => endpoint::change_as_seen(work, &seen, change, now))
    }

    async fn rotate_secret(
        &self,
        app: AppKey,
        endpoint: &Reference<EndpointKey>,
        rotation: Rotation,
    ) -> Result<Rotated> {
        let endpoint = endpoint.clone();
        write!(self, work => endpoint::rotate(work, app, &endpoint, rotation))
    }

    async fn delete_endpoint(
        &self,
        app: AppKey,
        endpoint: &Reference<EndpointKey>,
        now: Timestamp,
    ) -> Result<bool> {
        let endpoint = endpoint.clone();
        write!(self, work => endpoint::delete(work, app, &endpoint, now))
    }

    async fn create_event_type(&self, org: &OrgId, new: EventType) -> Result<Created<EventType>> {
        let org = org.clone();
        write!(self, work => event_type::create(work, &org, new))
    }

    async fn event_type(&self, org: &OrgId, name: &str) -> Result<Option<EventType>> {
        read!(self, link => event_type::find(&link, org, name))
    }

    async fn event_types(
        &self,
        org: &OrgId,
        page: Page<String>,
        include_archived: bool,
        visible_to: Option<Vec<String>>,
    ) -> Result<Slice<EventType, String>> {
        let visible_to = visible_to.as_deref();
        read!(self, link => event_type::list(&link, org, &page, include_archived, visible_to))
    }

    async fn upsert_event_type(&self, org: &OrgId, new: EventType) -> Result<Created<EventType>> {
        let org = org.clone();
        write!(self, work => event_type::upsert(work, &org, new))
    }

    async fn change_event_type(
        &self,
        org: &OrgId,
        name: &str,
        change: EventTypeChange,
        now: Timestamp,
    ) -> Result<Option<EventType>> {
        let (org, name) = (org.clone(), name.to_owned());
        write!(self, work => event_type::change(work, &org, &name, change, now))
    }

    async fn delete_event_type(
        &self,
        org: &OrgId,
        name: &str,
        expunge: bool,
        now: Timestamp,
    ) -> Result<bool> {
        let (org, name) = (org.clone(), name.to_owned());
        write!(self, work => event_type::delete(work, &org, &name, expunge, now))
    }

    async fn missing_event_types(
        &self,
        org: &OrgId,
        names: Vec<EventTypeName>,
        visible_to: Option<Vec<String>>,
    ) -> Result<Vec<EventTypeName>> {
        read!(self, link => event_type::missing(&link, org, names, visible_to.as_deref()))
    }
}
