//! Statements of the hot path: messages in, deliveries leased, settled and logged.
//!
//! Many rows of the queue are looked up with `endpoint = ANY (ARRAY[..])` and `message >= .. AND message <= ..`, not with `=`.
//! Plans are kept, and one may be made when the queue is empty: then reading all of it, for a join of any kind, looks cheaper
//! than an index, and goes on when there are a million rows. What is compared like this can't be joined by, so the index is
//! the only way that is left (`plans` in connection.rs turns sequential scans off). For the same reason nothing else of such
//! a row is compared with `=`. Where rows are only read, `LATERAL (.. OFFSET 0)` does the same. Two things look as good and
//! read all that waits behind the row: comparisons of rows, of which only the first column ends a scan (up to PostgreSQL 17),
//! and an array for `message`, which the plan of an empty queue leaves to a filter.
//!
//! A plan that looks messages up by a column of another row begins with opening all partitions, 93 of them after 90 days,
//! which costs more than carrying it out. Told by parameters from which key on they lie, or up to which, it opens only the
//! partitions there. CLAIM can't be told, so it opens all, but once.

use super::statements;

/// Settles first attempts that got through: `$logged` ends the columns of their log, and says what is written there.
/// Columns are unnested side by side in SELECT, as in FROM each would be put down and read again.
macro_rules! settle_well {
    ($logged:literal) => {
        concat!(
            "WITH gone AS MATERIALIZED (DELETE FROM queue q USING (SELECT unnest($1::bigint[]) AS endpoint, ",
            "unnest($2::bigint[]) AS message, unnest($3::bigint[]) AS fence) t ",
            "WHERE q.endpoint = ANY (ARRAY[t.endpoint]) AND q.message >= t.message AND q.message <= t.message ",
            "AND NOT q.fence <> t.fence AND q.leased <> 0 ",
            "RETURNING q.endpoint, q.message, q.app, q.fence, q.due), ",
            "kept AS (INSERT INTO delivery (endpoint, message, app, fence, due, attempts, state) ",
            "SELECT endpoint, message, app, fence, due, 1, 1 FROM gone), ",
            "logged AS (INSERT INTO attempt (endpoint, message, app, key, at, url, status, trigger, code, response, ",
            "resolve_us, connect_us, tls_us, first_byte_us, total_us",
            $logged,
            "), counted AS (INSERT INTO endpoint_hour AS h (endpoint, hour, slot, succeeded, failed, canceled) ",
            "SELECT unnest($17::bigint[]), unnest($18::bigint[]), $16, unnest($19::bigint[]), 0, 0 ",
            "ON CONFLICT (endpoint, hour, slot) DO UPDATE SET succeeded = h.succeeded + excluded.succeeded), ",
            "well AS (DELETE FROM failing WHERE endpoint = ANY($17)) ",
            "SELECT CASE WHEN count(*) = cardinality($1) THEN 0 ",
            "ELSE (count(*) || ' of ' || cardinality($1) || ' deliveries are leased by their claims')::integer END ",
            "FROM gone"
        )
    };
}

statements! {
    // All of it, if each app is as it was when it was found out who wants its messages, and the node still lives; else
    // nothing. Columns are unnested side by side in SELECT, as in FROM each would be put down and read again.
    INGEST_ALL = "WITH valid AS MATERIALIZED (SELECT may_accept($23, $24, $1, $2, $3, $4) AS all_are), \
            written AS (INSERT INTO message (key, app, created, deliver_at, payload_expires, short_lived, event_type, \
                    raw_type, payload, raw, endpoints) \
                SELECT unnest($5::bigint[]), unnest($6::bigint[]), unnest($7::bigint[]), unnest($8::bigint[]), \
                    unnest($9::bigint[]), unnest($10::boolean[]), unnest($11::text[]), unnest($12::text[]), \
                    unnest($13::bytea[]), unnest($14::bytea[]), unnest($15::bytea[]) \
                WHERE (SELECT all_are FROM valid)), \
            owed AS (INSERT INTO queue (endpoint, message, app, due, lease_until, leased, fence, attempts, trigger) \
                SELECT unnest($16::bigint[]), unnest($17::bigint[]), unnest($18::bigint[]), unnest($19::bigint[]), \
                    unnest($20::bigint[]), unnest($21::bigint[]), unnest($22::bigint[]), 0, 0 \
                WHERE (SELECT all_are FROM valid)) \
        SELECT all_are FROM valid";
    // Those whose app is as it was, also messages that may be repeats, have an id of the client's, channels or tags. Whether
    // the message of an earlier request is still there is not asked here: that of one which this statement waited for would
    // not be seen.
    INGEST = "WITH valid AS MATERIALIZED ( \
                SELECT p.app FROM unnest($1::bigint[], $2::bigint[]) AS p (app, version) \
                    JOIN app a ON a.key = p.app AND a.version = p.version \
                WHERE EXISTS (SELECT 1 FROM node WHERE number = $3 AND incarnation = $4)), \
            new AS MATERIALIZED (SELECT n.* FROM unnest($5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], \
                        $9::bigint[], $10::boolean[], $11::text[], $12::text[], $13::text[], $14::text[], \
                        $15::bytea[], $16::bytea[], $17::bytea[], $25::text[], $26::bytea[], $27::bytea[]) \
                    AS n (key, app, created, deliver_at, payload_expires, short_lived, event_type, channels, tags, \
                        raw_type, payload, raw, endpoints, event_id, request, body) \
                WHERE n.app IN (SELECT app FROM valid)), \
            requested AS (INSERT INTO request AS r (key, body, at, message) \
                SELECT request, body, created, key FROM new WHERE request IS NOT NULL ORDER BY request \
                ON CONFLICT (key) DO UPDATE SET body = excluded.body, at = excluded.at, message = excluded.message, \
                    status = NULL, answer = NULL \
                WHERE r.at <= excluded.at - $28::bigint OR r.message IS NULL AND r.status IS NULL \
                RETURNING r.message), \
            named AS (INSERT INTO event_id (app, id, message) \
                SELECT app, event_id, key FROM new WHERE event_id IS NOT NULL \
                    AND (request IS NULL OR key IN (SELECT message FROM requested)) ORDER BY app, event_id \
                ON CONFLICT (app, id) DO NOTHING RETURNING message), \
            written AS (INSERT INTO message (key, app, created, deliver_at, payload_expires, short_lived, event_type, \
                    event_id, channels, tags, raw_type, payload, raw, endpoints) \
                SELECT key, app, created, deliver_at, payload_expires, short_lived, event_type, event_id, channels, \
                    tags, raw_type, payload, raw, endpoints FROM new \
                WHERE (request IS NULL OR key IN (SELECT message FROM requested)) \
                    AND (event_id IS NULL OR key IN (SELECT message FROM named)) RETURNING key), \
            labelled AS (INSERT INTO label (app, kind, label, message) \
                SELECT l.app, l.kind, l.label, l.message \
                FROM unnest($29::bigint[], $30::smallint[], $31::text[], $32::bigint[]) \
                    AS l (app, kind, label, message) JOIN written w ON w.key = l.message ON CONFLICT DO NOTHING), \
            owed AS (INSERT INTO queue (endpoint, message, app, due, lease_until, leased, fence, attempts, trigger) \
                SELECT d.endpoint, d.message, d.app, d.due, d.lease_until, d.leased, d.fence, 0, 0 \
                FROM unnest($18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::bigint[], \
                        $23::bigint[], $24::bigint[]) AS d (endpoint, message, app, due, lease_until, leased, fence) \
                    JOIN written w ON w.key = d.message) \
        SELECT key FROM written";
    APP_VERSIONS = "SELECT key, version FROM app WHERE key = ANY($1)";
    NODE_LIVES = "SELECT 1 FROM node WHERE number = $1 AND incarnation = $2";
    // What was leased on ingest has the first fence; a claim since then has a later one, and keeps its lease.
    LEASED_FREE = "UPDATE queue q SET leased = 0 FROM unnest($1::bigint[], $2::bigint[]) AS k (endpoint, message) \
        WHERE q.endpoint = ANY (ARRAY[k.endpoint]) AND q.message >= k.message AND q.message <= k.message \
            AND q.leased = $3 AND q.fence = 1 \
        RETURNING q.endpoint, q.due";
    // By when it ends the lease of a claim is known from others of its endpoint.
    LEASED_FREE_UNKNOWN = "UPDATE queue SET leased = 0 WHERE endpoint = $1 AND leased = $2 AND lease_until = $3 \
        AND message <> ALL($4) RETURNING endpoint, due";

    // A message without deliveries to hand over, in the transaction of something else.
    MESSAGE_INSERT = "INSERT INTO message (key, app, created, payload_expires, short_lived, event_type, payload, \
        endpoints) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    QUEUE_INSERT = "INSERT INTO queue (endpoint, message, app, due, lease_until, leased, fence, attempts, trigger) \
        SELECT endpoint, $2, $3, $4, 0, 0, $5, 0, $6 FROM unnest($1::bigint[]) AS e (endpoint)";
    LEASED_INSERT = "INSERT INTO queue (endpoint, message, app, due, lease_until, leased, fence, attempts, trigger) \
        SELECT endpoint, $2, $3, $4, $5, $6, 1, 0, 0 FROM unnest($1::bigint[]) AS e (endpoint)";
    MESSAGE_BY_KEY = "SELECT key, app, event_type, event_id, channels, tags, created, deliver_at, payload_expires, \
        raw_type, payload, raw FROM message WHERE key = $1";
    MESSAGE_BY_EVENT_ID = "SELECT message FROM event_id WHERE app = $1 AND id = $2";
    MESSAGE_STATE = "SELECT app, payload IS NOT NULL, event_id FROM message WHERE key = $1";
    MESSAGE_OWED = "UPDATE message SET endpoints = endpoints || int8send($2) WHERE key = $1";

    // Those whose lease ended come first, then those that were never leased, oldest due first. What an UPDATE is joined with
    // is put together whole for each row, large payloads included, so it is joined with places only. The FULL JOIN is an
    // inner one that is not carried out row by row, as an inner one would be by the plan of an empty queue.
    CLAIM = "WITH ended AS MATERIALIZED (SELECT q.message, q.due FROM unnest($6::bigint[]) AS h (message), \
                    LATERAL (SELECT message, lease_until AS due FROM queue WHERE endpoint = $1 AND message = h.message \
                        AND leased <> 0 AND lease_until <= $2 FOR UPDATE SKIP LOCKED) q \
                ORDER BY q.due, q.message LIMIT $3), \
            queued AS MATERIALIZED (SELECT message, due FROM queue WHERE endpoint = $1 AND leased = 0 AND due <= $2 \
                ORDER BY due, message LIMIT $3 FOR UPDATE SKIP LOCKED), \
            found AS (SELECT message, due, 0 AS rank FROM ended UNION ALL SELECT message, due, 1 FROM queued), \
            sized AS MATERIALIZED (SELECT $1::bigint AS endpoint, f.message, f.rank, f.due, \
                    row_number() OVER placed AS place, \
                    sum(coalesce(octet_length(m.payload), 0) + coalesce(octet_length(m.raw), 0)) OVER placed AS bytes, \
                    m.key, m.app, m.event_type, m.event_id, m.channels, m.tags, m.created, m.deliver_at, \
                    m.payload_expires, m.raw_type, m.payload, m.raw \
                FROM found f LEFT JOIN LATERAL (SELECT * FROM message WHERE key = f.message OFFSET 0) m ON true \
                WINDOW placed AS (ORDER BY f.rank, f.due, f.message ROWS UNBOUNDED PRECEDING)), \
            picked AS MATERIALIZED (SELECT endpoint, message, place FROM sized \
                WHERE place <= $3 AND (place = 1 OR bytes <= $4)), \
            taken AS (UPDATE queue q SET leased = $5, lease_until = $7, fence = q.fence + 1 FROM picked s \
                WHERE q.endpoint = ANY (ARRAY[s.endpoint]) AND q.message >= s.message AND q.message <= s.message \
                    AND EXISTS (SELECT 1 FROM app WHERE key = $9 AND version = $10) \
                    AND EXISTS (SELECT 1 FROM node WHERE number = $8 AND incarnation = $5) \
                RETURNING q.message, q.app, q.attempts, q.trigger, q.resume_at, q.fence, s.place) \
        SELECT t.message, t.app, t.attempts, t.trigger, t.resume_at, t.fence, s.key, s.app, s.event_type, s.event_id, \
            s.channels, s.tags, s.created, s.deliver_at, s.payload_expires, s.raw_type, s.payload, s.raw \
        FROM taken t FULL JOIN sized s ON s.place = t.place WHERE coalesce(t.place, 0) > 0 ORDER BY t.place";
    NEXT_DUE = "SELECT due FROM queue WHERE endpoint = $1 AND leased = 0 ORDER BY due, message LIMIT 1";

    FIFO_LOCK = "SELECT pg_advisory_xact_lock($1, 10000 + ($2::bigint >> 12 & 1048575)::integer)";
    FIFO_HEAD = "SELECT q.message, q.due, q.leased <> 0, q.lease_until FROM fifo_head h \
        JOIN queue q ON q.endpoint = h.endpoint AND q.message = h.message WHERE h.endpoint = $1";
    FIFO_HEAD_PUT = "INSERT INTO fifo_head (endpoint, message) VALUES ($1, $2) \
        ON CONFLICT (endpoint) DO UPDATE SET message = $2 WHERE fifo_head.message <> $2";
    FIFO_HEADS_DONE = "DELETE FROM fifo_head h USING unnest($1::bigint[], $2::bigint[]) AS k (endpoint, message) \
        WHERE h.endpoint = k.endpoint AND h.message = k.message RETURNING h.endpoint";
    FIFO_HEAD_REMOVE = "DELETE FROM fifo_head WHERE endpoint = ANY($1)";
    FIFO_NEXT = "SELECT message, due, false, 0::bigint FROM queue WHERE endpoint = $1 AND leased = 0 \
        ORDER BY due, message LIMIT 1";
    FIFO_BEFORE = "SELECT q.message, q.due, true, q.lease_until FROM fifo_before b \
        JOIN queue q ON q.endpoint = b.endpoint AND q.message = b.message WHERE b.endpoint = $1 AND q.leased <> 0 \
        ORDER BY q.due, q.message";
    FIFO_BEFORE_PUT = "INSERT INTO fifo_before (endpoint, message) \
        SELECT endpoint, message FROM queue WHERE endpoint = $1 AND leased <> 0 ON CONFLICT DO NOTHING";
    FIFO_BEFORE_REMOVE = "DELETE FROM fifo_before WHERE endpoint = ANY($1)";
    CLAIM_ONE = "WITH taken AS (UPDATE queue SET leased = $3, lease_until = $4, fence = fence + 1 \
                WHERE endpoint = $1 AND message = $2 \
                    AND EXISTS (SELECT 1 FROM app WHERE key = $6 AND version = $7) \
                    AND EXISTS (SELECT 1 FROM node WHERE number = $5 AND incarnation = $3) \
                RETURNING message, app, attempts, trigger, resume_at, fence) \
        SELECT t.message, t.app, t.attempts, t.trigger, t.resume_at, t.fence, m.key, m.app, m.event_type, \
            m.event_id, m.channels, m.tags, m.created, m.deliver_at, m.payload_expires, m.raw_type, m.payload, m.raw \
        FROM taken t LEFT JOIN message m ON m.key = $2";
    THROTTLES = "SELECT subject, free_at FROM throttle WHERE subject = ANY($1) ORDER BY subject FOR UPDATE";
    THROTTLES_PUT = "INSERT INTO throttle (subject, free_at) SELECT * FROM unnest($1::bigint[], $2::bigint[]) \
        ON CONFLICT (subject) DO UPDATE SET free_at = greatest(least(throttle.free_at, $3), excluded.free_at)";

    // First attempts that got through, all of them or none: an error says that some are stale. The endpoints' failures
    // are over.
    SETTLE_WELL = settle_well!(") SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($4::bigint[]), \
        unnest($5::bigint[]), unnest($6::bigint[]), unnest($7::text[]), 0, unnest($8::smallint[]), \
        unnest($9::integer[]), unnest($10::text[]), unnest($11::bigint[]), unnest($12::bigint[]), \
        unnest($13::bigint[]), unnest($14::bigint[]), unnest($15::bigint[])");
    // The same where what was sent is kept, as long as the message's payload is there.
    SETTLE_WELL_KEPT = settle_well!(", request) SELECT a.endpoint, a.message, a.app, a.key, a.at, a.url, 0, a.trigger, \
            a.code, a.response, a.resolve_us, a.connect_us, a.tls_us, a.first_byte_us, a.total_us, \
            CASE WHEN a.request IS NOT NULL THEN (SELECT a.request FROM message m WHERE m.key = a.message \
                AND m.key >= $21 AND m.key <= $22 AND m.payload IS NOT NULL FOR SHARE) END \
        FROM (SELECT unnest($1::bigint[]) AS endpoint, unnest($2::bigint[]) AS message, unnest($4::bigint[]) AS app, \
                unnest($5::bigint[]) AS key, unnest($6::bigint[]) AS at, unnest($7::text[]) AS url, \
                unnest($8::smallint[]) AS trigger, unnest($9::integer[]) AS code, unnest($10::text[]) AS response, \
                unnest($11::bigint[]) AS resolve_us, unnest($12::bigint[]) AS connect_us, \
                unnest($13::bigint[]) AS tls_us, unnest($14::bigint[]) AS first_byte_us, \
                unnest($15::bigint[]) AS total_us, unnest($20::text[]) AS request) a");
    // A verdict counts only under the fence of the latest claim, and while that claim was not ended by others.
    SETTLE = "WITH told AS MATERIALIZED (SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[], \
                    $5::smallint[], $6::integer[], $7::bigint[], $8::smallint[], $9::bigint[]) \
                AS t (place, endpoint, message, fence, state, attempts, due, trigger, resume_at)), \
            ended AS (DELETE FROM queue q USING told t WHERE t.state > 0 \
                    AND q.endpoint = ANY (ARRAY[t.endpoint]) AND q.message >= t.message AND q.message <= t.message \
                    AND NOT q.fence <> t.fence AND q.leased <> 0 \
                RETURNING t.place, q.endpoint, q.message, q.app, q.fence, q.due, t.attempts, t.state), \
            put AS (UPDATE queue q SET attempts = t.attempts, due = t.due, leased = 0, trigger = t.trigger, \
                    resume_at = t.resume_at FROM told t WHERE t.state = 0 \
                    AND q.endpoint = ANY (ARRAY[t.endpoint]) AND q.message >= t.message AND q.message <= t.message \
                    AND NOT q.fence <> t.fence AND q.leased <> 0 RETURNING t.place), \
            kept AS (INSERT INTO delivery (endpoint, message, app, fence, due, attempts, state) \
                SELECT endpoint, message, app, fence, due, attempts, state FROM ended), \
            done AS MATERIALIZED (SELECT place FROM ended UNION ALL SELECT place FROM put), \
            logged AS (INSERT INTO attempt (message, key, endpoint, app, at, url, status, trigger, code, response, error, \
                    resolve_us, connect_us, tls_us, first_byte_us, total_us, request) \
                SELECT a.message, a.key, a.endpoint, a.app, a.at, a.url, a.status, a.trigger, a.code, a.response, \
                    a.error, a.resolve_us, a.connect_us, a.tls_us, a.first_byte_us, a.total_us, \
                    CASE WHEN a.request IS NOT NULL THEN (SELECT a.request FROM message m WHERE m.key = a.message \
                        AND m.key >= $35 AND m.key <= $36 AND m.payload IS NOT NULL FOR SHARE) END \
                FROM unnest($10::integer[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], \
                        $16::text[], $17::smallint[], $18::smallint[], $19::integer[], $20::text[], $21::text[], \
                        $22::bigint[], $23::bigint[], $24::bigint[], $25::bigint[], $26::bigint[], $27::text[]) \
                    AS a (place, message, key, endpoint, app, at, url, status, trigger, code, response, error, \
                        resolve_us, connect_us, tls_us, first_byte_us, total_us, request) \
                JOIN done d ON d.place = a.place ON CONFLICT (message, key) DO NOTHING), \
            counted AS (INSERT INTO endpoint_hour AS h (endpoint, hour, slot, succeeded, failed, canceled) \
                SELECT c.endpoint, c.hour, $28, sum(c.succeeded), sum(c.failed), sum(c.canceled) \
                FROM unnest($29::integer[], $30::bigint[], $31::bigint[], $32::bigint[], $33::bigint[], $34::bigint[]) \
                    AS c (place, endpoint, hour, succeeded, failed, canceled) JOIN done d ON d.place = c.place \
                GROUP BY c.endpoint, c.hour ORDER BY c.endpoint, c.hour \
                ON CONFLICT (endpoint, hour, slot) DO UPDATE SET succeeded = h.succeeded + excluded.succeeded, \
                    failed = h.failed + excluded.failed, canceled = h.canceled + excluded.canceled) \
        SELECT place FROM done";
    FAILING_OF = "SELECT endpoint, since FROM failing WHERE endpoint = ANY($1) ORDER BY endpoint FOR UPDATE";
    FAILING_PUT = "INSERT INTO failing (endpoint, since) SELECT * FROM unnest($1::bigint[], $2::bigint[]) \
        ON CONFLICT (endpoint) DO NOTHING";
    HOURS_ADD = "INSERT INTO endpoint_hour AS h (endpoint, hour, slot, succeeded, failed, canceled) \
        SELECT c.endpoint, c.hour, $1, c.succeeded, c.failed, c.canceled \
        FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) \
            AS c (endpoint, hour, succeeded, failed, canceled) \
        ON CONFLICT (endpoint, hour, slot) DO UPDATE SET succeeded = h.succeeded + excluded.succeeded, \
            failed = h.failed + excluded.failed, canceled = h.canceled + excluded.canceled";

    // The index is skipped through from endpoint to endpoint, so the cost goes by endpoints, not by deliveries.
    LANES = "WITH RECURSIVE lane AS ( \
                (SELECT endpoint, due FROM queue WHERE leased = 0 AND endpoint > $1 ORDER BY endpoint, due LIMIT 1) \
                UNION ALL \
                SELECT next.endpoint, next.due FROM lane l CROSS JOIN LATERAL \
                    (SELECT endpoint, due FROM queue WHERE leased = 0 AND endpoint > l.endpoint \
                        ORDER BY endpoint, due LIMIT 1) next) \
        SELECT l.endpoint, CASE WHEN q.message IS NULL THEN l.due WHEN q.leased <> 0 THEN q.lease_until ELSE q.due END \
        FROM lane l JOIN endpoint e ON e.key = l.endpoint AND NOT e.disabled AND NOT e.deleted \
            LEFT JOIN fifo_head h ON h.endpoint = l.endpoint \
            LEFT JOIN queue q ON q.endpoint = h.endpoint AND q.message = h.message LIMIT $2";
    OPEN_AMONG = "SELECT key FROM endpoint WHERE key = ANY($1) AND NOT disabled AND NOT deleted";
    DEPTH = "SELECT count(*) FROM queue";
    QUEUE_WEAR = "SELECT pg_relation_size('queue'), pg_stat_get_vacuum_count('queue'::regclass), \
        pg_stat_get_dead_tuples('queue'::regclass)";

    QUEUED_GET = "SELECT attempts, due, leased <> 0, resume_at FROM queue WHERE endpoint = $1 AND message = $2 FOR UPDATE";
    SETTLED_TAKE = "DELETE FROM delivery WHERE endpoint = $1 AND message = $2 RETURNING fence";
    DELIVERY_EXTRA = "UPDATE queue SET due = $3, trigger = 1, resume_at = $4 WHERE endpoint = $1 AND message = $2";
    // Those of the endpoints that something waits for, at most $2.
    WAITED_FOR = "SELECT e.endpoint FROM unnest($1::bigint[]) AS e (endpoint), \
        LATERAL (SELECT 1 FROM queue WHERE endpoint = e.endpoint AND leased = 0 LIMIT 1 OFFSET 0) q LIMIT $2";
    QUEUED_CANCEL = "WITH few AS (SELECT endpoint, message FROM queue WHERE endpoint = $1 AND leased = 0 LIMIT $2 \
                FOR UPDATE SKIP LOCKED), \
            gone AS (DELETE FROM queue q USING few s WHERE q.endpoint = ANY (ARRAY[s.endpoint]) \
                    AND q.message >= s.message AND q.message <= s.message \
                RETURNING q.endpoint, q.message, q.app, q.fence, q.due, q.attempts) \
        INSERT INTO delivery (endpoint, message, app, fence, due, attempts, state) \
        SELECT endpoint, message, app, fence, due, attempts, 3 FROM gone";

    REQUEST_GET = "SELECT body, at, message, status, answer FROM request WHERE key = $1";
    REQUEST_LOCK = "SELECT pg_advisory_xact_lock($1, 2000000 + $2)";
    REQUEST_PUT = "INSERT INTO request (key, body, at, status, answer) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (key) DO UPDATE SET body = $2, at = $3, message = NULL, status = $4, answer = $5";
    REQUEST_REMOVE = "DELETE FROM request WHERE key = $1 AND message IS NULL";
    REQUEST_REMOVE_OF = "DELETE FROM request WHERE key = $1 AND message = $2";
}
