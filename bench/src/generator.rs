//! The load: clients that post over connections of their own, as fast as they are answered or at a fixed rate.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use tokio::task::JoinSet;

use crate::client::{Connection, Peer};
use crate::epoch::Epoch;
use crate::histogram::Latencies;
use crate::ledger::Ledger;
use crate::payload::Stamp;

/// How fast it goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// Each client posts again when it is answered.
    Closed,
    /// Posts are due at fixed times, however slow the answers are.
    PerSecond(u32),
}

/// Makes the body of a message.
pub(crate) type Body = Arc<dyn Fn(Stamp) -> Bytes + Send + Sync>;

/// What to post, where, and how.
pub(crate) struct Plan {
    pub(crate) epoch: Epoch,
    pub(crate) peer: Peer,
    pub(crate) path: String,
    /// The status that means accepted.
    pub(crate) expects: StatusCode,
    /// Clients, each with a connection.
    pub(crate) connections: usize,
    pub(crate) pace: Pace,
    /// Stops by itself after that many posts.
    pub(crate) messages_max: u64,
    pub(crate) body: Body,
}

/// Load that is running; it stops when dropped.
pub(crate) struct Load {
    state: Arc<State>,
    clients: JoinSet<Latencies>,
}

/// What came of it.
pub(crate) struct Done {
    /// Posts made; their numbers are below it.
    pub(crate) posted: u64,
    /// The numbers that were accepted.
    pub(crate) accepted: Ledger,
    /// Answers other than the expected one, by status.
    pub(crate) refused: BTreeMap<u16, u64>,
    /// Posts that got no answer.
    pub(crate) errors: u64,
    /// Times from sending to the answer, of accepted posts while recording.
    pub(crate) answers: Latencies,
}

struct State {
    plan: Plan,
    start_ns: u64,
    next: AtomicU64,
    /// Numbers from here on are not posted yet.
    end: AtomicU64,
    is_stopping: AtomicBool,
    is_recording: AtomicBool,
    accepted: Ledger,
    refused: Mutex<BTreeMap<u16, u64>>,
    errors: AtomicU64,
    clients: AtomicUsize,
}

/// A client gives up when that many posts in a row got no answer: the server is gone.
const ERRORS_IN_A_ROW_MAX: u32 = 100;

impl Load {
    /// Connects and begins.
    pub(crate) fn start(plan: Plan) -> Self {
        let state = Arc::new(State {
            start_ns: plan.epoch.now_ns(),
            next: AtomicU64::new(0),
            end: AtomicU64::new(u64::MAX),
            is_stopping: AtomicBool::new(false),
            is_recording: AtomicBool::new(false),
            accepted: Ledger::new(plan.messages_max),
            refused: Mutex::default(),
            errors: AtomicU64::new(0),
            clients: AtomicUsize::new(plan.connections),
            plan,
        });
        let mut clients = JoinSet::new();
        for _ in 0..state.plan.connections {
            clients.spawn(client(Arc::clone(&state)));
        }
        Self { state, clients }
    }

    /// Accepted so far.
    pub(crate) fn accepted(&self) -> u64 {
        self.state.accepted.count()
    }

    /// Posts so many in all, and waits before it makes more.
    pub(crate) fn hold_at(&self, posts: u64) {
        self.state.end.store(posts, Ordering::Relaxed);
    }

    /// From now on answers are timed, or no longer.
    pub(crate) fn record(&self, is_recording: bool) {
        self.state.is_recording.store(is_recording, Ordering::Relaxed);
    }

    /// Lets every client finish its post and returns what came of it.
    pub(crate) async fn stop(self) -> Done {
        self.state.is_stopping.store(true, Ordering::Relaxed);
        self.finish().await
    }

    /// Waits until the plan's number of messages is posted.
    pub(crate) async fn finish(mut self) -> Done {
        let mut answers = Latencies::new();
        while let Some(client) = self.clients.join_next().await {
            answers.merge(&client.expect("a client neither panics nor is aborted while we hold it"));
        }
        let state = Arc::into_inner(self.state).expect("every client has returned");
        Done {
            posted: state.next.into_inner().min(state.plan.messages_max),
            accepted: state.accepted,
            refused: state.refused.into_inner().unwrap_or_else(PoisonError::into_inner),
            errors: state.errors.into_inner(),
            answers,
        }
    }

    /// Whether a client still posts.
    pub(crate) fn is_running(&self) -> bool {
        self.state.clients.load(Ordering::Relaxed) > 0
    }
}

async fn client(state: Arc<State>) -> Latencies {
    let mut answers = Latencies::new();
    let mut connection = None;
    let mut errors_in_a_row = 0;
    while errors_in_a_row < ERRORS_IN_A_ROW_MAX {
        let Some((number, sent_ns)) = next_post(&state).await else { break };
        match post(&state, &mut connection, Stamp { number, sent_ns }).await {
            Ok(status) if status == state.plan.expects => {
                errors_in_a_row = 0;
                state.accepted.insert(number);
                if state.is_recording.load(Ordering::Relaxed) {
                    answers.record_ns(state.plan.epoch.now_ns().saturating_sub(sent_ns));
                }
            }
            Ok(status) => {
                errors_in_a_row = 0;
                let mut refused = state.refused.lock().unwrap_or_else(PoisonError::into_inner);
                *refused.entry(status.as_u16()).or_default() += 1;
            }
            Err(_) => {
                errors_in_a_row += 1;
                state.errors.fetch_add(1, Ordering::Relaxed);
                connection = None;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
    state.clients.fetch_sub(1, Ordering::Relaxed);
    answers
}

/// Takes the next number and waits until it is due. Returns the number and the time its latency counts from.
///
/// At a fixed rate a post that found no free client counts from when it was due: a stalled server is not excused.
/// One that was waited for counts from when the timer fired, so that the timer's grain is not the server's.
async fn next_post(state: &State) -> Option<(u64, u64)> {
    if state.is_stopping.load(Ordering::Relaxed) {
        return None;
    }
    let number = state.next.fetch_add(1, Ordering::Relaxed);
    if number >= state.plan.messages_max {
        return None;
    }
    while number >= state.end.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(1)).await;
        if state.is_stopping.load(Ordering::Relaxed) {
            return None;
        }
    }
    let now_ns = state.plan.epoch.now_ns();
    let Pace::PerSecond(rate) = state.plan.pace else { return Some((number, now_ns)) };
    let due_ns = state.start_ns + number * 1_000_000_000 / u64::from(rate);
    if due_ns <= now_ns {
        return Some((number, due_ns));
    }
    tokio::time::sleep_until(state.plan.epoch.moment(due_ns).into()).await;
    Some((number, state.plan.epoch.now_ns()))
}

async fn post(
    state: &State,
    connection: &mut Option<Connection>,
    stamp: Stamp,
) -> anyhow::Result<StatusCode> {
    let connected = match connection {
        Some(connected) => connected,
        None => connection.insert(Connection::open(state.plan.peer.clone()).await?),
    };
    let (status, _) = connected.send(Method::POST, &state.plan.path, (state.plan.body)(stamp)).await?;
    Ok(status)
}

#[cfg(test)]
mod tests;
