//! Statements about registered triggers and the records of their invocations.

use super::{statements, walks};

statements! {
    TRIGGER_GET = "SELECT app, id, config, sealed, created, updated FROM registered_trigger WHERE app = $1 AND id = $2";
    TRIGGER_CONFIGS = "SELECT id, config FROM registered_trigger WHERE app = $1 ORDER BY id";
    // Those that others follow; perhaps some that only look so.
    TRIGGERS_CHAINED = "SELECT id, config FROM registered_trigger WHERE app = $1 AND strpos(config, '\"next\":') > 0";
    TRIGGERS_COUNT = "SELECT count(*) FROM registered_trigger WHERE app = $1";
    TRIGGER_CREATED = "SELECT created FROM registered_trigger WHERE app = $1 AND id = $2";
    TRIGGER_PUT = "INSERT INTO registered_trigger (app, id, config, sealed, created, updated) \
        VALUES ($1, $2, $3, $4, $5, $6) \
        ON CONFLICT (app, id) DO UPDATE SET config = $3, sealed = $4, created = $5, updated = $6";
    TRIGGER_REMOVE = "DELETE FROM registered_trigger WHERE app = $1 AND id = $2";
    TRIGGERS_REMOVE = "DELETE FROM registered_trigger WHERE app = $1";

    // A record is never written over one of another app.
    INVOCATION_PUT = "INSERT INTO invocation AS i (key, app, trigger_id, root, caller, at, request_bytes, duration_us, \
            status, succeeded, error, response_bytes, response) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
        ON CONFLICT (key) DO UPDATE SET trigger_id = $3, root = $4, caller = $5, at = $6, request_bytes = $7, \
            duration_us = $8, status = $9, succeeded = $10, error = $11, response_bytes = $12, response = $13 \
        WHERE i.app = $2";
    INVOCATION_GET = "SELECT key, app, trigger_id, root, caller, at, request_bytes, duration_us, status, succeeded, \
        error, response_bytes, response FROM invocation WHERE key = $1 AND app = $2";
    INVOCATIONS_FORGET = "DELETE FROM invocation \
        WHERE key IN (SELECT key FROM invocation WHERE key < $1 ORDER BY key LIMIT $2)";
}

walks! {
    TRIGGERS_AFTER = "SELECT app, id, config, sealed, created, updated FROM registered_trigger \
        WHERE app = $1 AND id > $2 ORDER BY id", "$3";
    TRIGGERS_BEFORE = "SELECT app, id, config, sealed, created, updated FROM registered_trigger \
        WHERE app = $1 AND id < $2 ORDER BY id", "$3";
    INVOCATIONS = "SELECT key, app, trigger_id, root, caller, at, request_bytes, duration_us, status, succeeded, error, \
        response_bytes, response FROM invocation WHERE app = $1 AND key > $2 AND key < $3 ORDER BY key", "$4";
    INVOCATION_ROOTS = "SELECT key, app, trigger_id, root, caller, at, request_bytes, duration_us, status, succeeded, \
        error, response_bytes, response FROM invocation \
        WHERE app = $1 AND root = key AND key > $2 AND key < $3 ORDER BY key", "$4";
    INVOCATIONS_OF_TRIGGER = "SELECT key, app, trigger_id, root, caller, at, request_bytes, duration_us, status, \
        succeeded, error, response_bytes, response FROM invocation \
        WHERE app = $1 AND trigger_id = $5 AND key > $2 AND key < $3 ORDER BY key", "$4";
    INVOCATIONS_OF_ROOT = "SELECT key, app, trigger_id, root, caller, at, request_bytes, duration_us, status, \
        succeeded, error, response_bytes, response FROM invocation \
        WHERE app = $1 AND root = $5 AND key > $2 AND key < $3 ORDER BY key", "$4";
}
