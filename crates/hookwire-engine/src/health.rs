//! Whether deliveries move: the truth behind readiness.

use std::time::Duration;

use hookwire_core::Timestamp;

/// Longer than this, and something stands still.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the engine is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Deliveries move, or there are none.
    Moving,
    /// Something stands still; the reason, for people.
    Stuck(String),
}

impl Progress {
    pub(crate) fn new(
        now: Timestamp,
        startable_since: Option<Timestamp>,
        oldest_unsettled: Option<Timestamp>,
    ) -> Self {
        let over = |since: Option<Timestamp>| since.map(|at| now.since(at)).filter(|age| *age > PATIENCE);
        if let Some(age) = over(oldest_unsettled) {
            return Self::Stuck(format!(
                "what came of deliveries could not be written for {} s",
                age.as_secs()
            ));
        }
        match over(startable_since) {
            Some(age) => {
                Self::Stuck(format!("deliveries are due but none was started for {} s", age.as_secs()))
            }
            None => Self::Moving,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standstill_is_told_after_half_a_minute() {
        let now = Timestamp::from_seconds(1_000);
        let ago = |seconds| Some(now.minus(Duration::from_secs(seconds)));
        assert_eq!(Progress::new(now, None, None), Progress::Moving);
        assert_eq!(Progress::new(now, ago(29), ago(29)), Progress::Moving);
        assert!(
            matches!(Progress::new(now, ago(31), None), Progress::Stuck(reason) if reason.contains("due"))
        );
        assert!(
            matches!(Progress::new(now, None, ago(31)), Progress::Stuck(reason) if reason.contains("written"))
        );
    }
}
