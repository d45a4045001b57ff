//! A stop that loses nothing: claim no more, finish what is under way within a limit, settle, give back the rest.

use std::time::Duration;

use crate::Engine;

/// How often the attempts under way are counted while a stop waits for them.
const LOOK: Duration = Duration::from_millis(10);

/// How a stop went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Attempts that were cut off because the limit ran out; they will be made again.
    pub cut_off: usize,
}

impl Engine {
    /// Stops: nothing new is started, attempts under way get until the limit, everything known is settled.
    pub async fn drain(&self) -> Drained {
        self.store.detach();
        self.dispatcher.put_back(self.dispatcher.lanes().stop(), self.clock.now());
        self.stop.cancel();
        let finished = async {
            while self.dispatcher.lanes().in_flight() > 0 {
                tokio::time::sleep(LOOK).await;
            }
        };
        let _ = tokio::time::timeout(self.drain_limit, finished).await;
        let cut_off = self.dispatcher.lanes().in_flight();
        let _ = tokio::time::timeout(Duration::from_secs(5), self.settler.emptied()).await;
        self.settler.close();
        self.tasks.close();
        Drained { cut_off }
    }
}
