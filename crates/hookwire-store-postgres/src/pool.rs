//! Connections for everything that is not hot, made when they are needed, given up when they fail.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hookwire_store::Error;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::connection::{Link, Place};
use crate::fault::{Done, Fault};

/// How long somebody waits for a free connection before hearing that there is too much to do.
const PATIENCE: Duration = Duration::from_secs(20);
/// The shortest and the longest wait after a connection that did not come about.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// The connections.
pub(crate) struct Pool {
    place: Arc<Place>,
    free: Arc<Semaphore>,
    idle: Mutex<Vec<Link>>,
    backoff: Mutex<Backoff>,
    closed: AtomicBool,
}

impl Pool {
    pub(crate) fn new(place: Arc<Place>, connections: usize) -> Arc<Self> {
        Arc::new(Self {
            place,
            free: Arc::new(Semaphore::new(connections.max(2))),
            idle: Mutex::default(),
            backoff: Mutex::default(),
            closed: AtomicBool::new(false),
        })
    }

    /// A connection to oneself.
    pub(crate) async fn take(self: &Arc<Self>) -> Done<Pooled> {
        if self.closed.load(Ordering::Acquire) {
            return Err(closed());
        }
        let permit = Arc::clone(&self.free).acquire_owned();
        let permit = match tokio::time::timeout(PATIENCE, permit).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => return Err(closed()),
            Err(_) => return Err(Fault::unavailable("overloaded")),
        };
        let idle = loop {
            match self.idle().pop() {
                Some(link) if link.is_closed() => {}
                other => break other,
            }
        };
        let link = match idle {
            Some(link) => link,
            None => self.connect().await?,
        };
        Ok(Pooled { link: Some(link), pool: Arc::clone(self), permit: Some(permit), is_clean: true })
    }

    async fn connect(&self) -> Done<Link> {
        self.lock_backoff().check()?;
        match Link::connect(&self.place).await {
            Ok((link, _)) => {
                self.lock_backoff().succeeded();
                Ok(link)
            }
            Err(fault) => {
                let error = fault.into_error();
                self.lock_backoff().failed(&error);
                Err(error.into())
            }
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Link>> {
        self.idle.lock().expect("nobody panics with this lock")
    }

    fn lock_backoff(&self) -> std::sync::MutexGuard<'_, Backoff> {
        self.backoff.lock().expect("nobody panics with this lock")
    }

    /// No more connections; those that are out are still good.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.free.close();
        self.idle().clear();
    }
}

pub(crate) fn closed() -> Fault {
    Fault::unavailable("the store is closed")
}

/// A connection that belongs to whoever holds it, and goes back afterwards.
pub(crate) struct Pooled {
    link: Option<Link>,
    pool: Arc<Pool>,
    permit: Option<OwnedSemaphorePermit>,
    is_clean: bool,
}

impl Pooled {
    /// A transaction begins. If nobody says that it ended, the connection is given up, and the transaction with it.
    pub(crate) fn soil(&mut self) {
        self.is_clean = false;
    }

    /// No transaction is open.
    pub(crate) fn clean(&mut self) {
        self.is_clean = true;
    }

    /// Takes note of a failure: after some the connection is of no use.
    pub(crate) fn failed(&mut self, fault: &Fault) {
        if fault.needs_new_connection() {
            self.is_clean = false;
        }
    }
}

impl std::ops::Deref for Pooled {
    type Target = Link;

    fn deref(&self) -> &Link {
        self.link.as_ref().expect("it is taken out only when this is dropped")
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let Some(link) = self.link.take() else { return };
        if self.is_clean && !link.is_closed() && !self.pool.closed.load(Ordering::Acquire) {
            self.pool.idle().push(link);
        } else if let (false, Ok(runtime)) = (link.is_closed(), Handle::try_current()) {
            // The server has no connection less before it has ended this one.
            let permit = self.permit.take();
            runtime.spawn(async move {
                link.cut_short().await;
                drop(permit);
            });
        }
    }
}

/// After a connection that did not come about nobody tries again for a while: everybody would wait in vain.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    wait: Duration,
    not_before: Option<Instant>,
    because: Option<Error>,
}

impl Backoff {
    /// `Err` while it is too early.
    pub(crate) fn check(&self) -> Done<()> {
        match (&self.because, self.not_before) {
            (Some(error), Some(time)) if Instant::now() < time => Err(error.clone().into()),
            _ => Ok(()),
        }
    }

    pub(crate) fn succeeded(&mut self) {
        if self.because.is_some() {
            tracing::info!("the database can be reached again");
        }
        *self = Self::default();
    }

    /// Answers how long to wait.
    pub(crate) fn failed(&mut self, error: &Error) -> Duration {
        if self.because.is_none() {
            tracing::error!(%error, "the database can't be reached; trying again");
        }
        self.wait = (self.wait * 2).clamp(BACKOFF.0, BACKOFF.1);
        self.not_before = Some(Instant::now() + self.wait);
        self.because = Some(error.clone());
        self.wait
    }
}
