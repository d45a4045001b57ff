//! Statements of partitions, retention, tasks and the leases of nodes that are gone.

use super::statements;

statements! {
    PARTITIONS_LOCK = "SELECT pg_advisory_xact_lock($1, 3)";
    PARTITION_KNOWN = "SELECT 1 FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid \
        WHERE c.relname = $1 AND c.relnamespace = current_schema()::regnamespace";
    PARTITION_STATISTICS = "SELECT string_agg(format('ALTER COLUMN %I SET STATISTICS %s', attname, $2::integer), ', ') \
        FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped";
    PARTITIONS = "SELECT c.relname::text FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid \
            JOIN pg_class p ON p.oid = i.inhparent \
        WHERE p.relname = $1 AND p.relnamespace = current_schema()::regnamespace ORDER BY c.relname";

    // One page in the order of keys: what was freed in it, and where it ends.
    LEASES_VOID = "WITH page AS MATERIALIZED (SELECT endpoint, message, leased FROM queue \
                WHERE (endpoint, message) > ($1, $2) ORDER BY endpoint, message LIMIT $3), \
            freed AS (UPDATE queue q SET leased = 0 FROM page p WHERE p.leased = ANY($4) \
                AND q.endpoint = ANY (ARRAY[p.endpoint]) AND q.message >= p.message AND q.message <= p.message \
                AND q.leased = ANY($4) \
                RETURNING q.endpoint, q.due) \
        SELECT endpoint, min(due), NULL::bigint FROM freed GROUP BY endpoint \
        UNION ALL (SELECT endpoint, NULL, message FROM page ORDER BY endpoint DESC, message DESC LIMIT 1)";

    RETENTION_LOCK = "SELECT pg_try_advisory_xact_lock($1, 4)";
    EXPIRY_LOCK = "SELECT pg_advisory_xact_lock($1, 5)";
    EXPIRY_LOCK_SHARED = "SELECT pg_advisory_xact_lock_shared($1, 5)";
    EXPIRED_SHORT = "SELECT key, endpoints FROM message WHERE short_lived AND payload_expires <= $1 \
        ORDER BY payload_expires LIMIT $2";
    EXPIRED_LONG = "SELECT key, endpoints, payload_expires, short_lived, payload IS NOT NULL FROM message \
        WHERE key > $1 ORDER BY key LIMIT $2";
    PAYLOADS_NEEDED = "SELECT DISTINCT q.message FROM unnest($1::bigint[], $2::bigint[]) AS k (endpoint, message), \
        LATERAL (SELECT message FROM queue WHERE endpoint = k.endpoint AND message = k.message OFFSET 0) q, \
        LATERAL (SELECT disabled OR deleted AS is_off FROM endpoint WHERE key = k.endpoint OFFSET 0) e WHERE NOT e.is_off";
    PAYLOADS_KEEP = "UPDATE message SET payload_expires = $2, short_lived = true \
        WHERE key = ANY($1) AND payload IS NOT NULL";
    REQUESTS_FORGET = "DELETE FROM request WHERE key IN (SELECT key FROM request WHERE at < $1 ORDER BY at LIMIT $2)";

    MESSAGES_BETWEEN = "SELECT count(*) FROM message WHERE key >= $1 AND key < $2";
    ATTEMPTS_BETWEEN = "SELECT count(*) FROM attempt WHERE key >= $1 AND key < $2";
    OWED_BETWEEN = "SELECT 1 FROM queue WHERE message >= $1 AND message < $2 LIMIT 1";
    ATTEMPTS_REMOVE_OLD = "WITH few AS MATERIALIZED (SELECT message, key FROM attempt WHERE key >= $1 AND key < $2 LIMIT $3) \
        DELETE FROM attempt a USING few f WHERE a.message = ANY (ARRAY[f.message]) \
            AND a.key >= $1 AND a.key < $2 AND a.key >= f.key AND a.key <= f.key";
    PARTITION_SIZE = "SELECT pg_relation_size(oid), reltuples::bigint FROM pg_class WHERE oid = to_regclass($1)";
    EVENT_IDS_REMOVE = "DELETE FROM event_id WHERE ctid = ANY(ARRAY( \
        SELECT ctid FROM event_id WHERE message >= $1 AND message < $2 LIMIT $3))";
    ATTEMPTS_OF_MESSAGES = "WITH few AS MATERIALIZED \
            (SELECT message, key FROM attempt WHERE message >= $1 AND message < $2 LIMIT $3) \
        DELETE FROM attempt a USING few f WHERE a.message = ANY (ARRAY[f.message]) \
            AND a.message >= $1 AND a.message < $2 AND a.key >= f.key AND a.key <= f.key";
    OLD_MESSAGES = "SELECT key, payload IS NOT NULL, endpoints FROM message WHERE key > $1 AND key < $2 ORDER BY key LIMIT $3";
    OWED_AMONG = "SELECT DISTINCT q.message FROM unnest($1::bigint[], $2::bigint[]) AS k (endpoint, message), \
        LATERAL (SELECT message FROM queue WHERE endpoint = k.endpoint AND message = k.message OFFSET 0) q";
    QUEUED_REMOVE = "DELETE FROM queue q USING unnest($1::bigint[], $2::bigint[]) AS k (endpoint, message) \
        WHERE q.endpoint = ANY (ARRAY[k.endpoint]) AND q.message >= k.message AND q.message <= k.message \
        RETURNING q.endpoint, q.message, q.leased <> 0";
    DELIVERIES_REMOVE = "DELETE FROM delivery d USING unnest($1::bigint[], $2::bigint[]) AS k (endpoint, message) \
        WHERE d.endpoint = k.endpoint AND d.message = k.message";
    MESSAGES_REMOVE = "DELETE FROM message WHERE key = ANY($1)";
    // Before the messages go, which name them.
    LABELS_REMOVE = "WITH k AS MATERIALIZED (SELECT m.app, n.kind, n.label COLLATE \"C\" AS label, m.key FROM message m, \
            LATERAL (SELECT 0::smallint AS kind, unnest(string_to_array(m.channels, ' ')) AS label \
                UNION ALL SELECT 1::smallint, unnest(string_to_array(m.tags, ' '))) n WHERE m.key = ANY($1)) \
        DELETE FROM label l USING k WHERE l.app = ANY (ARRAY[k.app]) AND l.kind = ANY (ARRAY[k.kind]) AND l.label = ANY (ARRAY[k.label]) \
            AND l.message >= k.key AND l.message <= k.key";
    EVENT_IDS_OF = "DELETE FROM event_id WHERE message = ANY($1)";
    ATTEMPTS_OF = "DELETE FROM attempt WHERE message = ANY($1)";

    REMOVALS_ADD = "INSERT INTO removal (endpoint) SELECT unnest($1::bigint[]) ON CONFLICT DO NOTHING";
    REMOVAL_NEXT = "SELECT endpoint FROM removal WHERE endpoint > $1 ORDER BY endpoint LIMIT 1";
    REMOVAL_DONE = "DELETE FROM removal r WHERE r.endpoint = $1 \
        AND NOT EXISTS (SELECT 1 FROM queue q WHERE q.endpoint = r.endpoint)";
    HOURS_REMOVE = "DELETE FROM endpoint_hour WHERE ctid = ANY(ARRAY( \
        SELECT ctid FROM endpoint_hour WHERE hour < $1 LIMIT $2))";
    TASKS_REMOVE = "DELETE FROM task WHERE key IN \
        (SELECT key FROM task WHERE key < $1 AND status <> 'running' AND updated < $2 ORDER BY key LIMIT $3)";
    TOMBSTONES = "SELECT e.key, EXISTS (SELECT 1 FROM delivery d WHERE d.endpoint = e.key) \
            OR EXISTS (SELECT 1 FROM queue q WHERE q.endpoint = e.key) \
        FROM endpoint e WHERE e.deleted AND e.key > $1 ORDER BY e.key LIMIT $2";
    TOMBSTONE_REMOVE = "WITH rate AS (DELETE FROM throttle WHERE subject = $1), \
            log AS (DELETE FROM log_floor WHERE endpoint = $1), failure AS (DELETE FROM failing WHERE endpoint = $1), \
            head AS (DELETE FROM fifo_head WHERE endpoint = $1), \
            before AS (DELETE FROM fifo_before WHERE endpoint = $1) \
        DELETE FROM endpoint WHERE key = $1 AND deleted";
    ENDPOINTS_ABOVE = "SELECT key FROM endpoint WHERE key > $1 AND NOT deleted ORDER BY key LIMIT $2";
    PROFILE_OF_APP = "SELECT o.profile FROM app a JOIN org o ON o.key = a.org WHERE a.key = $1";
    LOG_CUT = "SELECT message FROM ( \
            (SELECT message FROM delivery WHERE endpoint = $1 ORDER BY message DESC LIMIT $2::bigint + 1) UNION ALL \
            (SELECT message FROM queue WHERE endpoint = $1 ORDER BY message DESC LIMIT $2::bigint + 1)) latest \
        ORDER BY message DESC OFFSET $2::bigint LIMIT 1";
    LOGGED_REMOVE = "WITH few AS (SELECT message FROM delivery WHERE endpoint = $1 AND message >= $2 AND message < $3 \
                ORDER BY message LIMIT $4 FOR UPDATE SKIP LOCKED), \
            gone AS (DELETE FROM delivery d USING few s WHERE d.endpoint = $1 AND d.message = s.message \
                RETURNING d.message), \
            log AS (DELETE FROM attempt a USING gone g WHERE a.message = g.message AND a.endpoint = $1) \
        SELECT message FROM gone";
    LOG_FLOOR_RAISE = "INSERT INTO log_floor (endpoint, message) VALUES ($1, $2) \
        ON CONFLICT (endpoint) DO UPDATE SET message = greatest(log_floor.message, $2)";
    LOG_FLOOR = "SELECT message FROM log_floor WHERE endpoint = $1";

    TASK_INSERT = "INSERT INTO task (key, org, app, endpoint, kind, since, until, status, queued, cursor, updated) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10)";
    TASK_GET = "SELECT key, app, endpoint, kind, since, until, status, queued, updated FROM task \
        WHERE key = $1 AND org = $2";
    TASKS_RUNNING = "SELECT key, app, endpoint, kind, until, cursor, queued FROM task \
        WHERE status = 'running' ORDER BY key LIMIT $1 FOR UPDATE SKIP LOCKED";
    TASKS_RUNNING_COUNT = "SELECT count(*) FROM task WHERE status = 'running'";
    TASK_MOVE = "UPDATE task SET status = $2, queued = $3, cursor = $4, updated = $5 WHERE key = $1";
    TASK_FAILED = "SELECT d.message, coalesce(m.payload IS NOT NULL, false) FROM delivery d \
            LEFT JOIN message m ON m.key = d.message \
        WHERE d.endpoint = $1 AND d.state IN (2, 3) AND d.message > $2 AND d.message < $3 ORDER BY d.message LIMIT $4";
    // Like the lists of messages (`messages!` in history.rs).
    TASK_MESSAGES = "SELECT * FROM (SELECT m.key, m.event_type, m.channels, m.payload IS NOT NULL FROM message m \
            WHERE (m.app, m.key) > ($1, $2) AND m.app <= $1 ORDER BY m.app, m.key LIMIT $4) m \
        WHERE m.key < $3 ORDER BY m.key";
}
