//! Statements about orgs, apps, endpoints and event types.

use super::{statements, walks};

statements! {
    // In the order of their numbers, so that no two wait for each other.
    LOCK = "SELECT pg_advisory_xact_lock($1, lock) FROM \
        (SELECT DISTINCT lock FROM unnest($2::integer[]) AS locks (lock) ORDER BY lock) ordered";
    LOCK_SHARED = "SELECT pg_advisory_xact_lock_shared($1, lock) FROM \
        (SELECT DISTINCT lock FROM unnest($2::integer[]) AS locks (lock) ORDER BY lock) ordered";

    ORG_BY_ID = "SELECT key, profile FROM org WHERE id = $1";
    ORG_PROFILE = "UPDATE org SET profile = $2 WHERE key = $1";
    ORG_INSERT = "INSERT INTO org (id) VALUES ($1) ON CONFLICT (id) DO NOTHING";
    ORG_LOCK = "SELECT 1 FROM org WHERE key = $1 FOR UPDATE";
    // Those of which somebody may remember the profile.
    ORG_APPS_CHANGED = "WITH changed AS (UPDATE app SET version = version + 1 WHERE org = $1 RETURNING key, version), \
            noted AS (INSERT INTO app_change (app, version) SELECT key, version FROM changed ORDER BY key \
                ON CONFLICT (app) DO UPDATE SET version = excluded.version, at = excluded.at) \
        SELECT key, version FROM changed";

    APPS_OF_ORG = "SELECT key, uid, name, throttle_rate, metadata, created, updated, org FROM app WHERE org = $1";
    APP_WITH_ENDPOINTS = "SELECT a.key, a.uid, a.name, a.throttle_rate, a.metadata, a.created, a.updated, a.org, \
            a.version, o.id, o.profile, e.key, e.app, e.uid, e.disabled, f.since, e.created, e.updated, e.config, \
            e.sealed, e.deleted, \
            e.install, e.client, (SELECT c.hook FROM oauth_client c WHERE c.key = e.client) \
        FROM app a JOIN org o ON o.key = a.org LEFT JOIN endpoint e ON e.app = a.key AND NOT e.deleted \
            LEFT JOIN failing f ON f.endpoint = e.key \
        WHERE a.key = $1 ORDER BY e.key";
    APP_BY_KEY = "SELECT key, uid, name, throttle_rate, metadata, created, updated, org FROM app WHERE key = $1";
    APP_BY_UID = "SELECT key, uid, name, throttle_rate, metadata, created, updated, org FROM app \
        WHERE org = $1 AND uid = $2";
    APP_KEY_BY_UID = "SELECT key FROM app WHERE org = $1 AND uid = $2";
    APP_INSERT = "INSERT INTO app (key, org, uid, name, throttle_rate, metadata, created, updated) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (org, uid) WHERE uid IS NOT NULL DO NOTHING";
    APP_UPDATE = "UPDATE app SET uid = $2, name = $3, throttle_rate = $4, metadata = $5, updated = $6 WHERE key = $1";
    APP_DELETE = "WITH gone AS (DELETE FROM app WHERE key = $1), rate AS (DELETE FROM throttle WHERE subject = $1) \
        INSERT INTO app_change (app, version) VALUES ($1, 0) \
        ON CONFLICT (app) DO UPDATE SET version = 0, at = excluded.at";
    APP_CHANGED = "WITH changed AS (UPDATE app SET version = version + 1 WHERE key = $1 RETURNING version) \
        INSERT INTO app_change (app, version) SELECT $1, version FROM changed \
        ON CONFLICT (app) DO UPDATE SET version = excluded.version, at = excluded.at RETURNING version";
    // Since a look that began at $1. It may have missed those of transactions that had not ended; none lasts for 3 minutes.
    APP_CHANGES = "SELECT c.app, c.version, extract(epoch FROM now())::float8 FROM (SELECT 1) always LEFT JOIN app_change c \
        ON c.at > coalesce(to_timestamp($1::float8), now()) - interval '3 minutes'";
    // A node that is out of touch for longer is not told of what it missed.
    APP_CHANGES_FORGET = "DELETE FROM app_change WHERE at < now() - interval '7 days'";

    ENDPOINT_BY_KEY = "SELECT e.key, e.app, e.uid, e.disabled, f.since, e.created, e.updated, e.config, e.sealed, \
            e.deleted, e.install, e.client, (SELECT c.hook FROM oauth_client c WHERE c.key = e.client) \
        FROM endpoint e LEFT JOIN failing f ON f.endpoint = e.key WHERE e.key = $1";
    ENDPOINT_BY_UID = "SELECT e.key, e.app, e.uid, e.disabled, f.since, e.created, e.updated, e.config, e.sealed, \
            e.deleted, e.install, e.client, (SELECT c.hook FROM oauth_client c WHERE c.key = e.client) \
        FROM endpoint e LEFT JOIN failing f ON f.endpoint = e.key \
        WHERE e.app = $1 AND e.uid = $2 AND NOT e.deleted";
    ENDPOINTS_OF_APPS = "SELECT e.key, e.app, e.uid, e.disabled, f.since, e.created, e.updated, e.config, e.sealed, \
            e.deleted, e.install, e.client, (SELECT c.hook FROM oauth_client c WHERE c.key = e.client) \
        FROM endpoint e LEFT JOIN failing f ON f.endpoint = e.key \
        WHERE e.app = ANY($1) AND NOT e.deleted ORDER BY e.app, e.key";
    ENDPOINTS_BY_KEYS = "SELECT e.key, e.app, e.uid, e.disabled, f.since, e.created, e.updated, e.config, e.sealed, \
            e.deleted, e.install, e.client, (SELECT c.hook FROM oauth_client c WHERE c.key = e.client) \
        FROM endpoint e LEFT JOIN failing f ON f.endpoint = e.key WHERE e.key = ANY($1)";
    ENDPOINT_INSERT = "INSERT INTO endpoint (key, app, uid, disabled, created, updated, config, sealed, install, client) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    ENDPOINT_UPDATE = "UPDATE endpoint SET uid = $2, disabled = $3, updated = $4, config = $5, sealed = $6, \
        disabled_at = CASE WHEN $3 THEN disabled_at END WHERE key = $1";
    ENDPOINTS_DELETE = "UPDATE endpoint e SET deleted = true, disabled_at = NULL, updated = $2, config = t.config, \
        sealed = '' FROM unnest($1::bigint[], $3::text[]) AS t (key, config) WHERE e.key = t.key";
    ENDPOINT_HOME = "SELECT app FROM endpoint WHERE key = $1 AND NOT deleted";
    ENDPOINTS_GONE = "SELECT key FROM endpoint WHERE app = $1 AND deleted";
    ENDPOINT_DISABLE = "UPDATE endpoint SET disabled = true, disabled_at = $2 WHERE key = $1 AND NOT disabled";
    ENDPOINTS_LIVE = "SELECT count(*) FROM endpoint WHERE NOT deleted";
    DISABLED_SINCE = "SELECT count(*) FROM endpoint WHERE disabled_at > $1";
    FAILING_REMOVE = "DELETE FROM failing WHERE endpoint = ANY($1)";

    EVENT_TYPE_GET = "SELECT name, description, archived, deprecated, schemas, group_name, feature_flags, created, \
        updated FROM event_type WHERE org = $1 AND name = $2";
    EVENT_TYPE_LOCKED = "SELECT name, description, archived, deprecated, schemas, group_name, feature_flags, created, \
        updated FROM event_type WHERE org = $1 AND name = $2 FOR UPDATE";
    EVENT_TYPE_PUT = "INSERT INTO event_type (org, name, description, archived, deprecated, schemas, group_name, \
            feature_flags, created, updated) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
        ON CONFLICT (org, name) DO UPDATE SET description = $3, archived = $4, deprecated = $5, schemas = $6, \
            group_name = $7, feature_flags = $8, created = $9, updated = $10";
    EVENT_TYPE_REMOVE = "DELETE FROM event_type WHERE org = $1 AND name = $2";
    EVENT_TYPES_LIVE = "SELECT name, feature_flags FROM event_type \
        WHERE org = $1 AND name = ANY($2) AND NOT archived";
}

walks! {
    APPS = "SELECT key, uid, name, throttle_rate, metadata, created, updated, org FROM app \
        WHERE org = $1 AND key > $2 AND key < $3 ORDER BY key", "$4";
    ENDPOINTS = "SELECT e.key, e.app, e.uid, e.disabled, f.since, e.created, e.updated, e.config, e.sealed, e.deleted, \
            e.install, e.client, (SELECT c.hook FROM oauth_client c WHERE c.key = e.client) \
        FROM endpoint e LEFT JOIN failing f ON f.endpoint = e.key \
        WHERE e.app = $1 AND NOT e.deleted AND e.key > $2 AND e.key < $3 ORDER BY e.key", "$4";
    EVENT_TYPES_AFTER = "SELECT name, description, archived, deprecated, schemas, group_name, feature_flags, created, \
        updated FROM event_type WHERE org = $1 AND name > $2 ORDER BY name", "$3";
    EVENT_TYPES_BEFORE = "SELECT name, description, archived, deprecated, schemas, group_name, feature_flags, created, \
        updated FROM event_type WHERE org = $1 AND name < $2 ORDER BY name", "$3";
}
