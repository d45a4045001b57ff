//! A store grown in bulk: what was delivered is repeated into the past by the database itself.

use hookwire_core::MessageKey;
use hookwire_core::id::Key as _;
use hookwire_testkit::Postgres;

use crate::days;

/// How far up in a key its milliseconds stand.
const KEY_SHIFT: u32 = 22;

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
    let day_of = |millis: i64| days::day_of(MessageKey::from_raw(millis << KEY_SHIFT).created());
    days::make(postgres, day_of(first - (copies + 1) * step)..day_of(last) + 1).await;
    for copy in 1..=copies {
        postgres.query(&repeat_once(copy * step)).await;
        if copy % 10 == 0 {
            println!("{} attempts", (copy + 1) * count);
        }
    }
    postgres.query("VACUUM ANALYZE").await;
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
