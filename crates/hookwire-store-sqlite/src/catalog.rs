//! `Catalog`: each verb is one question to the readers or one operation of the writer's.

pub(crate) mod app;
pub(crate) mod endpoint;
pub(crate) mod event_type;
pub(crate) mod org;
pub(crate) mod remove;
pub(crate) mod trigger;

use async_trait::async_trait;
use hookwire_core::endpoint::HeadersChange;
use hookwire_core::rules::{RulesChange, Tls};
use hookwire_core::{
    App, AppChange, AppKey, Endpoint, EndpointChange, EndpointKey, EventType, EventTypeChange, EventTypeName,
    NewApp, NewEndpoint, OrgId, ProfileName, Reference, Timestamp,
};
use hookwire_store::catalog::{AppExclusion, Changed, Created, Rotated, Rotation};
use hookwire_store::{Catalog, Page, Result, Slice};

use crate::SqliteStore;

fn header_bytes(headers: Option<&[(String, String)]>) -> usize {
    headers.unwrap_or_default().iter().map(|(name, value)| name.len() + value.len()).sum()
}

/// Bytes of the long texts among the rules.
fn rules_bytes(rules: &RulesChange) -> usize {
    let template = rules.body_template.iter().flatten().map(String::len);
    let filter = rules.filter.iter().flatten().map(|filter| filter.source().len());
    let tls = rules.tls.iter().flatten().map(|Tls { ca_pem, client_cert_pem, client_key_pem }| {
        let key = client_key_pem.as_ref().map_or(0, |key| key.len());
        ca_pem.iter().chain(client_cert_pem).map(String::len).sum::<usize>() + key
    });
    template.chain(filter).chain(tls).sum()
}

fn endpoint_bytes(new: &NewEndpoint) -> usize {
    header_bytes(new.headers.as_deref()) + rules_bytes(&new.rules)
}

#[async_trait]
impl Catalog for SqliteStore {
    async fn profile(&self, org: &OrgId) -> Result<ProfileName> {
        let org = org.clone();
        self.readers.read(move |reading| org::profile(reading, &org)).await
    }

    async fn choose_profile(
        &self,
        org: &OrgId,
        profile: ProfileName,
        event_types: Vec<EventType>,
    ) -> Result<()> {
        let org = org.clone();
        let bytes = event_types.iter().filter_map(|one| one.schemas.as_ref()).map(String::len).sum();
        self.writer
            .write_with(bytes, move |work| org::choose_profile(work, &org, &profile, event_types))
            .await
    }

    async fn create_app(&self, org: &OrgId, new: NewApp, now: Timestamp) -> Result<Created<App>> {
        let org = org.clone();
        self.writer.write(move |work| app::create(work, &org, new, now)).await
    }

    async fn app(&self, org: &OrgId, app: &Reference<AppKey>) -> Result<Option<App>> {
        let (org, app) = (org.clone(), app.clone());
        self.readers.read(move |reading| app::find(reading, &org, &app)).await
    }

    async fn apps(&self, org: &OrgId, page: Page, without: Vec<AppExclusion>) -> Result<Slice<App>> {
        let org = org.clone();
        self.readers.read(move |reading| app::list(reading, &org, page, &without)).await
    }

    async fn upsert_app(
        &self,
        org: &OrgId,
        app: &Reference<AppKey>,
        new: NewApp,
        now: Timestamp,
    ) -> Result<Created<App>> {
        let (org, app) = (org.clone(), app.clone());
        self.writer.write(move |work| app::upsert(work, &org, &app, new, now)).await
    }

    async fn change_app(
        &self,
        org: &OrgId,
        app: &Reference<AppKey>,
        change: AppChange,
        now: Timestamp,
    ) -> Result<Option<App>> {
        let (org, app) = (org.clone(), app.clone());
        self.writer.write(move |work| app::change(work, &org, &app, change, now)).await
    }

    async fn delete_app(&self, org: &OrgId, app: &Reference<AppKey>, now: Timestamp) -> Result<bool> {
        let (org, app) = (org.clone(), app.clone());
        let clients = self.writer.write(move |work| app::delete(work, &org, &app, now)).await?;
        for client in clients.iter().flatten() {
            self.settle_client(*client, now).await?;
        }
        Ok(clients.is_some())
    }

    async fn create_endpoint(&self, app: AppKey, new: NewEndpoint, now: Timestamp) -> Result<Endpoint> {
        let bytes = endpoint_bytes(&new);
        self.writer.write_with(bytes, move |work| endpoint::create(work, app, new, now)).await
    }

    async fn endpoint(&self, app: AppKey, endpoint: &Reference<EndpointKey>) -> Result<Option<Endpoint>> {
        let endpoint = endpoint.clone();
        self.readers.read(move |reading| endpoint::find(reading, app, &endpoint)).await
    }

    async fn endpoints(&self, app: AppKey, page: Page) -> Result<Slice<Endpoint>> {
        self.readers.read(move |reading| endpoint::list(reading, app, page)).await
    }

    async fn upsert_endpoint(
        &self,
        app: AppKey,
        endpoint: &Reference<EndpointKey>,
        new: NewEndpoint,
        now: Timestamp,
    ) -> Result<Created<Endpoint>> {
        let endpoint = endpoint.clone();
        let bytes = endpoint_bytes(&new);
        self.writer.write_with(bytes, move |work| endpoint::upsert(work, app, &endpoint, new, now)).await
    }

    async fn change_endpoint(
        &self,
        app: AppKey,
        endpoint: &Reference<EndpointKey>,
        change: EndpointChange,
        now: Timestamp,
    ) -> Result<Option<Endpoint>> {
        let endpoint = endpoint.clone();
        let headers = match &change.headers {
            Some(HeadersChange::Replace(set) | HeadersChange::Patch { set, .. }) => header_bytes(Some(set)),
            None => 0,
        };
        let bytes = headers + rules_bytes(&change.rules);
        self.writer.write_with(bytes, move |work| endpoint::change(work, app, &endpoint, change, now)).await
    }

    async fn change_endpoint_as_seen(
        &self,
        seen: Endpoint,
        change: EndpointChange,
        now: Timestamp,
    ) -> Result<Changed> {
        self.writer.write(move |work| endpoint::change_as_seen(work, &seen, change, now)).await
    }

    async fn rotate_secret(
        &self,
        app: AppKey,
        endpoint: &Reference<EndpointKey>,
        rotation: Rotation,
    ) -> Result<Rotated> {
        let endpoint = endpoint.clone();
        self.writer.write(move |work| endpoint::rotate(work, app, &endpoint, rotation)).await
    }

    async fn delete_endpoint(
        &self,
        app: AppKey,
        endpoint: &Reference<EndpointKey>,
        now: Timestamp,
    ) -> Result<bool> {
        let endpoint = endpoint.clone();
        self.writer.write(move |work| endpoint::delete(work, app, &endpoint, now)).await
    }

    async fn create_event_type(&self, org: &OrgId, new: EventType) -> Result<Created<EventType>> {
        let org = org.clone();
        let bytes = new.schemas.as_ref().map_or(0, String::len);
        self.writer.write_with(bytes, move |work| event_type::create(work, &org, new)).await
    }

    async fn event_type(&self, org: &OrgId, name: &str) -> Result<Option<EventType>> {
        let (org, name) = (org.clone(), name.to_owned());
        self.readers.read(move |reading| event_type::find(reading, &org, &name)).await
    }

    async fn event_types(
        &self,
        org: &OrgId,
        page: Page<String>,
        include_archived: bool,
        visible_to: Option<Vec<String>>,
    ) -> Result<Slice<EventType, String>> {
        let org = org.clone();
        let question = move |reading: &crate::reader::Reading<'_>| {
            event_type::list(reading, &org, &page, include_archived, visible_to.as_deref())
        };
        self.readers.read(question).await
    }

    async fn upsert_event_type(&self, org: &OrgId, new: EventType) -> Result<Created<EventType>> {
        let org = org.clone();
        let bytes = new.schemas.as_ref().map_or(0, String::len);
        self.writer.write_with(bytes, move |work| event_type::upsert(work, &org, new)).await
    }

    async fn change_event_type(
        &self,
        org: &OrgId,
        name: &str,
        change: EventTypeChange,
        now: Timestamp,
    ) -> Result<Option<EventType>> {
        let (org, name) = (org.clone(), name.to_owned());
        let bytes = change.schemas.as_ref().and_then(Option::as_ref).map_or(0, String::len);
        self.writer.write_with(bytes, move |work| event_type::change(work, &org, &name, change, now)).await
    }

    async fn delete_event_type(
        &self,
        org: &OrgId,
        name: &str,
        expunge: bool,
        now: Timestamp,
    ) -> Result<bool> {
        let (org, name) = (org.clone(), name.to_owned());
        self.writer.write(move |work| event_type::delete(work, &org, &name, expunge, now)).await
    }

    async fn missing_event_types(
        &self,
        org: &OrgId,
        names: Vec<EventTypeName>,
        visible_to: Option<Vec<String>>,
    ) -> Result<Vec<EventTypeName>> {
        let org = org.clone();
        let question = move |reading: &crate::reader::Reading<'_>| {
            event_type::missing(reading, &org, names, visible_to.as_deref())
        };
        self.readers.read(question).await
    }
}
