//! How long a function takes, measured without a server: many calls in a row, and the middle of many such rows.

use std::hint::black_box;
use std::time::Instant;

use crate::histogram::median;

/// Rows of calls.
const ROWS: usize = 31;
/// How long a row should take, about.
const ROW_NS: f64 = 20_000_000.0;

/// Nanoseconds that one call takes: the median over [`ROWS`] rows of calls, after one row that does not count.
pub(crate) fn ns_per_call<T>(mut call: impl FnMut() -> T) -> f64 {
    let mut row = |calls: u32| {
        let start = Instant::now();
        for _ in 0..calls {
            black_box(call());
        }
        start.elapsed().as_nanos() as f64 / f64::from(calls)
    };
    let calls = (ROW_NS / row(100).max(1.0)).clamp(10.0, 10_000_000.0) as u32;
    row(calls);
    let rows: Vec<f64> = (0..ROWS).map(|_| row(calls)).collect();
    median(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_more_takes_longer() {
        let bytes = vec![7_u8; 100_000];
        let sum = |count: usize| bytes[..count].iter().map(|byte| u64::from(black_box(*byte))).sum::<u64>();
        let (little, much) = (ns_per_call(|| sum(100)), ns_per_call(|| sum(100_000)));
        assert!(little > 0.0 && much > 10.0 * little, "{little} ns, {much} ns");
    }
}
