//! Every statement is prepared, and none of the hot ones goes through a table that grows.

use hookwire_testkit::Postgres;
use tokio_postgres::{Client, NoTls};

use super::{catalog, copy, history, node, oauth, queue, triggers, upkeep};

/// Tables whose rows grow with traffic.
const GROWING: [&str; 8] =
    ["message", "label", "queue", "delivery", "attempt", "request", "endpoint_hour", "event_id"];
/// Statements that go through a whole table on purpose, each with the reason why that is all right.
const EXEMPT: [&str; 5] = [
    // Asked for by whoever looks at metrics.
    "DEPTH",
    // Once for each day that goes.
    "MESSAGES_BETWEEN",
    "ATTEMPTS_BETWEEN",
    "OWED_BETWEEN",
    // Of one day, by whoever keeps attempts for a week at most.
    "ATTEMPTS_REMOVE_OLD",
];

fn all() -> Vec<(&'static str, &'static str)> {
    let fixed = [
        catalog::ALL,
        copy::ALL,
        history::ALL,
        node::ALL,
        oauth::ALL,
        queue::ALL,
        triggers::ALL,
        upkeep::ALL,
    ];
    let walks = [catalog::WALKS, history::WALKS, oauth::WALKS, triggers::WALKS];
    let both = history::DELIVERIES_OF_ENDPOINT;
    let (messages, by_type) = (history::MESSAGES, history::MESSAGES_BY_TYPE);
    let own = vec![
        ("DELIVERIES_OF_ENDPOINT", both.up),
        ("DELIVERIES_OF_ENDPOINT", both.down),
        ("MESSAGES", messages.up),
        ("MESSAGES", messages.down),
        ("MESSAGES_BY_TYPE", by_type.up),
        ("MESSAGES_BY_TYPE", by_type.down),
    ];
    [fixed.concat(), walks.concat(), own].concat()
}

/// A migrated database with a day's partitions.
async fn database() -> (Postgres, Client) {
    let database = Postgres::start().await;
    crate::migrate(&database.url()).await.expect("the migrations apply");
    let (client, connection) = tokio_postgres::connect(&database.url(), NoTls).await.expect("it connects");
    tokio::spawn(connection);
    let statistics = format!("SET default_statistics_target = {}", crate::partition::STATISTICS);
    client.batch_execute(&statistics).await.expect("the target is allowed");
    for table in crate::partition::TABLES {
        let sql =
            format!("CREATE TABLE {table}_1 PARTITION OF {table} FOR VALUES FROM (0) TO ({})", 1_i64 << 60);
        client.batch_execute(&sql).await.expect(&sql);
    }
    (database, client)
}

/// The lines of the plan that is kept for a statement.
async fn explain(client: &Client, name: &str, sql: &str) -> Vec<String> {
    explain_with(client, name, sql, &[]).await
}

/// The same, as it is carried out with these parameters (by number) and NULL for the others.
async fn explain_with(client: &Client, name: &str, sql: &str, told: &[(usize, &String)]) -> Vec<String> {
    // Not called s0, s1, ..: so the driver calls what it prepares.
    client.batch_execute(&format!("PREPARE own_{name} AS {sql}")).await.expect(sql);
    let parameters = client.prepare(sql).await.expect(sql).params().len();
    let mut values = vec!["NULL"; parameters];
    for (number, value) in told {
        values[number - 1] = value;
    }
    let call = if parameters == 0 { String::new() } else { format!("({})", values.join(", ")) };
    lines(client, &format!("EXPLAIN EXECUTE own_{name}{call}")).await
}

/// The first column of what a statement answers.
async fn lines(client: &Client, sql: &str) -> Vec<String> {
    let rows = client.simple_query(sql).await.expect(sql);
    let lines = rows.iter().filter_map(|row| match row {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    lines.map(str::to_owned).collect()
}

/// How many pages are looked at to carry out what was prepared as `name`.
async fn pages(client: &Client, name: &str, values: &str) -> u64 {
    let explain = format!("EXPLAIN (ANALYZE, BUFFERS) EXECUTE {name}({values})");
    let told = lines(client, &explain).await;
    let all = told.iter().find(|line| line.trim_start().starts_with("Buffers:")).expect("pages are counted");
    let numbers = all.split(' ').filter_map(|word| word.split_once('='));
    numbers.filter(|(what, _)| ["hit", "read"].contains(what)).map(|(_, n)| n.parse::<u64>().unwrap()).sum()
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let (_database, client) = database().await;
    for (name, sql) in all() {
        let prepared = client.prepare(sql).await;
        assert!(prepared.is_ok(), "{name}: {:?}", prepared.err());
    }
}

#[tokio::test]
async fn no_statement_goes_through_a_table_that_grows() {
    let (_database, client) = database().await;
    client.batch_execute(crate::connection::plans!()).await.unwrap();
    for (number, (name, sql)) in all().into_iter().enumerate() {
        if EXEMPT.contains(&name) {
            continue;
        }
        for line in explain(&client, &number.to_string(), sql).await {
            let scans = GROWING.iter().any(|table| {
                let rest = line.trim_start_matches([' ', '-', '>']).strip_prefix("Seq Scan on ");
                rest.and_then(|rest| rest.strip_prefix(table))
                    .is_some_and(|rest| rest.starts_with([' ', '_']))
            });
            assert!(!scans, "{name}: {line}");
        }
    }
}

#[tokio::test]
async fn a_rare_value_is_found_by_its_own_index() {
    let (_database, client) = database().await;
    let fill = "INSERT INTO message (key, app, created, payload_expires, short_lived, event_type, endpoints) \
        SELECT n, 1, 0, 0, false, CASE WHEN n % 10000 = 0 THEN 'rare' ELSE 'common' END, '' \
        FROM generate_series(1, 100000) n; ANALYZE message";
    client.batch_execute(fill).await.expect("messages can be made");
    client.batch_execute(crate::connection::plans!()).await.unwrap();
    for (walk, index, values) in [
        (history::MESSAGES, "message_1_app_key_idx", "1, 0, 90000, 50, false"),
        (history::MESSAGES_BY_TYPE, "message_1_app_event_type_key_idx", "1, 0, 90000, 50, false, 'rare'"),
    ] {
        for (number, sql) in [walk.up, walk.down].into_iter().enumerate() {
            let statement = format!("s{number}_{index}");
            client.batch_execute(&format!("PREPARE {statement} AS {sql}")).await.expect(sql);
            let plan = lines(&client, &format!("EXPLAIN EXECUTE {statement}({values})")).await;
            assert!(plan.iter().any(|line| line.contains(index)), "{plan:#?}");
            assert!(!plan.iter().any(|line| line.contains("Sort ")), "{plan:#?}");
        }
    }
}

#[tokio::test]
async fn a_list_reads_its_page_and_not_what_lies_around_it() {
    let (_database, client) = database().await;
    let fill = "INSERT INTO message (key, app, created, payload_expires, short_lived, event_type, endpoints) \
        SELECT n, 1 + n % 2, 0, 0, false, CASE WHEN n % 10000 < 2 THEN 'rare' ELSE 'common' END, '' \
        FROM generate_series(1, 100000) n; VACUUM ANALYZE message";
    for sql in fill.split("; ") {
        client.batch_execute(sql).await.expect(sql);
    }
    client.batch_execute(crate::connection::plans!()).await.unwrap();
    let (all, by_type) = (history::MESSAGES, history::MESSAGES_BY_TYPE);
    for (name, sql) in
        [("up", all.up), ("down", all.down), ("type_up", by_type.up), ("type_down", by_type.down)]
    {
        client.batch_execute(&format!("PREPARE {name} AS {sql}")).await.expect(sql);
    }
    // A window of ten messages of the app at both ends of all there are, and the few of a rare type.
    for window in ["1, 1000, 1021", "1, 99000, 99021"] {
        for (name, event_type) in
            [("up", ""), ("down", ""), ("type_up", ", 'common'"), ("type_down", ", 'common'")]
        {
            let values = format!("{window}, 51, false{event_type}");
            let rows = lines(&client, &format!("EXECUTE {name}({values})")).await;
            assert_eq!(rows.len(), 10, "{name}({values})");
            let pages = pages(&client, name, &values).await;
            assert!(pages < 80, "{name}({values}): {pages} pages");
        }
    }
    for name in ["type_up", "type_down"] {
        for app in [1, 2] {
            let values = format!("{app}, 0, 100000, 51, false, 'rare'");
            let rows = lines(&client, &format!("EXECUTE {name}({values})")).await;
            assert_eq!(rows.len(), if app == 1 { 9 } else { 10 }, "{name}({values})");
            let pages = pages(&client, name, &values).await;
            assert!(pages < 80, "{name}({values}): {pages} pages");
        }
    }
    // What was deleted next to it is not gone through.
    client.batch_execute("DELETE FROM message WHERE app = 2").await.unwrap();
    for (name, event_type, found) in [("up", "", 25), ("type_up", ", 'common'", 24)] {
        let values = format!("1, 99950, 100001, 51, false{event_type}");
        assert_eq!(lines(&client, &format!("EXECUTE {name}({values})")).await.len(), found, "{name}");
        let pages = pages(&client, name, &values).await;
        assert!(pages < 80, "{name}({values}): {pages} pages");
    }
}

#[tokio::test]
async fn a_row_of_a_long_queue_is_found_without_reading_what_waits_behind_it() {
    let (_database, client) = database().await;
    let fill = "INSERT INTO queue (endpoint, message, app, due, lease_until, leased, fence, attempts, trigger) \
        SELECT 1, n, 1, 0, 0, 7, 1, 0, 0 FROM generate_series(1, 20000) n";
    client.batch_execute(fill).await.expect("it can be filled");
    client.batch_execute("VACUUM ANALYZE queue").await.expect("it is vacuumed");
    client.batch_execute(crate::connection::plans!()).await.unwrap();
    client.batch_execute(&format!("PREPARE free AS {}", queue::LEASED_FREE)).await.unwrap();
    let pages = pages(&client, "free", "'{1}', '{10}', 7").await;
    assert!(pages < 40, "{pages} pages for one row");
}

#[tokio::test]
async fn rows_of_the_queue_are_found_by_their_key_also_by_a_plan_that_was_made_when_it_was_empty() {
    let (_database, client) = database().await;
    client.batch_execute("VACUUM ANALYZE queue").await.expect("it is vacuumed");
    client.batch_execute(crate::connection::plans!()).await.unwrap();
    for (name, sql) in [
        ("settle_well", queue::SETTLE_WELL),
        ("settle_well_kept", queue::SETTLE_WELL_KEPT),
        ("settle", queue::SETTLE),
        ("claim", queue::CLAIM),
        ("free", queue::LEASED_FREE),
        ("cancel", queue::QUEUED_CANCEL),
        ("void", upkeep::LEASES_VOID),
        ("owed", upkeep::OWED_AMONG),
        ("needed", upkeep::PAYLOADS_NEEDED),
        ("remove", upkeep::QUEUED_REMOVE),
    ] {
        let plan = explain(&client, name, sql).await;
        assert!(!plan.iter().any(|line| line.contains("Seq Scan on queue")), "{name}: {plan:#?}");
        let scans: Vec<_> = plan.windows(2).filter(|pair| pair[0].contains("using queue_pkey")).collect();
        assert!(!scans.is_empty(), "{name}: {plan:#?}");
        for scan in scans {
            let by = scan[1].trim_start();
            // A comparison of rows to begin with is good, but one does not end a scan.
            let is_whole = by.contains("endpoint") && by.contains("message") && !by.contains("<= ROW(");
            assert!(by.starts_with("Index Cond: ") && is_whole, "{name}: {plan:#?}");
        }
    }
}

#[tokio::test]
async fn a_hot_statement_opens_few_of_many_days() {
    let (_database, client) = database().await;
    let end = 1_i64 << 60;
    for day in 2..=40_i64 {
        let (low, high) = (end + day, end + day + 1);
        let sql =
            format!("CREATE TABLE message_{day} PARTITION OF message FOR VALUES FROM ({low}) TO ({high})");
        client.batch_execute(&sql).await.expect(&sql);
    }
    client.batch_execute(crate::connection::plans!()).await.unwrap();
    // What lies on the second day, and of a claim, which can't know, everything; but that once.
    let key = &(end + 2).to_string();
    for (name, sql, told, days) in [
        ("settle_well", queue::SETTLE_WELL, vec![], 0),
        ("settle_well_kept", queue::SETTLE_WELL_KEPT, vec![(21, key), (22, key)], 1),
        ("settle", queue::SETTLE, vec![(35, key), (36, key)], 1),
        ("ingest", queue::INGEST, vec![], 0),
        ("claim_one", queue::CLAIM_ONE, vec![(2, key)], 1),
        ("claim", queue::CLAIM, vec![], 40),
    ] {
        let plan = explain_with(&client, name, sql, &told).await;
        let opened = plan.iter().filter(|line| line.contains(" on message_")).count();
        assert_eq!(opened, days, "days that {name} opens: {plan:#?}");
    }
}

/// A change of an app that is committed while its lock is waited for is seen, though the statement began before.
#[tokio::test]
async fn whoever_waited_for_a_lock_sees_what_it_was_held_for() {
    let (database, client) = database().await;
    let fill = "INSERT INTO app (key, org, name, created, updated, version) VALUES (1, 1, '', 0, 0, 7); \
        INSERT INTO node (number, incarnation, heartbeat, name) VALUES (3, 5, now(), '')";
    client.batch_execute(fill).await.expect("there may be an app and a node");
    let (other, connection) = tokio_postgres::connect(&database.url(), NoTls).await.expect("it connects");
    tokio::spawn(connection);
    let may_accept = |version: i64, incarnation: i64| {
        let (client, locks) = (&client, vec![101, 102]);
        async move {
            let sql = "SELECT may_accept(1, $1, ARRAY[1::bigint], ARRAY[$2::bigint], 3::smallint, $3)";
            let row = client.query_one(sql, &[&locks, &version, &incarnation]).await;
            row.expect("it can be asked").get::<_, bool>(0)
        }
    };
    assert!(may_accept(7, 5).await);
    assert!(!may_accept(6, 5).await && !may_accept(7, 4).await);
    let change = "BEGIN; SELECT pg_advisory_xact_lock(1, 102); UPDATE app SET version = 8";
    other.batch_execute(change).await.expect("an app can be changed");
    let commit = async {
        let waiting = async || database.waiting_for_locks().await;
        hookwire_testkit::eventually("it to wait for the lock", waiting, |count| *count > 0).await;
        other.batch_execute("COMMIT").await.expect("it can be committed");
    };
    let (seen, ()) = futures::future::join(may_accept(7, 5), commit).await;
    assert!(!seen, "the version is another by now");
}

/// What one message has to do with labels is found without reading those of others.
#[tokio::test]
async fn labels_of_a_message_are_found_by_their_keys() {
    let (_database, client) = database().await;
    client.batch_execute(crate::connection::plans!()).await.unwrap();
    client.batch_execute(&format!("PREPARE remove AS {}", upkeep::LABELS_REMOVE)).await.unwrap();
    // So the plan is one for empty tables.
    lines(&client, "EXECUTE remove('{1}')").await;
    let fill = "INSERT INTO message (key, app, created, payload_expires, short_lived, event_type, channels, tags, endpoints) \
            SELECT n, 1, 0, 0, false, 'any', 'a b', 'c', '' FROM generate_series(1, 20000) n; \
        INSERT INTO label (message, app, kind, label) SELECT n, 1, kind, label FROM generate_series(1, 20000) n, \
            (VALUES (0, 'a'), (0, 'b'), (1, 'c')) AS l (kind, label)";
    client.batch_execute(fill).await.expect("they can be made");
    let pages = pages(&client, "remove", "'{77}'").await;
    assert!(pages < 60, "{pages} pages for three labels");
    let left = lines(&client, "SELECT count(*) FROM label WHERE message = 77").await;
    assert_eq!(left, ["0"]);
    assert_eq!(lines(&client, "SELECT count(*) FROM label").await, ["59997"]);
}

#[tokio::test]
async fn a_clock_that_was_wrong_does_not_stop_a_throttle_for_long() {
    let (_database, client) = database().await;
    let put = async |free_at: i64, latest: i64| {
        client.execute(queue::THROTTLES_PUT, &[&vec![1_i64], &vec![free_at], &latest]).await.unwrap();
        lines(&client, "SELECT free_at FROM throttle").await
    };
    assert_eq!(put(3_600, 3_602).await, ["3600"]);
    assert_eq!(put(10, 12).await, ["12"]);
    assert_eq!(put(11, 13).await, ["12"], "who was a little later counts");
    assert_eq!(put(14, 16).await, ["14"]);
}

/// A page of what is removed is not joined with all that is left.
#[tokio::test]
async fn attempts_of_a_page_are_removed_by_their_keys() {
    let (_database, client) = database().await;
    client.batch_execute(crate::connection::plans!()).await.unwrap();
    for (name, sql) in [("of", upkeep::ATTEMPTS_OF_MESSAGES), ("old", upkeep::ATTEMPTS_REMOVE_OLD)] {
        let plan = explain(&client, name, sql).await;
        assert!(
            !plan.iter().any(|line| line.contains("Hash") || line.contains("Merge")),
            "{name}: {plan:#?}"
        );
        let by_key = plan.iter().any(|line| {
            let by = line.trim_start();
            by.starts_with("Index Cond: ((message = ANY (ARRAY[f.message]))") && by.contains("(key >= f.key)")
        });
        assert!(by_key, "{name}: {plan:#?}");
    }
}
