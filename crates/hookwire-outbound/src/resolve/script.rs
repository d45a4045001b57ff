//! A resolver for tests: it says which names it is asked for, and answers when it is told to.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Resolver;

pub(crate) const LIMIT: Duration = Duration::from_secs(5);

/// After this a thread gives up, in real time, so that a test that goes wrong comes to an end.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the threads wait for.
#[derive(Default)]
struct Answers {
    by_name: HashMap<String, io::Result<Vec<IpAddr>>>,
    over: bool,
    /// A thread gave up.
    late: bool,
}

type Shared = Arc<(Mutex<Answers>, Condvar)>;

/// The test's end of it. Dropped, it lets all threads go, as the runtime waits for them.
pub(crate) struct Script {
    shared: Shared,
    asked: UnboundedReceiver<String>,
}

/// A resolver with that many slots, and its script.
pub(crate) fn scripted(slots: usize) -> (Resolver, Script) {
    let shared = Shared::default();
    let (asking, asked) = unbounded_channel();
    let script = Script { shared: Arc::clone(&shared), asked };
    (Resolver::asking(Arc::new(move |name: &str| wait(&shared, &asking, name)), slots, LIMIT), script)
}

fn wait(shared: &Shared, asking: &UnboundedSender<String>, name: &str) -> io::Result<Vec<IpAddr>> {
    let (answers, changed) = &**shared;
    let _ = asking.send(name.to_owned());
    let mut answers = answers.lock().unwrap();
    loop {
        if let Some(answer) = answers.by_name.remove(name) {
            return answer;
        }
        if answers.over {
            return Err(io::Error::other("the test is over"));
        }
        let waited;
        (answers, waited) = changed.wait_timeout(answers, PATIENCE).unwrap();
        if waited.timed_out() {
            answers.late = true;
            return Err(io::Error::other("the test gave no answer"));
        }
    }
}

impl Script {
    /// Waits until the resolver asks, and says for which name.
    pub(crate) async fn asked(&mut self) -> String {
        // The paused clock moves by itself only once no thread is left that could ask.
        let asked = tokio::time::timeout(Duration::from_hours(1), self.asked.recv()).await;
        asked.expect("the resolver asks for another name").unwrap()
    }

    /// Whether it asked for anything of which [`Script::asked`] has not told.
    pub(crate) fn asked_more(&mut self) -> bool {
        self.asked.try_recv().is_ok()
    }

    /// Answers a lookup of that name, under way or to come, once.
    pub(crate) fn answer(&self, name: &str, answer: io::Result<Vec<IpAddr>>) {
        self.shared.0.lock().unwrap().by_name.insert(name.to_owned(), answer);
        self.shared.1.notify_all();
    }

    pub(crate) fn finds(&self, name: &str, address: &str) {
        self.answer(name, Ok(vec![address.parse().unwrap()]));
    }

    pub(crate) fn fails(&self, name: &str, text: &str) {
        self.answer(name, Err(io::Error::other(format!("failed to lookup address information: {text}"))));
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let mut answers = self.shared.0.lock().unwrap();
        answers.over = true;
        self.shared.1.notify_all();
        let late = answers.late;
        drop(answers);
        assert!(!late || std::thread::panicking(), "a thread had to give up before the test was over");
    }
}
