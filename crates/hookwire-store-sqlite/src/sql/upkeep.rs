//! Statements of retention, tasks and the void leases of earlier runs.

use super::statements;

statements! {
    EXPIRED_SHORT = "SELECT key FROM message INDEXED BY message_expiry \
        WHERE short_lived = 1 AND payload_expires <= ?1 ORDER BY payload_expires LIMIT ?2";
    EXPIRED_LONG = "SELECT key, payload_expires, short_lived, payload IS NOT NULL FROM message \
        WHERE key > ?1 ORDER BY key LIMIT ?2";
    PAYLOAD_NEEDED = "SELECT 1 FROM delivery d CROSS JOIN endpoint e ON e.key = d.endpoint \
        WHERE d.message = ?1 AND d.state = 0 AND e.disabled = 0 AND e.deleted = 0 LIMIT 1";
    PAYLOAD_KEEP = "UPDATE message SET payload_expires = ?2, short_lived = 1 WHERE key = ?1";
    PAYLOAD_REMOVE = "UPDATE message SET payload = NULL, raw = NULL, raw_type = NULL, short_lived = 0 WHERE key = ?1";
    OLD_ATTEMPTS = "SELECT message, key FROM attempt WHERE (message, key) > (?1, ?2) AND message < ?3 \
        ORDER BY message, key LIMIT ?4";
    ATTEMPT_REMOVE = "DELETE FROM attempt WHERE message = ?1 AND key = ?2";
    OLD_MESSAGES = "SELECT key, app, channels, tags, payload IS NOT NULL FROM message \
        WHERE key > ?1 AND key < ?2 ORDER BY key LIMIT ?3";
    MESSAGE_PENDING = "SELECT 1 FROM delivery WHERE message = ?1 AND state = 0 LIMIT 1";
    DELIVERIES_PENDING = "SELECT endpoint, leased <> 0 FROM delivery WHERE message = ?1 AND state = 0";
    MESSAGE_REMOVE = "DELETE FROM message WHERE key = ?1";
    DELIVERIES_REMOVE = "DELETE FROM delivery WHERE message = ?1";
    ATTEMPTS_REMOVE = "DELETE FROM attempt WHERE message = ?1";
    MESSAGE_CHANNEL_REMOVE = "DELETE FROM message_channel WHERE app = ?1 AND channel = ?2 AND message = ?3";
    MESSAGE_TAG_REMOVE = "DELETE FROM message_tag WHERE app = ?1 AND tag = ?2 AND message = ?3";
    OLD_REQUESTS = "SELECT key FROM request INDEXED BY request_at WHERE at < ?1 ORDER BY at LIMIT ?2";
    REQUEST_FORGET = "DELETE FROM request WHERE key = ?1";

    HOURS_NEXT = "SELECT endpoint, hour FROM endpoint_hour WHERE endpoint > ?1 ORDER BY endpoint, hour LIMIT 1";
    HOURS_OLD = "SELECT hour FROM endpoint_hour WHERE endpoint = ?1 AND hour < ?2 ORDER BY hour LIMIT ?3";
    HOUR_REMOVE = "DELETE FROM endpoint_hour WHERE endpoint = ?1 AND hour = ?2";
    OLD_TASKS = "SELECT key, status, updated FROM task WHERE key > ?1 AND key < ?2 ORDER BY key LIMIT ?3";
    TASK_REMOVE = "DELETE FROM task WHERE key = ?1";
    TOMBSTONES = "SELECT key FROM endpoint INDEXED BY endpoint_deleted \
        WHERE deleted = 1 AND key > ?1 ORDER BY key LIMIT ?2";
    TOMBSTONE_OWED = "SELECT 1 FROM delivery INDEXED BY delivery_endpoint WHERE endpoint = ?1 LIMIT 1";
    TOMBSTONE_REMOVE = "DELETE FROM endpoint WHERE key = ?1 AND deleted = 1";
    ENDPOINTS_ABOVE = "SELECT key FROM endpoint WHERE key > ?1 AND deleted = 0 ORDER BY key LIMIT ?2";
    PROFILE_OF_APP = "SELECT o.profile FROM app a CROSS JOIN org o ON o.key = a.org WHERE a.key = ?1 AND a.deleted = 0";
    LOG_CUT = "SELECT message FROM delivery INDEXED BY delivery_endpoint WHERE endpoint = ?1 \
        ORDER BY message DESC LIMIT 1 OFFSET ?2";
    LOGGED = "SELECT message FROM delivery INDEXED BY delivery_endpoint \
        WHERE endpoint = ?1 AND message >= ?2 AND message < ?3 ORDER BY message";
    SETTLED_FENCE = "SELECT fence FROM delivery WHERE message = ?1 AND endpoint = ?2 AND state <> 0";
    ATTEMPTS_OF = "SELECT endpoint, key FROM attempt WHERE message = ?1";
    LOGGED_REMOVE = "DELETE FROM delivery WHERE message = ?1 AND endpoint = ?2 AND fence = ?3 AND state <> 0";
    LOG_FLOOR_RAISE = "INSERT INTO log_floor (endpoint, message) VALUES (?1, ?2) \
        ON CONFLICT (endpoint) DO UPDATE SET message = max(message, ?2)";
    LOG_FLOOR = "SELECT message FROM log_floor WHERE endpoint = ?1";

    REMOVAL_ADD = "INSERT OR IGNORE INTO removal (endpoint) VALUES (?1)";
    REMOVAL_NEXT = "SELECT endpoint FROM removal ORDER BY endpoint LIMIT 1";
    REMOVAL_DONE = "DELETE FROM removal WHERE endpoint = ?1";
    REMOVAL_QUEUED = "SELECT message FROM delivery INDEXED BY delivery_queue \
        WHERE endpoint = ?1 AND state = 0 AND leased = 0 LIMIT ?2";

    LEASES_SINCE = "SELECT message, endpoint, state, leased FROM delivery \
        WHERE (message, endpoint) > (?1, ?2) ORDER BY message, endpoint LIMIT ?3";
    LEASES_CLAIMED = "SELECT message, endpoint, leased FROM delivery INDEXED BY delivery_claimed \
        WHERE state = 0 AND leased < 0 AND (endpoint, message) > (?1, ?2) ORDER BY endpoint, message LIMIT ?3";
    LEASE_FREE = "UPDATE delivery SET leased = 0 \
        WHERE message = ?1 AND endpoint = ?2 AND state = 0 AND leased <> 0 AND abs(leased) <> ?3 RETURNING due";

    TASK_INSERT = "INSERT INTO task (key, org, app, endpoint, kind, since, until, status, queued, cursor, updated) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?10)";
    TASK_GET = "SELECT key, app, endpoint, kind, since, until, status, queued, updated FROM task \
        WHERE key = ?1 AND org = ?2";
    TASKS_RUNNING = "SELECT key, app, endpoint, kind, until, cursor, queued FROM task INDEXED BY task_running \
        WHERE status = 'running' ORDER BY key LIMIT ?1";
    TASKS_RUNNING_COUNT = "SELECT count(*) FROM task INDEXED BY task_running WHERE status = 'running'";
    TASK_MOVE = "UPDATE task SET status = ?2, queued = ?3, cursor = ?4, updated = ?5 WHERE key = ?1";
    TASK_FAILED = "SELECT message FROM delivery INDEXED BY delivery_failed \
        WHERE endpoint = ?1 AND state IN (2, 3) AND message > ?2 AND message < ?3 ORDER BY message LIMIT ?4";
    TASK_PAYLOAD = "SELECT payload FROM message WHERE key = ?1";
    TASK_MESSAGES = "SELECT key, event_type, channels, payload IS NOT NULL FROM message INDEXED BY message_app \
        WHERE app = ?1 AND key > ?2 AND key < ?3 ORDER BY key LIMIT ?4";
}
