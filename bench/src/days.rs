//! The tables of days that are over, as if the server had been in use then.

use std::ops::Range;

use hookwire_core::id::Key as _;
use hookwire_core::{MessageKey, Timestamp};
use hookwire_testkit::Postgres;

/// Tables that are partitioned by day.
const PARTITIONED: [&str; 4] = ["message", "label", "delivery", "attempt"];
const DAY_MICROS: i64 = 86_400_000_000;

/// The day of a time, as a number since the Unix epoch.
pub(crate) const fn day_of(at: Timestamp) -> i64 {
    at.micros().div_euclid(DAY_MICROS)
}

/// Makes those tables of the days that are not there.
pub(crate) async fn make(postgres: &Postgres, days: Range<i64>) {
    let floor = |day: i64| MessageKey::floor(Timestamp::from_micros(day * DAY_MICROS)).raw();
    for day in days {
        for table in PARTITIONED {
            let sql = format!(
                "CREATE TABLE IF NOT EXISTS {table}_{day} PARTITION OF {table} FOR VALUES FROM ({}) TO ({})",
                floor(day),
                floor(day + 1)
            );
            postgres.query(&sql).await;
        }
    }
}
