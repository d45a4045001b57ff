//! What a receiver remembers: its scripts and every request.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use tokio::sync::watch;

use super::{Reply, Request};

/// Shared by the receiver's handle and its connections.
pub(super) struct State {
    memory: Mutex<Memory>,
    /// Changes with each recorded request.
    changed: watch::Sender<usize>,
}

#[derive(Default)]
struct Memory {
    scripts: HashMap<String, Script>,
    requests: Vec<Request>,
    connections: usize,
}

struct Script {
    replies: Vec<Reply>,
    used: usize,
}

impl State {
    pub(super) fn new() -> Self {
        Self { memory: Mutex::default(), changed: watch::Sender::new(0) }
    }

    /// Records a request and says what to do with it.
    pub(super) fn record(&self, request: Request) -> Reply {
        let mut memory = self.memory();
        let reply = memory.scripts.get_mut(&request.path).map_or_else(Reply::ok, Script::next);
        memory.requests.push(request);
        let count = memory.requests.len();
        drop(memory);
        self.changed.send_replace(count);
        reply
    }

    pub(super) fn script(&self, path: &str, replies: Vec<Reply>) {
        assert!(!replies.is_empty(), "a script needs at least one reply");
        self.memory().scripts.insert(path.to_owned(), Script { replies, used: 0 });
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.memory().requests.clone()
    }

    /// Shows all requests to `look` without copying them; nothing can be recorded meanwhile.
    pub(super) fn look<T>(&self, look: impl FnOnce(&[Request]) -> T) -> T {
        look(&self.memory().requests)
    }

    pub(super) fn watch(&self) -> watch::Receiver<usize> {
        self.changed.subscribe()
    }

    /// Counts a connection and returns its number, from 1.
    pub(super) fn connected(&self) -> usize {
        let mut memory = self.memory();
        memory.connections += 1;
        memory.connections
    }

    pub(super) fn connections(&self) -> usize {
        self.memory().connections
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("nothing panics while it holds this lock")
    }
}

impl Script {
    /// The replies in turn; the last one for ever.
    fn next(&mut self) -> Reply {
        let place = self.used.min(self.replies.len() - 1);
        self.used += 1;
        self.replies[place].clone()
    }
}
