//! The store's threads, and the lock on the file that lasts as long as they do.

use std::fs::File;
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::checkpoint::{self, Stop};
use crate::connection;
use crate::open::OpenError;
use crate::reader::Readers;
use crate::shared::Shared;
use crate::writer::Writer;
use crate::writer::batch::Seed;

/// What runs for the store.
#[derive(Default)]
pub(crate) struct Threads {
    running: Vec<JoinHandle<()>>,
    /// The search for leases of an earlier run.
    pub(crate) orphans: Option<JoinHandle<()>>,
    stop: Arc<Stop>,
    lock: Option<File>,
}

impl Threads {
    /// Starts writer, readers and checkpoints.
    pub(crate) fn start(
        shared: &Arc<Shared>,
        seed: Seed,
    ) -> Result<std::io::Result<(Writer, Readers, Self)>, OpenError> {
        let count = shared.settings.readers.max(1);
        let connections =
            (0..count).map(|_| connection::reader(&shared.path)).collect::<rusqlite::Result<Vec<_>>>()?;
        let checkpointer = connection::checkpointer(&shared.path, &shared.settings)?;
        let start = || {
            let stop = Arc::new(Stop::default());
            let (readers, mut running) = Readers::start(shared, connections)?;
            running.push(checkpoint::start(Arc::clone(shared), checkpointer, Arc::clone(&stop))?);
            let (writer, thread) = Writer::start(seed)?;
            // Last to be joined: it empties the log when the others have let go of it.
            running.push(thread);
            Ok((writer, readers, Self { running, orphans: None, stop, lock: None }))
        };
        Ok(start())
    }

    /// Holds on to the lock as well.
    pub(crate) fn with_lock(self, lock: File) -> Self {
        Self { lock: Some(lock), ..self }
    }

    /// Tells the thread that makes checkpoints to end.
    pub(crate) fn stop(&self) {
        self.stop.stop();
    }

    /// Waits until all have ended, then lets other processes in.
    pub(crate) fn join(self) {
        for thread in self.orphans.into_iter().chain(self.running) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
        drop(self.lock);
    }
}
