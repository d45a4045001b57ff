//! The parameters of the statements that accept messages: a column of each kind, for messages, for what is owed, and for
//! names.

use std::collections::BTreeMap;

use hookwire_core::id::Key;
use hookwire_core::limits::IDEMPOTENCY_WINDOW;
use hookwire_core::{AppKey, Channel, Message, Payload, Tag, Timestamp, Uid};
use tokio_postgres::Row;

use super::Planned;
use crate::connection::param::sparse;
use crate::connection::{Link, params};
use crate::migrate::LOCK_SPACE;
use crate::queue::deliver::pack;
use crate::row::join;
use crate::shared::Identity;
use crate::sql::queue as sql;
use crate::work::leasing_locks;

/// What is to be written for some messages.
#[derive(Default)]
pub(super) struct Columns<'a> {
    versions: BTreeMap<AppKey, i64>,
    keys: Vec<i64>,
    apps: Vec<i64>,
    created: Vec<i64>,
    deliver_at: Vec<Option<i64>>,
    expires: Vec<i64>,
    short_lived: Vec<bool>,
    types: Vec<&'a str>,
    channels: Vec<Option<String>>,
    tags: Vec<Option<String>>,
    raw_types: Vec<Option<&'a str>>,
    payloads: Vec<Option<&'a [u8]>>,
    raws: Vec<Option<&'a [u8]>>,
    endpoints: Vec<Vec<u8>>,
    event_ids: Vec<Option<&'a str>>,
    requests: Vec<Option<&'a [u8]>>,
    bodies: Vec<Option<&'a [u8]>>,
    owed: Owed,
    labels: Labels<'a>,
    has_names: bool,
}

#[derive(Default)]
struct Owed {
    endpoints: Vec<i64>,
    messages: Vec<i64>,
    apps: Vec<i64>,
    dues: Vec<i64>,
    leases: Vec<i64>,
    leased: Vec<i64>,
    fences: Vec<i64>,
}

#[derive(Default)]
struct Labels<'a> {
    apps: Vec<i64>,
    kinds: Vec<i16>,
    labels: Vec<&'a str>,
    messages: Vec<i64>,
}

impl<'a> Columns<'a> {
    /// `incarnation`: whose leases they are.
    pub(super) fn of(planned: &'a [Planned], incarnation: i64) -> Self {
        let mut columns = Self::default();
        for one in planned {
            columns.push(one, incarnation);
        }
        columns
    }

    fn push(&mut self, planned: &'a Planned, incarnation: i64) {
        let message = &*planned.message;
        self.versions.insert(message.app, planned.state.version);
        self.push_message(message, planned.is_short_lived);
        self.requests.push(planned.request.as_ref().map(|request| &request.key[..]));
        self.bodies.push(planned.request.as_ref().map(|request| &request.body[..]));
        self.endpoints.push(pack(planned.owed.iter().map(|(endpoint, _)| endpoint.key)));
        for channel in &message.channels {
            self.labels.push(message, 0, channel.as_str());
        }
        for tag in &message.tags {
            self.labels.push(message, 1, tag.as_str());
        }
        self.has_names |= planned.request.is_some()
            || message.event_id.is_some()
            || !message.channels.is_empty()
            || !message.tags.is_empty();
        for (endpoint, taken) in &planned.owed {
            self.owed.endpoints.push(endpoint.key.raw());
            self.owed.messages.push(message.key.raw());
            self.owed.apps.push(message.app.raw());
            self.owed.dues.push(message.due().micros());
            self.owed.leases.push(planned.lease_until.micros());
            self.owed.leased.push(if *taken { incarnation } else { 0 });
            self.owed.fences.push(i64::from(*taken));
        }
    }

    fn push_message(&mut self, message: &'a Message, is_short_lived: bool) {
        let (payload, raw) = match &message.payload {
            Some(Payload { json, raw }) => (Some(&**json), raw.as_ref()),
            None => (None, None),
        };
        self.keys.push(message.key.raw());
        self.apps.push(message.app.raw());
        self.created.push(message.created.micros());
        self.deliver_at.push(message.deliver_at.map(Timestamp::micros));
        self.expires.push(message.payload_expires.micros());
        self.short_lived.push(is_short_lived);
        self.types.push(message.event_type.as_str());
        self.event_ids.push(message.event_id.as_ref().map(Uid::as_str));
        self.channels.push(join(message.channels.iter().map(Channel::as_str)));
        self.tags.push(join(message.tags.iter().map(Tag::as_str)));
        self.raw_types.push(raw.and_then(|raw| raw.content_type.as_deref()));
        self.payloads.push(payload);
        self.raws.push(raw.map(|raw| &*raw.bytes));
    }

    /// The locks of the node and of the apps, in their order.
    pub(super) fn locks(&self, identity: Identity) -> Vec<i32> {
        leasing_locks(identity, self.versions.keys().copied())
    }

    /// Whether any of it may be refused for another message's sake, or has a row for a name.
    pub(super) const fn has_names(&self) -> bool {
        self.has_names
    }

    fn valid(&self) -> (Vec<i64>, Vec<i64>) {
        (self.versions.keys().map(|app| app.raw()).collect(), self.versions.values().copied().collect())
    }

    /// Writes everything, which has no names, in a transaction of its own; `false`: something of it can't be written, so
    /// nothing is.
    pub(super) async fn write_all(
        &self,
        link: &Link,
        identity: Identity,
    ) -> Result<bool, tokio_postgres::Error> {
        let (apps, versions) = self.valid();
        let (number, owed) = (identity.number as i16, &self.owed);
        let locks = self.locks(identity);
        let params = params![
            apps,
            versions,
            number,
            identity.incarnation,
            self.keys,
            self.apps,
            self.created,
            sparse(&self.deliver_at),
            self.expires,
            self.short_lived,
            self.types,
            sparse(&self.raw_types),
            self.payloads,
            sparse(&self.raws),
            self.endpoints,
            owed.endpoints,
            owed.messages,
            owed.apps,
            owed.dues,
            owed.leases,
            owed.leased,
            owed.fences,
            LOCK_SPACE,
            locks,
        ];
        let row = link.one(sql::INGEST_ALL, params).await?;
        Ok(row.is_some_and(|row| row.get(0)))
    }

    /// Writes what can be written; answers the keys of those messages.
    pub(super) async fn write_some(
        &self,
        link: &Link,
        identity: Identity,
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        let (apps, versions) = self.valid();
        let (number, owed, labels) = (identity.number as i16, &self.owed, &self.labels);
        let window = IDEMPOTENCY_WINDOW.as_micros() as i64;
        let params = params![
            apps,
            versions,
            number,
            identity.incarnation,
            self.keys,
            self.apps,
            self.created,
            self.deliver_at,
            self.expires,
            self.short_lived,
            self.types,
            self.channels,
            self.tags,
            self.raw_types,
            self.payloads,
            self.raws,
            self.endpoints,
            owed.endpoints,
            owed.messages,
            owed.apps,
            owed.dues,
            owed.leases,
            owed.leased,
            owed.fences,
            self.event_ids,
            self.requests,
            self.bodies,
            window,
            labels.apps,
            labels.kinds,
            labels.labels,
            labels.messages,
        ];
        link.query(sql::INGEST, params).await
    }
}

impl<'a> Labels<'a> {
    fn push(&mut self, message: &Message, kind: i16, label: &'a str) {
        self.apps.push(message.app.raw());
        self.kinds.push(kind);
        self.labels.push(label);
        self.messages.push(message.key.raw());
    }
}
