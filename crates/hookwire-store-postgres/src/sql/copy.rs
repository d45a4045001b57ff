//! Statements that move another store's rows in. Each takes all columns of its part, as arrays.

use super::statements;

statements! {
    NODE_ALIVE = "SELECT 1 FROM node WHERE incarnation <> 0 AND heartbeat > clock_timestamp() - interval '1 minute'";
    SOURCE_GET = "SELECT bytes, number FROM meta WHERE name = $1";
    OCCUPIED = "SELECT 1 WHERE EXISTS (SELECT 1 FROM org) OR EXISTS (SELECT 1 FROM app) \
        OR EXISTS (SELECT 1 FROM message) OR EXISTS (SELECT 1 FROM queue)";
    // The number of a node that never was stands for all keys that the source gave out.
    KEYS_USED = "INSERT INTO node (number, incarnation, heartbeat, key_high, name) \
        VALUES (0, 0, clock_timestamp(), $1, 'copied') ON CONFLICT (number) DO UPDATE \
        SET key_high = greatest(node.key_high, $1)";
    PROGRESS = "SELECT number, bytes FROM meta WHERE name = $1";
    PROGRESS_SET = "INSERT INTO meta (name, number, bytes) VALUES ($1, $2, $3) \
        ON CONFLICT (name) DO UPDATE SET number = $2, bytes = $3";
    PROGRESS_FORGET = "DELETE FROM meta WHERE name LIKE 'copy/%'";

    ORGS = "INSERT INTO org (id, profile) SELECT * FROM UNNEST($1::text[], $2::text[]) ON CONFLICT DO NOTHING";
    EVENT_TYPES = "INSERT INTO event_type (org, name, description, archived, deprecated, schemas, group_name, \
            feature_flags, created, updated) \
        SELECT org.key, n.name, n.description, n.archived <> 0, n.deprecated <> 0, n.schemas, n.group_name, \
            n.feature_flags, n.created, n.updated \
        FROM UNNEST($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], \
            $8::text[], $9::bigint[], $10::bigint[]) \
            AS n (org, name, description, archived, deprecated, schemas, group_name, feature_flags, created, updated) \
        JOIN org ON org.id = n.org ON CONFLICT DO NOTHING";
    APPS = "INSERT INTO app (key, org, uid, name, throttle_rate, metadata, created, updated) \
        SELECT n.key, org.key, n.uid, n.name, n.rate::integer, n.metadata, n.created, n.updated \
        FROM UNNEST($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], \
            $8::bigint[]) AS n (key, org, uid, name, rate, metadata, created, updated) \
        JOIN org ON org.id = n.org ON CONFLICT DO NOTHING";
    ENDPOINTS = "INSERT INTO endpoint (key, app, uid, disabled, deleted, disabled_at, created, updated, config, sealed, \
            install, client) \
        SELECT n.key, n.app, n.uid, n.disabled <> 0, n.deleted <> 0, n.disabled_at, n.created, n.updated, n.config, \
            n.sealed, n.install, n.client \
        FROM UNNEST($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], \
            $8::bigint[], $9::bigint[], $10::text[], $11::bytea[], $12::bigint[], $13::bigint[]) \
            AS n (key, app, uid, disabled, deleted, failing_since, disabled_at, created, updated, config, sealed, \
                install, client) \
        ON CONFLICT DO NOTHING";
    FAILING = "INSERT INTO failing (endpoint, since) SELECT n.key, n.failing_since \
        FROM UNNEST($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], \
            $8::bigint[], $9::bigint[], $10::text[], $11::bytea[], $12::bigint[], $13::bigint[]) \
            AS n (key, app, uid, disabled, deleted, failing_since, disabled_at, created, updated, config, sealed, \
                install, client) \
        WHERE n.failing_since IS NOT NULL ON CONFLICT DO NOTHING";
    CLIENTS = "INSERT INTO oauth_client (key, org, owner, config, secret, hook, suspended, barred, deleted, pending, \
            reached, created, updated) \
        SELECT n.key, org.key, n.owner, n.config, n.secret, n.hook, n.suspended <> 0, n.barred <> 0, n.deleted <> 0, \
            n.pending::integer, n.reached, n.created, n.updated \
        FROM UNNEST($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::bytea[], $6::bytea[], $7::bigint[], \
            $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[]) \
            AS n (key, org, owner, config, secret, hook, suspended, barred, deleted, pending, reached, created, \
                updated) JOIN org ON org.id = n.org ON CONFLICT DO NOTHING";
    INSTALLS = "INSERT INTO oauth_install (key, client, app, consented_by, actor, scopes, events, granted, endpoint, \
            created) \
        SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], \
            $7::text[], $8::bigint[], $9::bigint[], $10::bigint[]) ON CONFLICT DO NOTHING";
    CODES = "INSERT INTO oauth_code (digest, client, app, words, issued, expires, install) \
        SELECT * FROM UNNEST($1::bytea[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], \
            $7::bigint[]) ON CONFLICT DO NOTHING";
    TOKENS = "INSERT INTO oauth_token (digest, install, kind, used, scopes, issued, expires) \
        SELECT n.digest, n.install, n.kind::smallint, n.used <> 0, n.scopes, n.issued, n.expires \
        FROM UNNEST($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[]) \
            AS n (digest, install, kind, used, scopes, issued, expires) ON CONFLICT DO NOTHING";
    REMOVALS = "INSERT INTO removal (endpoint) SELECT * FROM UNNEST($1::bigint[]) ON CONFLICT DO NOTHING";
    TRIGGERS = "INSERT INTO registered_trigger (app, id, config, sealed, created, updated) \
        SELECT * FROM UNNEST($1::bigint[], $2::text[], $3::text[], $4::bytea[], $5::bigint[], $6::bigint[]) \
        ON CONFLICT DO NOTHING";
    MESSAGES = "INSERT INTO message (key, app, event_type, event_id, channels, tags, created, deliver_at, \
            payload_expires, short_lived, raw_type, payload, raw, endpoints) \
        SELECT n.key, n.app, n.event_type, n.event_id, n.channels, n.tags, n.created, n.deliver_at, \
            n.payload_expires, n.short_lived <> 0, n.raw_type, n.payload, n.raw, \
            coalesce((SELECT string_agg(int8send(e.key::bigint), ''::bytea ORDER BY e.place) \
                FROM unnest(string_to_array(n.endpoints, ',')) WITH ORDINALITY AS e (key, place)), ''::bytea) \
        FROM UNNEST($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], \
            $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::bytea[], $13::bytea[], $14::text[]) \
            AS n (key, app, event_type, event_id, channels, tags, created, deliver_at, payload_expires, short_lived, \
                raw_type, payload, raw, endpoints) ON CONFLICT DO NOTHING";
    EVENT_IDS = "INSERT INTO event_id (app, id, message) SELECT n.app, n.event_id, n.key \
        FROM UNNEST($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], \
            $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::bytea[], $13::bytea[], $14::text[]) \
            AS n (key, app, event_type, event_id, channels, tags, created, deliver_at, payload_expires, short_lived, \
                raw_type, payload, raw, endpoints) WHERE n.event_id IS NOT NULL ON CONFLICT DO NOTHING";
    LABELS = "INSERT INTO label (message, app, kind, label) \
        SELECT DISTINCT n.key, n.app, l.kind, l.label \
        FROM UNNEST($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], \
            $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::bytea[], $13::bytea[], $14::text[]) \
            AS n (key, app, event_type, event_id, channels, tags, created, deliver_at, payload_expires, short_lived, \
                raw_type, payload, raw, endpoints), \
        LATERAL (SELECT 0::smallint, unnest(string_to_array(n.channels, ' ')) \
            UNION ALL SELECT 1::smallint, unnest(string_to_array(n.tags, ' '))) AS l (kind, label) \
        WHERE l.label <> '' ON CONFLICT DO NOTHING";
    QUEUE = "INSERT INTO queue (endpoint, message, app, due, lease_until, leased, fence, resume_at, attempts, trigger) \
        SELECT n.endpoint, n.message, n.app, n.due, 0, 0, n.fence, n.resume_at, n.attempts::integer, \
            n.trigger::smallint \
        FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], \
            $7::bigint[], $8::bigint[], $9::bigint[]) \
            AS n (message, endpoint, app, state, attempts, due, fence, trigger, resume_at) \
        WHERE n.state = 0 ON CONFLICT DO NOTHING";
    DELIVERIES = "INSERT INTO delivery (endpoint, message, app, fence, due, attempts, state) \
        SELECT n.endpoint, n.message, n.app, n.fence, n.due, n.attempts::integer, n.state::smallint \
        FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], \
            $7::bigint[], $8::bigint[], $9::bigint[]) \
            AS n (message, endpoint, app, state, attempts, due, fence, trigger, resume_at) \
        WHERE n.state <> 0 ON CONFLICT DO NOTHING";
    ATTEMPTS = "INSERT INTO attempt (message, key, endpoint, app, at, url, status, trigger, code, response, error, \
            request, resolve_us, connect_us, tls_us, first_byte_us, total_us) \
        SELECT n.message, n.key, n.endpoint, n.app, n.at, n.url, n.status::smallint, n.trigger::smallint, \
            n.code::integer, n.response, n.error, n.request, n.resolve_us, n.connect_us, n.tls_us, n.first_byte_us, \
            n.total_us \
        FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], \
            $8::bigint[], $9::bigint[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::bigint[], \
            $15::bigint[], $16::bigint[], $17::bigint[]) \
            AS n (message, key, endpoint, app, at, url, status, trigger, code, response, error, request, resolve_us, \
                connect_us, tls_us, first_byte_us, total_us) ON CONFLICT DO NOTHING";
    HOURS = "INSERT INTO endpoint_hour (endpoint, hour, slot, succeeded, failed, canceled) \
        SELECT n.endpoint, n.hour, 0, n.succeeded, n.failed, n.canceled \
        FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) \
            AS n (endpoint, hour, succeeded, failed, canceled) ON CONFLICT DO NOTHING";
    REQUESTS = "INSERT INTO request (key, body, at, message, status, answer) \
        SELECT n.key, n.body, n.at, n.message, n.status::integer, n.answer \
        FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[]) \
            AS n (key, body, at, message, status, answer) ON CONFLICT DO NOTHING";
    TASKS = "INSERT INTO task (key, org, app, endpoint, kind, since, until, status, queued, cursor, updated) \
        SELECT n.key, org.key, n.app, n.endpoint, n.kind, n.since, n.until, n.status, n.queued, n.cursor, n.updated \
        FROM UNNEST($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], \
            $8::text[], $9::bigint[], $10::bigint[], $11::bigint[]) \
            AS n (key, org, app, endpoint, kind, since, until, status, queued, cursor, updated) \
        JOIN org ON org.id = n.org ON CONFLICT DO NOTHING";
    HEADS = "INSERT INTO fifo_head (endpoint, message) SELECT * FROM UNNEST($1::bigint[], $2::bigint[]) \
        ON CONFLICT DO NOTHING";
    LOG_FLOORS = "INSERT INTO log_floor (endpoint, message) SELECT * FROM UNNEST($1::bigint[], $2::bigint[]) \
        ON CONFLICT DO NOTHING";
    INVOCATIONS = "INSERT INTO invocation (key, app, trigger_id, root, caller, at, request_bytes, duration_us, status, \
            succeeded, error, response_bytes, response) \
        SELECT n.key, n.app, n.trigger_id, n.root, n.caller, n.at, n.request_bytes, n.duration_us, \
            n.status::integer, n.succeeded <> 0, n.error, n.response_bytes, n.response \
        FROM UNNEST($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], \
            $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::bigint[], $13::text[]) \
            AS n (key, app, trigger_id, root, caller, at, request_bytes, duration_us, status, succeeded, error, \
                response_bytes, response) ON CONFLICT DO NOTHING";

    COUNT_ORGS = "SELECT count(*) FROM org";
    COUNT_EVENT_TYPES = "SELECT count(*) FROM event_type";
    COUNT_APPS = "SELECT count(*) FROM app";
    COUNT_ENDPOINTS = "SELECT count(*) FROM endpoint";
    COUNT_CLIENTS = "SELECT count(*) FROM oauth_client";
    COUNT_INSTALLS = "SELECT count(*) FROM oauth_install";
    COUNT_CODES = "SELECT count(*) FROM oauth_code";
    COUNT_TOKENS = "SELECT count(*) FROM oauth_token";
    COUNT_REMOVALS = "SELECT count(*) FROM removal";
    COUNT_TRIGGERS = "SELECT count(*) FROM registered_trigger";
    COUNT_MESSAGES = "SELECT count(*) FROM message";
    COUNT_DELIVERIES = "SELECT (SELECT count(*) FROM queue) + (SELECT count(*) FROM delivery)";
    COUNT_ATTEMPTS = "SELECT count(*) FROM attempt";
    COUNT_HOURS = "SELECT count(*) FROM endpoint_hour";
    COUNT_REQUESTS = "SELECT count(*) FROM request";
    COUNT_TASKS = "SELECT count(*) FROM task";
    COUNT_HEADS = "SELECT count(*) FROM fifo_head";
    COUNT_LOG_FLOORS = "SELECT count(*) FROM log_floor";
    COUNT_INVOCATIONS = "SELECT count(*) FROM invocation";
}
