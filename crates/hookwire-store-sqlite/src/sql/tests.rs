//! Every statement is prepared, and none of them goes through a table that grows.

use rusqlite::Connection;

use super::{catalog, history, oauth, queue, triggers, upkeep};

/// Tables whose rows grow with traffic.
const GROWING: [&str; 16] = [
    "message",
    "delivery",
    "attempt",
    "request",
    "message_tag",
    "message_channel",
    "endpoint_hour",
    "endpoint",
    "task",
    "fifo_head",
    "registered_trigger",
    "invocation",
    "oauth_client",
    "oauth_install",
    "oauth_code",
    "oauth_token",
];
/// Statements that count or walk a whole index on purpose, each with the reason why that is all right.
const EXEMPT: [&str; 6] = [
    // Asked for by whoever looks at metrics; it reads only what waits, from an index.
    "DEPTH",
    // Asked once, when the first endpoint is about to be turned off.
    "ENDPOINTS_LIVE",
    // They read only what runs, from an index.
    "TASKS_RUNNING",
    "TASKS_RUNNING_COUNT",
    // It reads the first entry of an index that holds only what is to be done.
    "CLIENTS_PENDING",
    // Reads on in the order of primary keys, a bounded number of rows from a place that is kept.
    "KEY_MAX_MESSAGE",
];

fn empty() -> Connection {
    let db = Connection::open_in_memory().expect("memory");
    crate::migrate::apply(&db, 0).expect("the migrations apply");
    db
}

fn all() -> Vec<(&'static str, &'static str)> {
    let fixed = [catalog::ALL, history::ALL, oauth::ALL, queue::ALL, triggers::ALL, upkeep::ALL];
    let walks = [catalog::WALKS, history::WALKS, oauth::WALKS, triggers::WALKS];
    [fixed.concat(), walks.concat()].concat()
}

/// The lines of a statement's plan.
fn plan(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect(sql);
    let mut lines = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().expect(sql) {
        lines.push(row.get(3).expect(sql));
    }
    lines
}

#[test]
fn every_statement_can_be_prepared() {
    let db = empty();
    for (name, sql) in all() {
        assert!(db.prepare(sql).is_ok(), "{name}: {:?}", db.prepare(sql).err());
    }
}

#[test]
fn no_statement_goes_through_a_table_that_grows() {
    let db = empty();
    for (name, sql) in all() {
        for line in plan(&db, sql) {
            let scans = GROWING.iter().any(|table| {
                let rest = line.strip_prefix("SCAN ").and_then(|rest| rest.strip_prefix(table));
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            });
            assert!(!scans || EXEMPT.contains(&name), "{name}: {line}");
            assert!(!line.contains("TEMP B-TREE"), "{name}: {line}");
        }
    }
}

#[test]
fn the_hot_statements_use_the_index_that_is_meant_for_them() {
    let db = empty();
    for (sql, index) in [
        (queue::CLAIMABLE, "delivery_queue (endpoint=? AND due<?)"),
        (queue::NEXT_DUE, "delivery_queue (endpoint=?)"),
        (queue::LANE_FIRST, "delivery_queue (endpoint>?)"),
        (queue::SETTLE_FINAL, "PRIMARY KEY (message=? AND endpoint=?)"),
        (queue::SETTLE_WAITING, "PRIMARY KEY (message=? AND endpoint=?)"),
        (queue::MESSAGE_BY_EVENT_ID, "message_event_id (app=? AND event_id=?)"),
        (upkeep::LEASES_SINCE, "PRIMARY KEY ((message,endpoint)>(?,?))"),
        (upkeep::LEASES_CLAIMED, "delivery_claimed ((endpoint,message)>(?,?))"),
        (upkeep::HOURS_NEXT, "PRIMARY KEY (endpoint>?)"),
        (upkeep::TOMBSTONES, "endpoint_deleted (key>?)"),
        (history::MESSAGES.down, "message_app (app=? AND rowid>? AND rowid<?)"),
        (upkeep::LOG_CUT, "COVERING INDEX delivery_endpoint (endpoint=?)"),
        (upkeep::LOGGED, "COVERING INDEX delivery_endpoint (endpoint=? AND message>? AND message<?)"),
        (triggers::INVOCATIONS.down, "invocation_app (app=? AND rowid>? AND rowid<?)"),
        (triggers::INVOCATION_ROOTS.down, "invocation_root_app (app=? AND rowid>? AND rowid<?)"),
        (
            triggers::INVOCATIONS_OF_TRIGGER.up,
            "invocation_trigger (app=? AND trigger_id=? AND rowid>? AND rowid<?)",
        ),
        (triggers::INVOCATIONS_OF_ROOT.up, "invocation_root (root=? AND rowid>? AND rowid<?)"),
        (
            history::ATTEMPT_KEYS_OF_ENDPOINT.down,
            "COVERING INDEX attempt_endpoint (endpoint=? AND key>? AND key<?)",
        ),
        (history::ATTEMPT_KEYS_FAILED.down, "COVERING INDEX attempt_failed (endpoint=? AND key>? AND key<?)"),
        (history::MESSAGE_KEYS_OF_TYPE, "COVERING INDEX message_type (app=? AND event_type=? AND rowid<?)"),
        (history::DELIVERIES_FAILED.down, "delivery_failed (endpoint=? AND message>? AND message<?)"),
    ] {
        let plan = plan(&db, sql).join("\n");
        assert!(plan.contains(index), "{sql}\n{plan}");
    }
}
