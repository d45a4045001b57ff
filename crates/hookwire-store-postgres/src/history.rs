//! `History`: lists by keyset pages, and what may be erased.

pub(crate) mod attempt;
pub(crate) mod delivery;
pub(crate) mod invocation;
pub(crate) mod message;

use std::sync::Arc;

use async_trait::async_trait;
use hookwire_core::id::Key;
use hookwire_core::{
    AppKey, Attempt, AttemptKey, DeliveryState, Endpoint, EndpointKey, Message, MessageKey, Reference,
    Timestamp,
};
use hookwire_store::history::{AttemptFilter, DeliveryStatus, EndpointStats, Erased, History, MessageFilter};
use hookwire_store::{Page, Result, Slice};

use crate::PostgresStore;
use crate::catalog::read;
use crate::connection::params;
use crate::fault::Done;
use crate::sql::history as sql;
use crate::work::{Work, answered};

#[async_trait]
impl History for PostgresStore {
    async fn message(
        &self,
        app: AppKey,
        message: &Reference<MessageKey>,
        with_payload: bool,
    ) -> Result<Option<Message>> {
        read!(self, link => message::find(&link, app, message, with_payload))
    }

    async fn messages(&self, app: AppKey, filter: MessageFilter, page: Page) -> Result<Slice<Message>> {
        read!(self, link => message::list(&link, app, &filter, page))
    }

    async fn attempts_of_endpoint(
        &self,
        app: AppKey,
        endpoint: EndpointKey,
        filter: AttemptFilter,
        with_message: bool,
        page: Page,
    ) -> Result<Slice<(Attempt, Option<Message>)>> {
        read!(self, link => attempt::of_endpoint(&link, app, endpoint, &filter, with_message, page))
    }

    async fn attempts_of_message(
        &self,
        app: AppKey,
        message: MessageKey,
        filter: AttemptFilter,
        page: Page,
    ) -> Result<Slice<Attempt>> {
        read!(self, link => attempt::of_message(&link, app, message, &filter, page))
    }

    async fn attempt(
        &self,
        app: AppKey,
        message: MessageKey,
        attempt: AttemptKey,
    ) -> Result<Option<Attempt>> {
        read!(self, link => attempt::find(&link, app, message, attempt))
    }

    async fn messages_of_endpoint(
        &self,
        app: AppKey,
        endpoint: EndpointKey,
        filter: MessageFilter,
        states: Option<Vec<DeliveryState>>,
        attempted: Option<bool>,
        page: Page,
    ) -> Result<Slice<(Message, DeliveryStatus)>> {
        let wanted = delivery::Wanted { filter, states, attempted };
        read!(self, link => delivery::of_endpoint(&link, &self.shared.vault, app, endpoint, &wanted, page))
    }

    async fn endpoints_of_message(
        &self,
        app: AppKey,
        message: MessageKey,
        page: Page,
    ) -> Result<Slice<(Endpoint, DeliveryStatus)>> {
        read!(self, link => delivery::of_message(&link, &self.shared.vault, app, message, page))
    }

    async fn endpoint_stats(
        &self,
        app: AppKey,
        endpoint: EndpointKey,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<EndpointStats> {
        read!(self, link => delivery::stats(&link, &self.shared.vault, app, endpoint, since, until))
    }

    async fn expunge_payload(&self, app: AppKey, message: &Reference<MessageKey>) -> Result<Erased> {
        let (shared, message) = (Arc::clone(&self.shared), message.clone());
        answered(&self.shared, async move {
            let work = Work::begin(&shared).await?;
            let outcome = expunge_payload(&work, app, &message).await;
            work.end(outcome).await
        })
        .await
    }

    async fn expunge_response(
        &self,
        app: AppKey,
        message: MessageKey,
        attempt: AttemptKey,
    ) -> Result<Erased> {
        read!(self, link => async {
            let row = params![message.raw(), attempt.raw(), app.raw()];
            let changed = link.run(sql::EXPUNGE_RESPONSE, row).await?;
            Ok(if changed > 0 { Erased::Done } else { Erased::Absent })
        })
    }
}

async fn expunge_payload(work: &Work, app: AppKey, message: &Reference<MessageKey>) -> Done<Erased> {
    let Some(message) = message::find(work.link(), app, message, false).await? else {
        return Ok(Erased::Absent);
    };
    let keys = vec![message.key.raw()];
    work.link().run(sql::EXPUNGE_PAYLOADS, params![keys]).await?;
    work.link().run(sql::EXPUNGE_REQUESTS, params![keys]).await?;
    Ok(Erased::Done)
}
