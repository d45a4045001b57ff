//! Waiting for something that offers no signal: a bounded poll.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// How long a test waits for something that should happen at once. Generous, for a loaded machine; a passing
/// test never uses it up.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Calls `look` until `satisfied` says yes to what it saw, and returns that.
///
/// Use it only where no event exists, for example for the state that an HTTP API reports. Panics after
/// [`PATIENCE`], naming `what` and the last thing seen.
pub async fn eventually<T, F>(what: &str, mut look: impl FnMut() -> F, satisfied: impl Fn(&T) -> bool) -> T
where
    T: Debug,
    F: Future<Output = T>,
{
    let began = Instant::now();
    loop {
        let seen = look().await;
        if satisfied(&seen) {
            return seen;
        }
        assert!(began.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain for: {what}; last seen: {seen:#?}");
        tokio::time::sleep(PAUSE).await;
    }
}
