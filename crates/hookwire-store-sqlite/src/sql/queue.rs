//! Statements of the hot path: messages in, deliveries leased, settled and logged.

use super::statements;

statements! {
    MESSAGE_INSERT = "INSERT INTO message (key, app, event_type, event_id, channels, tags, created, deliver_at, \
        payload_expires, short_lived, raw_type, payload, raw) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    MESSAGE_CHANNEL_INSERT = "INSERT OR IGNORE INTO message_channel (app, channel, message) VALUES (?1, ?2, ?3)";
    MESSAGE_TAG_INSERT = "INSERT OR IGNORE INTO message_tag (app, tag, message) VALUES (?1, ?2, ?3)";
    MESSAGE_BY_KEY = "SELECT key, app, event_type, event_id, channels, tags, created, deliver_at, payload_expires, \
        raw_type, payload, raw FROM message WHERE key = ?1";
    MESSAGE_BY_EVENT_ID = "SELECT key FROM message WHERE app = ?1 AND event_id = ?2";
    MESSAGE_STATE = "SELECT app, payload IS NOT NULL, event_id FROM message WHERE key = ?1";

    DELIVERY_INSERT = "INSERT INTO delivery (message, endpoint, app, state, attempts, due, fence, leased, lease_until, \
        trigger, resume_at) VALUES (?1, ?2, ?3, 0, 0, ?4, ?5, ?6, ?7, ?8, NULL)";
    DELIVERY_GET = "SELECT state, attempts, due, leased, trigger, resume_at FROM delivery \
        WHERE message = ?1 AND endpoint = ?2";
    DELIVERY_AGAIN = "UPDATE delivery SET state = 0, attempts = 0, due = ?3, leased = 0, trigger = 1, \
        resume_at = NULL WHERE message = ?1 AND endpoint = ?2";
    DELIVERY_EXTRA = "UPDATE delivery SET due = ?3, trigger = 1, resume_at = ?4 WHERE message = ?1 AND endpoint = ?2";
    DELIVERY_CANCEL = "UPDATE delivery SET state = 3, leased = 0 WHERE message = ?1 AND endpoint = ?2 AND state = 0";

    CLAIMABLE = "SELECT message, attempts FROM delivery INDEXED BY delivery_queue \
        WHERE endpoint = ?1 AND state = 0 AND leased = 0 AND due <= ?2 ORDER BY due, message LIMIT ?3";
    CLAIMABLE_LEASED = "SELECT attempts FROM delivery \
        WHERE message = ?1 AND endpoint = ?2 AND state = 0 AND leased <> 0 AND lease_until <= ?3";
    CLAIM = "UPDATE delivery SET leased = ?3, lease_until = ?4, fence = fence + 1 \
        WHERE message = ?1 AND endpoint = ?2 RETURNING app, attempts, trigger, resume_at, fence";
    NEXT_DUE = "SELECT due FROM delivery INDEXED BY delivery_queue \
        WHERE endpoint = ?1 AND state = 0 AND leased = 0 ORDER BY due LIMIT 1";

    FIFO_HEAD = "SELECT d.message, d.due, d.leased, d.lease_until FROM fifo_head h CROSS JOIN delivery d \
        ON d.message = h.message AND d.endpoint = h.endpoint WHERE h.endpoint = ?1 AND d.state = 0";
    FIFO_HEAD_PUT = "INSERT OR REPLACE INTO fifo_head (endpoint, message) VALUES (?1, ?2)";
    FIFO_HEAD_DONE = "DELETE FROM fifo_head WHERE endpoint = ?1 AND message = ?2";
    FIFO_HEAD_REMOVE = "DELETE FROM fifo_head WHERE endpoint = ?1";
    FIFO_NEXT = "SELECT message, due FROM delivery INDEXED BY delivery_queue \
        WHERE endpoint = ?1 AND state = 0 AND leased = 0 ORDER BY due, message LIMIT 1";
    FIFO_LEASED = "SELECT due, lease_until FROM delivery \
        WHERE message = ?1 AND endpoint = ?2 AND state = 0 AND abs(leased) = ?3";

    SETTLE_FINAL = "UPDATE delivery SET state = ?4, attempts = ?5, leased = 0 \
        WHERE message = ?1 AND endpoint = ?2 AND fence = ?3 AND state = 0 AND leased <> 0";
    SETTLE_WAITING = "UPDATE delivery SET attempts = ?4, due = ?5, leased = 0, trigger = ?6, resume_at = ?7 \
        WHERE message = ?1 AND endpoint = ?2 AND fence = ?3 AND state = 0 AND leased <> 0";
    ATTEMPT_INSERT = "INSERT OR IGNORE INTO attempt (message, key, endpoint, app, at, url, status, trigger, code, \
        response, error, resolve_us, connect_us, tls_us, first_byte_us, total_us, request) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, \
        CASE WHEN ?17 IS NOT NULL THEN (SELECT ?17 FROM message WHERE key = ?1 AND payload IS NOT NULL) END)";
    HOUR_ADD = "INSERT INTO endpoint_hour (endpoint, hour, succeeded, failed, canceled) VALUES (?1, ?2, ?3, ?4, ?5) \
        ON CONFLICT (endpoint, hour) DO UPDATE SET succeeded = succeeded + ?3, failed = failed + ?4, \
        canceled = canceled + ?5";

    LANE_FIRST = "SELECT endpoint, due FROM delivery INDEXED BY delivery_queue \
        WHERE endpoint > ?1 AND state = 0 AND leased = 0 ORDER BY endpoint, due LIMIT 1";
    DEPTH = "SELECT count(*) FROM delivery INDEXED BY delivery_queue WHERE state = 0 AND leased = 0";

    REQUEST_GET = "SELECT body, at, message, status, answer FROM request WHERE key = ?1";
    REQUEST_PUT = "INSERT OR REPLACE INTO request (key, body, at, message, status, answer) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    REQUEST_REMOVE = "DELETE FROM request WHERE key = ?1 AND message IS NULL";

    KEY_MAX_MESSAGE = "SELECT max(key) FROM message";
    KEY_MAX_APP = "SELECT max(key) FROM app";
    KEY_MAX_ENDPOINT = "SELECT max(key) FROM endpoint";
    KEY_MAX_TASK = "SELECT max(key) FROM task";
}
