//! Statements of the lists: each walks one index in the order of keys, between two keys, and is read as far as needed.

use super::{statements, walks};

statements! {
    ATTEMPT_GET = "SELECT message, key, endpoint, app, at, url, status, trigger, code, response, error, resolve_us, \
        connect_us, tls_us, first_byte_us, total_us, request FROM attempt WHERE message = ?1 AND key = ?2";
    MESSAGE_KEYS_OF_TYPE = "SELECT key FROM message INDEXED BY message_type \
        WHERE app = ?1 AND event_type = ?2 AND key < ?3 LIMIT ?4";
    ATTEMPTS_AT = "SELECT key, endpoint FROM attempt WHERE message = ?1 AND key > ?2 AND key < ?3";
    // What filters ask of a message, its time aside.
    MESSAGE_WORDS = "SELECT event_type, channels, tags FROM message WHERE key = ?1";
    DELIVERY_STATUS = "SELECT state, attempts, due FROM delivery WHERE message = ?1 AND endpoint = ?2";
    QUEUED_MESSAGES = "SELECT message FROM delivery INDEXED BY delivery_queue \
        WHERE endpoint = ?1 AND state = 0 AND leased = 0 LIMIT ?2";
    QUEUED_COUNT = "SELECT count(*), ifnull(sum(attempts > 0), 0) FROM delivery INDEXED BY delivery_queue \
        WHERE endpoint = ?1 AND state = 0 AND leased = 0";
    CLAIMED_COUNT = "SELECT count(*), ifnull(sum(attempts > 0), 0) FROM delivery INDEXED BY delivery_claimed \
        WHERE endpoint = ?1 AND state = 0 AND leased < 0";
    HOURS_SUM = "SELECT ifnull(sum(succeeded), 0), ifnull(sum(failed), 0), ifnull(sum(canceled), 0) \
        FROM endpoint_hour WHERE endpoint = ?1 AND hour >= ?2 AND hour < ?3";
    EXPUNGE_PAYLOAD = "UPDATE message SET payload = NULL, raw = NULL, raw_type = NULL, short_lived = 0 WHERE key = ?1";
    EXPUNGE_REQUESTS = "UPDATE attempt SET request = NULL WHERE message = ?1 AND request IS NOT NULL";
    EXPUNGE_RESPONSE = "UPDATE attempt SET response = 'EXPUNGED', \
        request = CASE WHEN request IS NOT NULL THEN 'EXPUNGED' END WHERE message = ?1 AND key = ?2 AND app = ?3";
}

walks! {
    MESSAGES = "SELECT m.key, m.app, m.event_type, m.event_id, m.channels, m.tags, m.created, m.deliver_at, \
        m.payload_expires, m.raw_type, m.payload, m.raw FROM message m INDEXED BY message_app \
        WHERE m.app = ?1 AND m.key > ?2 AND m.key < ?3 ORDER BY m.key";
    MESSAGES_BY_TYPE = "SELECT m.key, m.app, m.event_type, m.event_id, m.channels, m.tags, m.created, m.deliver_at, \
        m.payload_expires, m.raw_type, m.payload, m.raw FROM message m INDEXED BY message_type \
        WHERE m.app = ?1 AND m.event_type = ?4 AND m.key > ?2 AND m.key < ?3 ORDER BY m.key";
    MESSAGES_BY_TAG = "SELECT m.key, m.app, m.event_type, m.event_id, m.channels, m.tags, m.created, m.deliver_at, \
        m.payload_expires, m.raw_type, m.payload, m.raw FROM message_tag t CROSS JOIN message m ON m.key = t.message \
        WHERE t.app = ?1 AND t.tag = ?4 AND t.message > ?2 AND t.message < ?3 ORDER BY t.message";
    MESSAGES_BY_CHANNEL = "SELECT m.key, m.app, m.event_type, m.event_id, m.channels, m.tags, m.created, \
        m.deliver_at, m.payload_expires, m.raw_type, m.payload, m.raw \
        FROM message_channel c CROSS JOIN message m ON m.key = c.message \
        WHERE c.app = ?1 AND c.channel = ?4 AND c.message > ?2 AND c.message < ?3 ORDER BY c.message";
    ATTEMPTS_OF_ENDPOINT = "SELECT message, key, endpoint, app, at, url, status, trigger, code, response, error, \
        resolve_us, connect_us, tls_us, first_byte_us, total_us, request FROM attempt INDEXED BY attempt_endpoint \
        WHERE endpoint = ?1 AND key > ?2 AND key < ?3 ORDER BY key";
    ATTEMPTS_FAILED = "SELECT message, key, endpoint, app, at, url, status, trigger, code, response, error, \
        resolve_us, connect_us, tls_us, first_byte_us, total_us, request FROM attempt INDEXED BY attempt_failed \
        WHERE endpoint = ?1 AND status = 1 AND key > ?2 AND key < ?3 ORDER BY key";
    // Their keys are in the index, so no row is looked at.
    ATTEMPT_KEYS_OF_ENDPOINT = "SELECT message, key FROM attempt INDEXED BY attempt_endpoint \
        WHERE endpoint = ?1 AND key > ?2 AND key < ?3 ORDER BY key";
    ATTEMPT_KEYS_FAILED = "SELECT message, key FROM attempt INDEXED BY attempt_failed \
        WHERE endpoint = ?1 AND status = 1 AND key > ?2 AND key < ?3 ORDER BY key";
    ATTEMPTS_OF_MESSAGE = "SELECT message, key, endpoint, app, at, url, status, trigger, code, response, error, \
        resolve_us, connect_us, tls_us, first_byte_us, total_us, request FROM attempt \
        WHERE message = ?1 AND key > ?2 AND key < ?3 ORDER BY key";
    DELIVERIES_OF_ENDPOINT = "SELECT message FROM delivery INDEXED BY delivery_endpoint \
        WHERE endpoint = ?1 AND message > ?2 AND message < ?3 ORDER BY message";
    DELIVERIES_FAILED = "SELECT message FROM delivery INDEXED BY delivery_failed \
        WHERE endpoint = ?1 AND state IN (2, 3) AND message > ?2 AND message < ?3 ORDER BY message";
    DELIVERIES_OF_MESSAGE = "SELECT endpoint, state, attempts, due FROM delivery \
        WHERE message = ?1 AND endpoint > ?2 AND endpoint < ?3 ORDER BY endpoint";
    TASKS = "SELECT key, app, endpoint, kind, since, until, status, queued, updated FROM task INDEXED BY task_org \
        WHERE org = ?1 AND key > ?2 AND key < ?3 ORDER BY key";
}
