//! A store grown in bulk: what was delivered is repeated into the past by the database itself.

use anyhow::Context;
use hookwire_testkit::Postgres;

/// Tables that are partitioned by day.
const PARTITIONED: [&str; 4] = ["message", "label", "delivery", "attempt"];
/// Where the milliseconds of a key begin, in seconds since the Unix epoch, and how far up they stand in it.
const KEYS_BEGIN: i64 = 1_400_000_000;
const KEY_SHIFT: u32 = 22;
const DAY: i64 = 86_400;

/// Repeats everything until there are that many attempts. The server under test runs meanwhile, and knows nothing of it.
pub(super) async fn grow(postgres: &Postgres, attempts: u64) -> anyhow::Result<()> {
    let sql = format!(
        "SELECT count(*), min(key) >> {KEY_SHIFT}, max(key) >> {KEY_SHIFT} FROM attempt \
         WHERE message >= (SELECT min(key) FROM message)"
    );
    let line = postgres.query(&sql).await;
    let numbers: Vec<i64> = line.split('|').filter_map(|number| number.parse().ok()).collect();
    let [count, first, last] = numbers[..] else { anyhow::bail!("the store holds no attempts: {line}") };
    let copies = attempts.div_ceil(count.unsigned_abs().max(1)).saturating_sub(1).cast_signed();
    // Messages begin a little before their attempts; a second lies between two repetitions.
    let step = last - first + 2_000;
    make_days(postgres, first - (copies + 1) * step, last).await?;
    for copy in 1..=copies {
        postgres.query(&repeat_once(copy * step)).await;
        if copy % 10 == 0 {
            println!("{} attempts", (copy + 1) * count);
        }
    }
    postgres.query("VACUUM ANALYZE").await;
    Ok(())
}

/// Partitions for all days between two times, in milliseconds of keys.
async fn make_days(postgres: &Postgres, from: i64, to: i64) -> anyhow::Result<()> {
    let day_of = |millis: i64| (millis / 1_000 + KEYS_BEGIN) / DAY;
    let floor = |day: i64| ((day * DAY - KEYS_BEGIN) * 1_000).checked_shl(KEY_SHIFT).context("a day too far");
    for day in day_of(from)..=day_of(to) {
        for table in PARTITIONED {
            postgres
                .query(&format!(
                    "CREATE TABLE IF NOT EXISTS {table}_{day} PARTITION OF {table} \
                     FOR VALUES FROM ({}) TO ({})",
                    floor(day)?,
                    floor(day + 1)?
                ))
                .await;
        }
    }
    Ok(())
}

/// One more of everything that was really delivered, so many milliseconds earlier.
fn repeat_once(earlier: i64) -> String {
    let (keys, micros) = (earlier << KEY_SHIFT, earlier * 1_000);
    let original = "key >= (SELECT number FROM bench_original)";
    format!(
        "CREATE TABLE IF NOT EXISTS bench_original AS SELECT min(key) AS number FROM message;
         INSERT INTO message (key, app, created, payload_expires, short_lived, event_type, payload, endpoints)
            SELECT key - {keys}, app, created - {micros}, payload_expires, short_lived, event_type, payload, endpoints
            FROM message WHERE {original};
         INSERT INTO delivery (endpoint, message, app, fence, due, attempts, state)
            SELECT endpoint, message - {keys}, app, fence, due - {micros}, attempts, state
            FROM delivery WHERE message >= (SELECT number FROM bench_original);
         INSERT INTO attempt (message, key, endpoint, app, at, total_us, code, status, trigger, url, response)
            SELECT message - {keys}, key - {keys}, endpoint, app, at - {micros}, total_us, code, status, trigger, url,
                response
            FROM attempt WHERE message >= (SELECT number FROM bench_original);"
    )
}
