//! Finds out who wants a message where that may take long: beside the backend's writer, which belongs to
//! all tenants.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use hookwire_core::subscription::Subscriptions;
use hookwire_core::{AppKey, EndpointKey};
use tokio::sync::Semaphore;

use crate::ingest::NewMessage;
use crate::{Error, Result};

/// Most messages that are looked at at once. Of one app it is one.
const AT_ONCE_MAX: usize = 4;
/// Most messages of one app that wait.
const WAITING_OF_APP_MAX: usize = 256;
/// Most bytes that the messages which wait bring with them.
const WAITING_BYTES_MAX: usize = 64 << 20;

/// A message to accept.
#[derive(Debug)]
pub struct Incoming {
    /// The message.
    pub message: NewMessage,
    /// What is known of it.
    pub choice: Choice,
}

/// What is known of who wants a message.
#[derive(Debug)]
pub enum Choice {
    /// Nothing.
    Open,
    /// These endpoints did, when the app's subscriptions were of that version. After the last time nobody is asked
    /// again, however long it takes.
    Made {
        /// The subscriptions' version.
        version: u64,
        /// Those that wanted it.
        endpoints: Vec<EndpointKey>,
        /// Whether nobody is to be asked again.
        is_last: bool,
    },
}

/// A message of which it must be found out first who wants it. Nothing was changed.
#[derive(Debug)]
pub struct Undecided {
    /// The message.
    pub message: NewMessage,
    /// Whose it is.
    pub app: AppKey,
    /// The version of the subscriptions.
    pub version: u64,
    /// Who wants what.
    pub subscriptions: Arc<Subscriptions>,
}

impl Incoming {
    /// One of which nothing is known.
    pub const fn new(message: NewMessage) -> Self {
        Self { message, choice: Choice::Open }
    }

    /// The bytes that it keeps in memory while it waits.
    pub fn bytes(&self) -> usize {
        let chosen = match &self.choice {
            Choice::Open => 0,
            Choice::Made { endpoints, .. } => size_of_val(endpoints.as_slice()),
        };
        self.message.payload.len() + chosen
    }
}

/// Looks at messages, each app's one after the other.
#[derive(Debug)]
pub struct Chooser {
    permits: Arc<Semaphore>,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Debug, Default)]
struct Waiting {
    apps: HashMap<AppKey, Line>,
    bytes: usize,
}

/// The messages of one app.
#[derive(Debug)]
struct Line {
    turn: Arc<Semaphore>,
    count: usize,
}

impl Default for Chooser {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let at_once = (cores / 2).clamp(1, AT_ONCE_MAX);
        Self { permits: Arc::new(Semaphore::new(at_once)), waiting: Arc::default() }
    }
}

impl Chooser {
    /// Finds out who wants the message. `is_last`: nobody is to be asked again.
    pub async fn choose(&self, undecided: Undecided, is_last: bool) -> Result<Incoming> {
        let place = Place::enter(&self.waiting, &undecided)?;
        let turn = place.turn().acquire_owned().await;
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let look = move || {
            // Even when the caller does not wait any more, its turn lasts as long as this.
            let _held = (permit, turn, place);
            let Undecided { message, version, subscriptions, .. } = undecided;
            let payload = Some(&*message.payload.json);
            let endpoints = subscriptions.wanted_by(message.event_type.as_str(), &message.channels, payload);
            Incoming { message, choice: Choice::Made { version, endpoints, is_last } }
        };
        let looked = tokio::task::spawn_blocking(look).await;
        looked.map_err(|_| Error::Internal("a message's endpoints could not be chosen".to_owned()))
    }
}

/// A place among those that wait, given back in the end.
struct Place {
    waiting: Arc<Mutex<Waiting>>,
    app: AppKey,
    bytes: usize,
}

impl Place {
    fn enter(waiting: &Arc<Mutex<Waiting>>, undecided: &Undecided) -> Result<Self> {
        let (app, bytes) = (undecided.app, undecided.message.payload.len());
        let mut state = lock(waiting);
        let has_room = state.bytes == 0 || state.bytes + bytes <= WAITING_BYTES_MAX;
        if !has_room || state.apps.get(&app).is_some_and(|line| line.count >= WAITING_OF_APP_MAX) {
            return Err(Error::Unavailable("overloaded".to_owned()));
        }
        state.bytes += bytes;
        let line =
            state.apps.entry(app).or_insert_with(|| Line { turn: Arc::new(Semaphore::new(1)), count: 0 });
        line.count += 1;
        drop(state);
        Ok(Self { waiting: Arc::clone(waiting), app, bytes })
    }

    /// Whose turn it is among the app's.
    fn turn(&self) -> Arc<Semaphore> {
        let state = lock(&self.waiting);
        Arc::clone(&state.apps.get(&self.app).expect("a line stays while somebody has a place in it").turn)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = lock(&self.waiting);
        state.bytes -= self.bytes;
        if let Some(line) = state.apps.get_mut(&self.app) {
            line.count -= 1;
            if line.count == 0 {
                state.apps.remove(&self.app);
            }
        }
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().expect("nobody panics with this lock")
}

#[cfg(test)]
mod tests {
    use hookwire_core::id::Key;
    use hookwire_core::{EventTypeName, MessageKey, OrgId, Payload, Reference, Timestamp};

    use super::*;

    fn undecided(app: i64, bytes: usize) -> Undecided {
        let message = NewMessage {
            org: OrgId::stored("org_main"),
            app: Reference::Key(AppKey::from_raw(app)),
            create_app: None,
            key: MessageKey::from_raw(1),
            event_type: EventTypeName::stored("a"),
            event_id: None,
            channels: Vec::new(),
            tags: Vec::new(),
            payload: Payload::from_json(vec![b' '; bytes]),
            deliver_at: None,
            payload_retention: std::time::Duration::from_hours(1),
            only_to: None,
            request: None,
            now: Timestamp::from_seconds(1_790_000_000),
        };
        Undecided { message, app: AppKey::from_raw(app), version: 7, subscriptions: Arc::default() }
    }

    #[tokio::test]
    async fn what_waits_is_bounded_by_app_and_in_bytes() {
        let chooser = Chooser::default();
        let enter = |app, bytes| Place::enter(&chooser.waiting, &undecided(app, bytes));
        let places: Vec<_> = (0..WAITING_OF_APP_MAX).map(|_| enter(1, 10).ok()).collect();
        assert!(places.iter().all(Option::is_some));
        assert!(matches!(enter(1, 0), Err(Error::Unavailable(_))));
        let large = enter(2, WAITING_BYTES_MAX - WAITING_OF_APP_MAX * 10);
        assert!(large.is_ok() && enter(3, 0).is_ok() && enter(3, 1).is_err());
        drop((places, large));
        // One that brings more than the bound waits alone.
        assert!(enter(1, WAITING_BYTES_MAX + 1).is_ok());
        assert!(lock(&chooser.waiting).apps.is_empty());
    }

    #[tokio::test]
    async fn an_app_that_waits_for_its_turn_holds_up_no_other() {
        let chooser = Chooser::default();
        let place = Place::enter(&chooser.waiting, &undecided(1, 0)).unwrap();
        let turn = place.turn().acquire_owned().await.unwrap();
        let mut own = Box::pin(chooser.choose(undecided(1, 0), true));
        assert!(futures::poll!(own.as_mut()).is_pending());
        let other = chooser.choose(undecided(2, 0), false).await.unwrap();
        assert!(matches!(other.choice, Choice::Made { version: 7, is_last: false, .. }));
        assert!(futures::poll!(own.as_mut()).is_pending());
        drop((turn, place));
        assert!(matches!(own.await.unwrap().choice, Choice::Made { is_last: true, .. }));
        assert!(lock(&chooser.waiting).apps.is_empty());
    }
}
