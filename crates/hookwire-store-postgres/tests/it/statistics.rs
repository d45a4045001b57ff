//! What keeps an ANALYZE short, during which no dead row of the queue can be removed.

use std::sync::Arc;

use hookwire_store_suite::World;

use crate::place::{Known, Place};

#[tokio::test]
async fn of_tables_that_grow_an_analyze_reads_a_small_sample() {
    let place = Arc::new(Place::new());
    let world = World::new(Box::new(Known(Arc::clone(&place)))).await;
    let app = world.app().await;
    world.store().ingest(world.message(&app)).await.expect("the database answers");
    let database = place.database().await;
    // Tables with their largest target: 300 pages are read for each unit of it.
    let targets = database
        .query(
            "SELECT string_agg(t, ' ' ORDER BY t) FROM (SELECT DISTINCT regexp_replace(c.relname, '_[0-9]+$', '') || '=' \
                || max(coalesce(nullif(a.attstattarget, -1), current_setting('default_statistics_target')::integer)) AS t \
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
            WHERE c.relkind = 'r' AND (c.relispartition OR c.relname IN ('event_id', 'request', 'endpoint_hour', 'invocation', 'queue')) \
                AND c.relnamespace = current_schema()::regnamespace GROUP BY c.oid) s",
        )
        .await;
    let tables = [
        "attempt",
        "delivery",
        "endpoint_hour",
        "event_id",
        "invocation",
        "label",
        "message",
        "queue",
        "request",
    ];
    assert_eq!(targets, tables.map(|table| format!("{table}=3")).join(" "));
}
