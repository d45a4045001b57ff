//! The hot writers: each takes what waits, without timers, and writes it in one transaction on a connection of its own.

mod line;

use std::sync::{Arc, Mutex};

use hookwire_core::Timestamp;
use hookwire_store::chooser::Incoming;
use hookwire_store::queue::{Settled, Settlement};
use hookwire_store::{Error, Result};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::connection::Link;
use crate::fault::{Done, Fault, in_time};
use crate::ingest::{self, Taken};
use crate::pool::Backoff;
use crate::queue::settle;
use crate::shared::Shared;
use line::{Line, Load};

/// A question and the way to answer it.
pub(crate) struct Asked<I, O> {
    pub(crate) input: I,
    reply: oneshot::Sender<Result<O>>,
}

impl<I, O> Asked<I, O> {
    fn new(input: I) -> (Self, oneshot::Receiver<Result<O>>) {
        let (reply, answer) = oneshot::channel();
        (Self { input, reply }, answer)
    }

    pub(crate) fn answer(self, outcome: Result<O>) {
        // A caller who does not wait any more needs no answer.
        drop(self.reply.send(outcome));
    }

    /// The question, and the way to answer it later.
    pub(crate) fn split(self) -> (I, Reply<O>) {
        (self.input, Reply(self.reply))
    }
}

/// The way to answer.
pub(crate) struct Reply<O>(oneshot::Sender<Result<O>>);

impl<O> Reply<O> {
    pub(crate) fn answer(self, outcome: Result<O>) {
        drop(self.0.send(outcome));
    }
}

/// A message to accept.
pub(crate) type Ingesting = Asked<Incoming, Taken>;
/// Results to write.
pub(crate) type Settling = Asked<(Vec<Settlement>, Timestamp), Vec<Settled>>;

impl Load for Ingesting {
    fn rows(&self) -> usize {
        1
    }

    fn bytes(&self) -> Option<usize> {
        Some(self.input.bytes())
    }
}

impl Load for Settling {
    fn rows(&self) -> usize {
        self.input.0.len()
    }

    /// Not counted: the engine bounds them itself, and what is under way must end however much comes in.
    fn bytes(&self) -> Option<usize> {
        None
    }
}

/// The writers.
pub(crate) struct Writers {
    ingests: Arc<Line<Ingesting>>,
    settles: Arc<Line<Settling>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Writers {
    /// Starts them.
    pub(crate) fn start(shared: &Arc<Shared>) -> Self {
        let (ingests, settles) = (Arc::new(Line::default()), Arc::new(Line::default()));
        let mut tasks = Vec::new();
        for _ in 0..shared.settings.ingest_connections.max(1) {
            let (shared, line) = (Arc::clone(shared), Arc::clone(&ingests));
            tasks.push(tokio::spawn(async move {
                let mut ingester = ingest::Ingester::new(shared);
                while let Some(batch) = line.take().await {
                    ingester.carry_out(batch).await;
                }
            }));
        }
        for slot in 1..=shared.settings.settle_connections.max(1) {
            let (shared, line) = (Arc::clone(shared), Arc::clone(&settles));
            tasks.push(tokio::spawn(async move {
                let mut settler = settle::Settler::new(shared, slot);
                while let Some(batch) = line.take().await {
                    settler.carry_out(batch).await;
                }
            }));
        }
        Self { ingests, settles, tasks: Mutex::new(tasks) }
    }

    /// Accepts a message.
    pub(crate) async fn ingest(&self, incoming: Incoming) -> Result<Taken> {
        let (asked, answer) = Asked::new(incoming);
        self.ingests.push(asked)?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Writes results.
    pub(crate) async fn settle(&self, settlements: Vec<Settlement>, now: Timestamp) -> Result<Vec<Settled>> {
        let (asked, answer) = Asked::new((settlements, now));
        self.settles.push(asked)?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// No more operations; the writers end when those that wait are done.
    pub(crate) fn close(&self) {
        self.ingests.close();
        self.settles.close();
    }

    /// Waits until they have ended.
    pub(crate) async fn ended(&self) {
        let tasks = std::mem::take(&mut *self.tasks.lock().expect("nobody panics with this lock"));
        for task in tasks {
            // One that panicked has ended as well.
            drop(task.await);
        }
    }
}

fn stopped() -> Error {
    Error::Unavailable("the store's writer has stopped".to_owned())
}

/// A writer's own connection, made anew when it is lost.
pub(crate) struct OwnLink {
    shared: Arc<Shared>,
    link: Option<Link>,
    backoff: Backoff,
    statements: &'static [&'static str],
}

impl OwnLink {
    /// One with these statements at hand.
    pub(crate) fn new(shared: Arc<Shared>, statements: &'static [&'static str]) -> Self {
        Self { shared, link: None, backoff: Backoff::default(), statements }
    }

    /// The connection. `Err` at once when it is too early to try again.
    pub(crate) async fn get(&mut self) -> Done<&Link> {
        if self.link.as_ref().is_some_and(Link::is_closed) {
            self.link = None;
        }
        if self.link.is_none() {
            self.backoff.check()?;
            match self.connect().await {
                Ok(link) => {
                    self.backoff.succeeded();
                    self.link = Some(link);
                }
                Err(fault) => {
                    let error = fault.into_error();
                    self.backoff.failed(&error);
                    return Err(error.into());
                }
            }
        }
        Ok(self.link.as_ref().expect("it was made a moment ago"))
    }

    async fn connect(&self) -> Done<Link> {
        let (link, _) = Link::connect(&self.shared.place).await?;
        in_time(self.shared.settings.answer_max, link.ready(self.statements)).await?;
        Ok(link)
    }

    /// Takes note of a failure: after some the connection is of no use. Answers what ends when that has ended.
    pub(crate) fn failed(&mut self, fault: &Fault) -> Option<JoinHandle<()>> {
        if fault.needs_new_connection() { self.link.take().map(Link::give_up) } else { None }
    }
}
