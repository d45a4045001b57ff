//! Operations: what callers ask of the writer, each with a way to answer. The hot ones need no box.

use hookwire_core::Timestamp;
use hookwire_store::queue::{ClaimRequest, Claimed, Settled, Settlement};
use hookwire_store::{Error, Result};
use tokio::sync::oneshot;

use super::ingest::{Incoming, Taken};
use super::work::Work;
use super::{claim, ingest, settle};
use crate::fault::{Done, Fault};

/// A question, then its answer, then a caller who was told.
pub(crate) struct Asked<I, O> {
    input: Option<I>,
    outcome: Option<Result<O>>,
    reply: oneshot::Sender<Result<O>>,
}

impl<I, O> Asked<I, O> {
    pub(crate) fn new(input: I) -> (Self, oneshot::Receiver<Result<O>>) {
        let (reply, answer) = oneshot::channel();
        (Self { input: Some(input), outcome: None, reply }, answer)
    }

    fn perform(
        &mut self,
        work: &mut Work<'_>,
        carry_out: impl FnOnce(&mut Work<'_>, I) -> Done<O>,
    ) -> Done<()> {
        let Some(input) = self.input.take() else { return Ok(()) };
        match carry_out(work, input) {
            Ok(outcome) => self.outcome = Some(Ok(outcome)),
            Err(Fault::Refused(error)) => {
                self.outcome = Some(Err(error.clone()));
                return Err(Fault::Refused(error));
            }
            Err(broken) => return Err(broken),
        }
        Ok(())
    }

    fn answer(self, failure: Option<&Error>) {
        let outcome = match (failure, self.outcome) {
            (Some(error), _) => Err(error.clone()),
            (None, Some(outcome)) => outcome,
            (None, None) => Err(Error::Internal("an operation was not carried out".to_owned())),
        };
        // A caller who does not wait any more needs no answer.
        drop(self.reply.send(outcome));
    }
}

/// Anything that is not hot.
pub(crate) trait Step: Send {
    fn perform(&mut self, work: &mut Work<'_>) -> Done<()>;
    fn answer(self: Box<Self>, failure: Option<&Error>);
}

impl<F, T> Step for Asked<F, T>
where
    F: FnOnce(&mut Work<'_>) -> Done<T> + Send,
    T: Send,
{
    fn perform(&mut self, work: &mut Work<'_>) -> Done<()> {
        Self::perform(self, work, |work, run| run(work))
    }

    fn answer(self: Box<Self>, failure: Option<&Error>) {
        Self::answer(*self, failure);
    }
}

/// What callers ask of the writer.
#[expect(
    clippy::large_enum_variant,
    reason = "most operations are ingests: a box for each costs more than the room"
)]
pub(crate) enum Operation {
    Ingest(Asked<Incoming, Taken>),
    Settle(Settling),
    Claim(Asked<ClaimRequest, Claimed>),
    /// Anything else, and the bytes that its caller brings.
    Other(Box<dyn Step>, usize),
}

impl Operation {
    /// The bytes that it keeps in memory while it waits. `None`: it is not counted at all, because those who ask for it
    /// have a bound of their own. What is under way must come to its end however much comes in.
    pub(crate) fn load(&self) -> Option<usize> {
        match self {
            Self::Ingest(asked) => Some(asked.input.as_ref().map_or(0, Incoming::bytes)),
            Self::Other(_, bytes) => Some(*bytes),
            Self::Settle(_) | Self::Claim(_) => None,
        }
    }

    /// Carries it out inside the running transaction. `Err` means that the transaction must be rolled back.
    pub(crate) fn perform(&mut self, work: &mut Work<'_>) -> Done<()> {
        let before = work.db.total_changes();
        let done = match self {
            Self::Ingest(asked) => asked.perform(work, ingest::ingest),
            // One that comes alone may be what was refused among others: it concerns nobody else, whatever it meets.
            Self::Settle(asked) if asked.is_single() => {
                return in_savepoint(work, |work| settle_all(asked, work));
            }
            Self::Settle(asked) => settle_all(asked, work),
            Self::Claim(asked) => asked.perform(work, |work, request| claim::claim(work, &request)),
            Self::Other(step, _) => return in_savepoint(work, |work| step.perform(work)),
        };
        match done {
            // Refused before anything was written: the others in the batch are not concerned.
            Err(Fault::Refused(_)) if work.db.total_changes() == before => Ok(()),
            done => done,
        }
    }

    /// Tells the caller; `failure` when the transaction came to nothing.
    pub(crate) fn answer(self, failure: Option<&Error>) {
        match self {
            Self::Ingest(asked) => asked.answer(failure),
            Self::Settle(asked) => asked.answer(failure),
            Self::Claim(asked) => asked.answer(failure),
            Self::Other(step, _) => step.answer(failure),
        }
    }
}

type Settling = Asked<(Vec<Settlement>, Timestamp), Vec<Settled>>;

impl Settling {
    fn is_single(&self) -> bool {
        self.input.as_ref().is_some_and(|(settlements, _)| settlements.len() == 1)
    }
}

fn settle_all(asked: &mut Settling, work: &mut Work<'_>) -> Done<()> {
    asked.perform(work, |work, (settlements, now)| settle::settle(work, &settlements, now))
}

/// Carries out a step that is undone by itself when it is refused.
fn in_savepoint(work: &mut Work<'_>, perform: impl FnOnce(&mut Work<'_>) -> Done<()>) -> Done<()> {
    // Sums of what came before are written first: those that are there afterwards are the step's own.
    work.flush_sums()?;
    let before = work.db.total_changes();
    let (mark, sweep, marks) = (work.effects.mark(), *work.sweep, *work.marks);
    work.db.prepare_cached("SAVEPOINT step")?.execute([])?;
    match perform(work) {
        Ok(()) => {
            work.db.prepare_cached("RELEASE step")?.execute([])?;
            Ok(())
        }
        Err(Fault::Refused(_)) => {
            work.db.prepare_cached("ROLLBACK TO step")?.execute([])?;
            work.db.prepare_cached("RELEASE step")?.execute([])?;
            work.effects.go_back(mark, work.dispatch);
            work.tally.forget_sums();
            (*work.sweep, *work.marks) = (sweep, marks);
            if work.db.total_changes() != before {
                *work.cache = super::cache::Cache::default();
            }
            Ok(())
        }
        Err(broken) => Err(broken),
    }
}
