//! What a message will become: found out by what is remembered of its app, before anything is written.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use hookwire_core::{AppKey, Endpoint, EndpointKey, Message, NewApp, OrgId, Reference, Timestamp};
use hookwire_store::Dispatch;
use hookwire_store::chooser::{Choice, Incoming, Undecided};
use hookwire_store::ingest::{Ingested, NewMessage, RequestId};

use super::Taken;
use crate::cache::AppState;
use crate::catalog::app;
use crate::connection::Link;
use crate::fault::{Done, in_time};
use crate::queue::deliver::bytes;
use crate::queue::fifo::is_fifo;
use crate::shared::Shared;
use crate::work::Work;
use crate::writers::Reply;

/// A message that is to be written, and who wants to hear of it.
pub(super) struct Planned {
    draft: Draft,
    pub(super) reply: Reply<Taken>,
    /// Times that it was planned before.
    pub(super) tries: u32,
}

impl std::ops::Deref for Planned {
    type Target = Draft;

    fn deref(&self) -> &Draft {
        &self.draft
    }
}

/// A message that is to be written.
pub(super) struct Draft {
    pub(super) message: Arc<Message>,
    pub(super) state: Arc<AppState>,
    /// To whom, and whether the dispatcher has a place for it.
    pub(super) owed: Vec<(Arc<Endpoint>, bool)>,
    pub(super) lease_until: Timestamp,
    pub(super) request: Option<RequestId>,
    pub(super) is_short_lived: bool,
    rest: Rest,
}

/// What else the caller said.
struct Rest {
    app: Reference<AppKey>,
    create_app: Option<NewApp>,
    only_to: Option<EndpointKey>,
    retention: Duration,
}

impl Draft {
    pub(super) fn with(self, reply: Reply<Taken>, tries: u32) -> Planned {
        Planned { draft: self, reply, tries }
    }

    /// Gives the reserved places back.
    pub(super) fn cancel(&self, dispatch: Option<&Arc<dyn Dispatch>>) {
        let Some(dispatch) = dispatch else { return };
        for (endpoint, _) in self.owed.iter().filter(|(_, taken)| *taken) {
            dispatch.cancel(endpoint.key, bytes(&self.message));
        }
    }
}

impl Planned {
    /// The question again, and who asked it: the app is not as it was remembered.
    pub(super) fn again(self) -> (Incoming, Reply<Taken>, u32) {
        let Self { draft, reply, tries } = self;
        let message = Message::clone(&draft.message);
        let new = NewMessage {
            org: draft.state.app.org.clone(),
            app: draft.rest.app,
            create_app: draft.rest.create_app,
            key: message.key,
            event_type: message.event_type,
            event_id: message.event_id,
            channels: message.channels,
            tags: message.tags,
            payload: message.payload.unwrap_or_else(|| hookwire_core::Payload::from_json("")),
            deliver_at: message.deliver_at,
            payload_retention: draft.rest.retention,
            only_to: draft.rest.only_to,
            request: draft.request,
            now: message.created,
        };
        (Incoming::new(new), reply, tries + 1)
    }
}

/// What is to be done with a message.
pub(super) enum Plan {
    Write(Draft),
    Answer(Taken),
}

/// Plans a message. `dispatch`: who may take deliveries at once.
pub(super) async fn plan(
    shared: &Arc<Shared>,
    link: &Link,
    dispatch: Option<&Arc<dyn Dispatch>>,
    incoming: Incoming,
) -> Done<Plan> {
    let Incoming { message: new, choice } = incoming;
    let limit = shared.settings.answer_max;
    let state = match shared.cache.peek(&new.org, &new.app) {
        Some(state) => state,
        None => match in_time(limit, Box::pin(find_app(shared, link, &new))).await? {
            Some(state) => state,
            None => return Ok(Plan::Answer(Taken::Done(Ingested::NoApp))),
        },
    };
    // Who wants it is written down under the version by which it was found out.
    let (state, endpoints) = match new.only_to {
        Some(only) => match in_time(limit, Box::pin(with_endpoint(shared, link, state, only))).await? {
            Some((state, only)) if only.disabled => (state, Vec::new()),
            Some((state, only)) => (state, vec![only.key]),
            None => return Ok(Plan::Answer(Taken::Done(Ingested::NoEndpoint))),
        },
        None => match choose(&state, &new, &choice) {
            Some(endpoints) => (state, endpoints),
            None => return Ok(Plan::Answer(Taken::Undecided(undecided(&state, new)))),
        },
    };
    Ok(Plan::Write(write(shared, dispatch, state, new, &endpoints)))
}

/// The app with this endpoint, which may have been made elsewhere a moment ago.
async fn with_endpoint(
    shared: &Shared,
    link: &Link,
    state: Arc<AppState>,
    endpoint: EndpointKey,
) -> Done<Option<(Arc<AppState>, Arc<Endpoint>)>> {
    if let Some(found) = state.endpoints.get(&endpoint).cloned() {
        return Ok(Some((state, found)));
    }
    let fresh = shared.cache.load(link, &shared.vault, state.app.key).await?;
    Ok(fresh.and_then(|state| {
        let found = state.endpoints.get(&endpoint).cloned()?;
        Some((state, found))
    }))
}

fn write(
    shared: &Shared,
    dispatch: Option<&Arc<dyn Dispatch>>,
    state: Arc<AppState>,
    new: NewMessage,
    endpoints: &[EndpointKey],
) -> Draft {
    let now = new.now;
    // A payload is kept for its time from when it may first be delivered.
    let due = new.deliver_at.map_or(now, |at| at.max(now));
    let message = Message {
        key: new.key,
        app: state.app.key,
        event_type: new.event_type,
        event_id: new.event_id,
        channels: new.channels,
        tags: new.tags,
        payload: Some(new.payload),
        created: now,
        deliver_at: new.deliver_at,
        payload_expires: due.plus(new.payload_retention),
    };
    // Retention finds the payloads of the others in the order of their keys.
    let is_usual = new.payload_retention == shared.settings.payload_retention && new.deliver_at.is_none();
    let is_short_lived = !is_usual || message.payload_expires < shared.sweep_barrier;
    let dispatch = dispatch.filter(|_| message.due() <= now);
    let lease_until = dispatch.map_or(now, |dispatch| now.plus(dispatch.lease()));
    // Where a rate holds for all nodes together, it is a claim that sees to it.
    let is_slow = |endpoint: &Endpoint| {
        let rates = endpoint.throttle_rate.or(state.app.throttle_rate);
        rates.is_some() && !shared.bell.is_alone()
    };
    let mut owed = Vec::with_capacity(endpoints.len());
    for endpoint in endpoints.iter().filter_map(|key| state.endpoints.get(key)) {
        let may_go = dispatch.filter(|_| !is_fifo(endpoint) && !is_slow(endpoint));
        let taken = may_go.is_some_and(|dispatch| dispatch.reserve(endpoint.key, bytes(&message)));
        owed.push((Arc::clone(endpoint), taken));
    }
    let rest = Rest {
        app: new.app,
        create_app: new.create_app,
        only_to: new.only_to,
        retention: new.payload_retention,
    };
    let (message, request) = (Arc::new(message), new.request);
    Draft { message, state, owed, lease_until, request, is_short_lived, rest }
}

/// The endpoints that want the message; `None` when it may take long to find out.
fn choose(state: &AppState, new: &NewMessage, choice: &Choice) -> Option<Vec<EndpointKey>> {
    let (event_type, payload) = (new.event_type.as_str(), Some(&*new.payload.json));
    match choice {
        Choice::Made { version, endpoints, .. } if *version == state.version.unsigned_abs() => {
            Some(endpoints.clone())
        }
        Choice::Made { is_last: true, .. } => {
            Some(state.subscriptions().wanted_by(event_type, &new.channels, payload))
        }
        Choice::Open | Choice::Made { .. } => {
            state.subscriptions().wanted_soon(event_type, &new.channels, payload)
        }
    }
}

fn undecided(state: &AppState, message: NewMessage) -> Undecided {
    let (app, version) = (state.app.key, state.version.unsigned_abs());
    Undecided { message, app, version, subscriptions: Arc::clone(state.subscriptions()) }
}

/// An app that is not remembered. When there is none, it is made, if the caller said so.
async fn find_app(shared: &Arc<Shared>, link: &Link, new: &NewMessage) -> Done<Option<Arc<AppState>>> {
    if let Some(state) = shared.cache.resolve(link, &shared.vault, &new.org, &new.app).await? {
        return Ok(Some(state));
    }
    let Some(words) = new.create_app.clone() else { return Ok(None) };
    let made = make(shared, &new.org, words, new.now).await?;
    shared.cache.app(link, &shared.vault, made).await
}

async fn make(shared: &Arc<Shared>, org: &OrgId, words: NewApp, now: Timestamp) -> Done<AppKey> {
    let mut work = Work::begin(shared).await?;
    let outcome = app::create(&mut work, org, words, now).await;
    Ok(work.end(outcome).await?.into_inner().key)
}

/// Keeps those apart that can't be written together: two of the same request, or of the same id.
#[derive(Default)]
pub(super) struct Apart {
    requests: HashSet<[u8; 16]>,
    ids: HashSet<(AppKey, String)>,
}

impl Apart {
    /// Whether the message can be written together with those before it.
    pub(super) fn admits(&mut self, planned: &Draft) -> bool {
        let id = planned.message.event_id.as_ref().map(|id| (planned.message.app, id.as_str().to_owned()));
        let is_new_request = planned.request.is_none_or(|request| !self.requests.contains(&request.key));
        if !is_new_request || id.as_ref().is_some_and(|id| self.ids.contains(id)) {
            return false;
        }
        self.requests.extend(planned.request.map(|request| request.key));
        self.ids.extend(id);
        true
    }
}
