//! Name resolution by the system's resolver: bounded, shared, remembered for a moment, and fair to names that work.

mod names;
mod slots;
mod system;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hookwire_core::outcome::ErrorClass;
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, timeout};

use crate::exchange::{Failure, Fault};
use crate::outage::Outage;
use crate::phases::{Phase, Phases};
use names::{Ended, Names, Plan};
use slots::{Slot, Slots, Standing};
use system::{Lookup, Trouble};

/// What a lookup gave: all addresses in the resolver's order, or why there are none.
pub(crate) type Answer = Result<Arc<[IpAddr]>, Failure>;

/// How far a lookup has come.
#[derive(Debug, Clone)]
enum Stage {
    Queued,
    Resolving,
    Done(Answer),
}

/// Resolves names in a bounded number of blocking threads.
///
/// A name has one lookup and one thread at a time, however many requests wait for it. Its limit runs from the moment at
/// which it gets its slot. A thread can't be stopped, so a lookup that is over its limit keeps its slot until the system
/// answers; such names, and those of which nothing is known yet, may hold only a part of the slots.
#[derive(Clone)]
pub(crate) struct Resolver(Arc<Inner>);

struct Inner {
    system: Lookup,
    slots: Slots,
    names: Names,
    outage: Outage,
    /// For the wait for a slot, and again for the lookup.
    limit: Duration,
}

impl Resolver {
    /// Asks the system about `lookups_max` names at a time.
    pub(crate) fn new(lookups_max: usize, limit: Duration) -> Self {
        Self::asking(Arc::new(system::lookup), lookups_max, limit)
    }

    fn asking(system: Lookup, lookups_max: usize, limit: Duration) -> Self {
        let (slots, names, outage) = (Slots::new(lookups_max), Names::default(), Outage::default());
        Self(Arc::new(Inner { system, slots, names, outage, limit }))
    }

    /// The addresses of a name; not vetted. Dropping the future gives up: a lookup that nobody waits for any more leaves
    /// the queue, and one that has begun goes on to be remembered.
    pub(crate) async fn lookup(&self, host: &str, phases: &Phases) -> Answer {
        let name = host.to_ascii_lowercase();
        let began = Instant::now();
        let mut stage = match self.0.names.plan(&name, began) {
            Plan::Known(addresses) => {
                phases.end(Phase::Resolve, Duration::ZERO);
                return Ok(addresses);
            }
            Plan::TimedOut => {
                phases.end(Phase::Resolve, Duration::ZERO);
                return Err(self.0.still_too_slow(&name));
            }
            Plan::Join(stage) => stage,
            Plan::Begin { sender, stage, standing } => {
                tokio::spawn(Arc::clone(&self.0).run(name, sender, standing));
                stage
            }
        };
        phases.begin(Phase::Queue);
        let _ = stage.wait_for(|stage| !matches!(stage, Stage::Queued)).await;
        phases.begin(Phase::Resolve);
        let resolving = Instant::now();
        let done = stage.wait_for(|stage| matches!(stage, Stage::Done(_))).await;
        let answer = match done.as_deref() {
            Ok(Stage::Done(answer)) => answer.clone(),
            _ => Err(Failure::ours(ErrorClass::Dns, "The lookup was given up.")),
        };
        phases.end(Phase::Resolve, resolving.elapsed());
        answer
    }
}

impl Inner {
    /// Sees a lookup through: waits for a slot, asks the system, tells all who wait, remembers.
    async fn run(self: Arc<Self>, name: String, stage: Arc<watch::Sender<Stage>>, standing: Standing) {
        let done = |ended, answer| {
            self.names.ended(&name, ended, Instant::now());
            stage.send_replace(Stage::Done(answer));
        };
        let slot = match self.slot(&name, &stage, standing).await {
            Wait::Got(slot) => slot,
            Wait::Abandoned => return,
            Wait::TooLong => return done(Ended::Unbegun, Err(self.no_slot(&name, standing))),
        };
        stage.send_replace(Stage::Resolving);
        let began = Instant::now();
        let mut thread = self.ask(name.clone(), slot);
        let Ok(found) = timeout(self.limit, &mut thread).await else {
            done(Ended::TimedOut, Err(self.too_slow(&name)));
            let found = thread.await.map_err(std::io::Error::other).flatten();
            let now = Instant::now();
            if let Ok(addresses) = &found {
                self.note_served(&name, addresses, now);
            }
            return self.names.ended(&name, Ended::Late(found.ok().map(Arc::from)), now);
        };
        match found.map_err(std::io::Error::other).flatten() {
            Ok(addresses) => {
                let addresses = Arc::from(addresses);
                self.note_served(&name, &addresses, Instant::now());
                done(Ended::Found(Arc::clone(&addresses)), Ok(addresses));
            }
            Err(error) => {
                let trouble = system::trouble(&error);
                let took = began.elapsed();
                let answer = Err(self.failed(&name, &error, trouble));
                done(Ended::Failed { took, trouble }, answer);
            }
        }
    }

    async fn slot(&self, name: &str, stage: &Arc<watch::Sender<Stage>>, standing: Standing) -> Wait {
        let taking = timeout(self.limit, self.slots.take(standing));
        tokio::pin!(taking);
        loop {
            tokio::select! {
                biased;
                slot = &mut taking => return slot.map_or(Wait::TooLong, Wait::Got),
                () = stage.closed() => if self.names.abandon(name, stage) {
                    return Wait::Abandoned;
                }
            }
        }
    }

    fn ask(&self, name: String, slot: Slot) -> JoinHandle<std::io::Result<Vec<IpAddr>>> {
        let system = Arc::clone(&self.system);
        spawn_blocking(move || {
            let _slot = slot;
            system(&name)
        })
    }

    /// Addresses of this machine alone prove nothing: they come from a file.
    fn note_served(&self, name: &str, addresses: &[IpAddr], now: Instant) {
        if addresses.iter().any(|address| !address.is_loopback()) {
            self.outage.served(name, now);
        }
    }

    fn failed(&self, name: &str, error: &std::io::Error, trouble: Trouble) -> Failure {
        let text = error.to_string();
        let reason = text.rsplit(": ").next().unwrap_or(&text);
        let detail = format!("The name {name} could not be resolved: {reason}.");
        Failure::new(ErrorClass::Dns, detail).blamed_on(match trouble {
            Trouble::NoSuchName => Fault::Receiver,
            Trouble::Shortage => Fault::Ours,
            Trouble::Unclear => self.outage.blame(name, Instant::now()),
        })
    }

    fn too_slow(&self, name: &str) -> Failure {
        let detail = format!("{} took longer than {:?}.", Phase::Resolve.subject(), self.limit);
        Failure::new(ErrorClass::Timeout, detail).blamed_on(self.outage.blame(name, Instant::now()))
    }

    fn still_too_slow(&self, name: &str) -> Failure {
        let detail = format!("{} took longer than {:?} a moment ago.", Phase::Resolve.subject(), self.limit);
        Failure::new(ErrorClass::Timeout, detail).blamed_on(self.outage.judge(name, Instant::now()))
    }

    /// A name that was slow before waits for few slots, among others like it; that is its own fault. Whoever else gets
    /// no slot is held up by others.
    fn no_slot(&self, name: &str, standing: Standing) -> Failure {
        let (detail, fault) = match standing {
            Standing::Slow => (
                "Resolving the name took too long last time, and many others like it are being resolved."
                    .to_owned(),
                self.outage.judge(name, Instant::now()),
            ),
            Standing::Proven | Standing::Unproven => {
                (format!("No lookup was free within {:?}.", self.limit), Fault::Ours)
            }
        };
        Failure::new(ErrorClass::Timeout, detail).blamed_on(fault)
    }
}

/// How the wait for a slot ended.
enum Wait {
    Got(Slot),
    TooLong,
    /// Nobody wants to know any more.
    Abandoned,
}

#[cfg(test)]
pub(crate) mod script;
#[cfg(test)]
mod tests;
