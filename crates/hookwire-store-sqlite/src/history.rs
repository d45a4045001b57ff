//! `History`: lists by keyset pages, and what may be erased.

pub(crate) mod attempt;
pub(crate) mod delivery;
pub(crate) mod invocation;
pub(crate) mod message;

use async_trait::async_trait;
use hookwire_core::id::Key;
use hookwire_core::{
    AppKey, Attempt, AttemptKey, DeliveryState, Endpoint, EndpointKey, Message, MessageKey, Reference,
    Timestamp,
};
use hookwire_store::history::{AttemptFilter, DeliveryStatus, EndpointStats, Erased, History, MessageFilter};
use hookwire_store::{Page, Result, Slice};
use rusqlite::params;

use crate::SqliteStore;
use crate::row::{key, one, run};
use crate::sql::{history as sql, queue};

#[async_trait]
impl History for SqliteStore {
    async fn message(
        &self,
        app: AppKey,
        message: &Reference<MessageKey>,
        with_payload: bool,
    ) -> Result<Option<Message>> {
        let message = message.clone();
        self.readers.read(move |reading| message::find(reading, app, &message, with_payload)).await
    }

    async fn messages(&self, app: AppKey, filter: MessageFilter, page: Page) -> Result<Slice<Message>> {
        self.readers.read(move |reading| message::list(reading, app, &filter, page)).await
    }

    async fn attempts_of_endpoint(
        &self,
        app: AppKey,
        endpoint: EndpointKey,
        filter: AttemptFilter,
        with_message: bool,
        page: Page,
    ) -> Result<Slice<(Attempt, Option<Message>)>> {
        let question = move |reading: &crate::reader::Reading<'_>| {
            attempt::of_endpoint(reading, app, endpoint, &filter, with_message, page)
        };
        self.readers.read(question).await
    }

    async fn attempts_of_message(
        &self,
        app: AppKey,
        message: MessageKey,
        filter: AttemptFilter,
        page: Page,
    ) -> Result<Slice<Attempt>> {
        self.readers.read(move |reading| attempt::of_message(reading, app, message, &filter, page)).await
    }

    async fn attempt(
        &self,
        app: AppKey,
        message: MessageKey,
        attempt: AttemptKey,
    ) -> Result<Option<Attempt>> {
        self.readers.read(move |reading| attempt::find(reading, app, message, attempt)).await
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
        self.readers.read(move |reading| delivery::of_endpoint(reading, app, endpoint, &wanted, page)).await
    }

    async fn endpoints_of_message(
        &self,
        app: AppKey,
        message: MessageKey,
        page: Page,
    ) -> Result<Slice<(Endpoint, DeliveryStatus)>> {
        self.readers.read(move |reading| delivery::of_message(reading, app, message, page)).await
    }

    async fn endpoint_stats(
        &self,
        app: AppKey,
        endpoint: EndpointKey,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<EndpointStats> {
        self.readers.read(move |reading| delivery::stats(reading, app, endpoint, since, until)).await
    }

    async fn expunge_payload(&self, app: AppKey, message: &Reference<MessageKey>) -> Result<Erased> {
        let message = message.clone();
        self.writer
            .write(move |work| {
                let found = match &message {
                    Reference::Key(key) => Some(*key),
                    Reference::Uid(id) => {
                        let row = params![app.raw(), id];
                        one(work.db, queue::MESSAGE_BY_EVENT_ID, row, |row| key(row, 0))?
                    }
                };
                let Some(message) = found else { return Ok(Erased::Absent) };
                let owner = one(work.db, queue::MESSAGE_STATE, [message.raw()], |row| key::<AppKey>(row, 0))?;
                if owner != Some(app) {
                    return Ok(Erased::Absent);
                }
                run(work.db, sql::EXPUNGE_PAYLOAD, [message.raw()])?;
                run(work.db, sql::EXPUNGE_REQUESTS, [message.raw()])?;
                Ok(Erased::Done)
            })
            .await
    }

    async fn expunge_response(
        &self,
        app: AppKey,
        message: MessageKey,
        attempt: AttemptKey,
    ) -> Result<Erased> {
        self.writer
            .write(move |work| {
                let row = params![message.raw(), attempt.raw(), app.raw()];
                let changed = run(work.db, sql::EXPUNGE_RESPONSE, row)?;
                Ok(if changed > 0 { Erased::Done } else { Erased::Absent })
            })
            .await
    }
}
