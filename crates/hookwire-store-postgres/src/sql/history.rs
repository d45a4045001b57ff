//! Statements of the lists: each walks one index in the order of keys, between two keys, and is read as far as needed.
//!
//! Of a walk the parameters are: whose, above which key, below which key, how many; then whether payloads are wanted, or a
//! value to look for.

use super::{Walk, statements, walks};

statements! {
    MESSAGES_BY_KEYS = "SELECT key, app, event_type, event_id, channels, tags, created, deliver_at, payload_expires, \
        raw_type, CASE WHEN $2 THEN payload END, CASE WHEN $2 THEN raw END FROM message WHERE key = ANY($1)";
    // Of these types only.
    MESSAGES_OF_TYPES = "SELECT key, app, event_type, event_id, channels, tags, created, deliver_at, payload_expires, \
        raw_type, CASE WHEN $2 THEN payload END, CASE WHEN $2 THEN raw END FROM message \
        WHERE key = ANY($1) AND event_type = ANY($3)";
    MESSAGE_ENDPOINTS = "SELECT endpoints FROM message WHERE key = $1 AND app = $2";
    ATTEMPT_GET = "SELECT message, key, endpoint, app, at, url, status, trigger, code, response, error, resolve_us, \
        connect_us, tls_us, first_byte_us, total_us, request FROM attempt WHERE message = $1 AND key = $2";
    DELIVERIES_AT = "SELECT endpoint, state, attempts, due FROM delivery WHERE endpoint = ANY($1) AND message = $2 \
        UNION ALL SELECT endpoint, 0::smallint, attempts, due FROM queue WHERE endpoint = ANY($1) AND message = $2";
    PENDING_COUNT = "SELECT count(*), count(*) FILTER (WHERE attempts > 0) FROM queue WHERE endpoint = $1";
    HOURS_SUM = "SELECT coalesce(sum(succeeded), 0)::bigint, coalesce(sum(failed), 0)::bigint, \
        coalesce(sum(canceled), 0)::bigint FROM endpoint_hour WHERE endpoint = $1 AND hour >= $2 AND hour < $3";
    EXPUNGE_PAYLOADS = "UPDATE message SET payload = NULL, raw = NULL, raw_type = NULL, short_lived = false \
        WHERE key = ANY($1)";
    EXPUNGE_REQUESTS = "UPDATE attempt SET request = NULL WHERE message = ANY($1) AND request IS NOT NULL";
    EXPUNGE_RESPONSE = "UPDATE attempt SET response = 'EXPUNGED', \
        request = CASE WHEN request IS NOT NULL THEN 'EXPUNGED' END WHERE message = $1 AND key = $2 AND app = $3";
}

walks! {
    MESSAGES_BY_TAG = "SELECT m.key, m.app, m.event_type, m.event_id, m.channels, m.tags, m.created, m.deliver_at, \
            m.payload_expires, m.raw_type, CASE WHEN $5 THEN m.payload END, CASE WHEN $5 THEN m.raw END \
        FROM label l JOIN message m ON m.key = l.message \
        WHERE l.app = $1 AND l.kind = 1 AND l.label = $6 AND l.message > $2 AND l.message < $3 ORDER BY l.message", "$4";
    MESSAGES_BY_CHANNEL = "SELECT m.key, m.app, m.event_type, m.event_id, m.channels, m.tags, m.created, \
            m.deliver_at, m.payload_expires, m.raw_type, CASE WHEN $5 THEN m.payload END, \
            CASE WHEN $5 THEN m.raw END \
        FROM label l JOIN message m ON m.key = l.message \
        WHERE l.app = $1 AND l.kind = 0 AND l.label = $6 AND l.message > $2 AND l.message < $3 ORDER BY l.message", "$4";
    ATTEMPTS_OF_ENDPOINT = "SELECT message, key, endpoint, app, at, url, status, trigger, code, response, error, \
        resolve_us, connect_us, tls_us, first_byte_us, total_us, request FROM attempt \
        WHERE endpoint = $1 AND key > $2 AND key < $3 ORDER BY key", "$4";
    ATTEMPTS_FAILED = "SELECT message, key, endpoint, app, at, url, status, trigger, code, response, error, \
        resolve_us, connect_us, tls_us, first_byte_us, total_us, request FROM attempt \
        WHERE endpoint = $1 AND status = 1 AND key > $2 AND key < $3 ORDER BY key", "$4";
    ATTEMPTS_OF_MESSAGE = "SELECT message, key, endpoint, app, at, url, status, trigger, code, response, error, \
        resolve_us, connect_us, tls_us, first_byte_us, total_us, request FROM attempt \
        WHERE message = $1 AND key > $2 AND key < $3 ORDER BY key", "$4";
    DELIVERIES_PENDING = "SELECT message, 0::smallint, attempts, due FROM queue \
        WHERE endpoint = $1 AND message > $2 AND message < $3 ORDER BY message", "$4";
    DELIVERIES_FAILED = "SELECT message, state, attempts, due FROM delivery \
        WHERE endpoint = $1 AND state IN (2, 3) AND message > $2 AND message < $3 ORDER BY message", "$4";
    TASKS = "SELECT key, app, endpoint, kind, since, until, status, queued, updated FROM task \
        WHERE org = $1 AND key > $2 AND key < $3 ORDER BY key", "$4";
}

/// Messages that follow a place in an index which begins with what is looked for: the next ones of the app in that index, of
/// which those behind the end are left out. Three ways that look simpler read far more:
///
/// - Equality and `ORDER BY key` may be answered from the keys of everybody's messages, if the value is taken for a common
///   one.
/// - A second comparison of rows, for the end, does not end the scan where it should: up to PostgreSQL 17 only its first
///   column can do that. So behind the last message that is looked for it would read all of the app's.
/// - What is compared with an array comes in no order: all of it is read and sorted.
macro_rules! messages {
    ($from:literal, $order:literal, $within:literal) => {
        concat!(
            "SELECT * FROM (SELECT m.key, m.app, m.event_type, m.event_id, m.channels, m.tags, m.created, ",
            "m.deliver_at, m.payload_expires, m.raw_type, CASE WHEN $5 THEN m.payload END, ",
            "CASE WHEN $5 THEN m.raw END FROM message m WHERE ",
            $from,
            " ORDER BY ",
            $order,
            " LIMIT $4) m WHERE ",
            $within,
            " ORDER BY ",
            $order
        )
    };
}

pub(crate) const MESSAGES: Walk = Walk {
    up: messages!("(m.app, m.key) > ($1, $2) AND m.app <= $1", "m.app ASC, m.key ASC", "m.key < $3"),
    down: messages!("(m.app, m.key) < ($1, $3) AND m.app >= $1", "m.app DESC, m.key DESC", "m.key > $2"),
};

pub(crate) const MESSAGES_BY_TYPE: Walk = Walk {
    up: messages!(
        "(m.app, m.event_type, m.key) > ($1, $6, $2) AND m.app <= $1",
        "m.app ASC, m.event_type ASC, m.key ASC",
        "m.event_type = $6 AND m.key < $3"
    ),
    down: messages!(
        "(m.app, m.event_type, m.key) < ($1, $6, $3) AND m.app >= $1",
        "m.app DESC, m.event_type DESC, m.key DESC",
        "m.event_type = $6 AND m.key > $2"
    ),
};

/// The pending ones and the settled ones, put together.
macro_rules! both {
    ($direction:literal) => {
        concat!(
            "SELECT message, state, attempts, due FROM (",
            "(SELECT message, state, attempts, due FROM delivery ",
            "WHERE endpoint = $1 AND message > $2 AND message < $3 ORDER BY message ",
            $direction,
            " LIMIT $4) UNION ALL (SELECT message, 0::smallint, attempts, due FROM queue ",
            "WHERE endpoint = $1 AND message > $2 AND message < $3 ORDER BY message ",
            $direction,
            " LIMIT $4)) owed ORDER BY message ",
            $direction,
            " LIMIT $4"
        )
    };
}

pub(crate) const DELIVERIES_OF_ENDPOINT: Walk = Walk { up: both!("ASC"), down: both!("DESC") };
