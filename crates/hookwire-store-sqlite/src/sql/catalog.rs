//! Statements about orgs, apps, endpoints and event types.

use super::{statements, walks};

statements! {
    META_GET = "SELECT value FROM meta WHERE name = ?1";
    META_SET = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
    META_RAISE = "INSERT INTO meta (name, value) VALUES (?1, ?2) \
        ON CONFLICT (name) DO UPDATE SET value = ?2 WHERE value < ?2";

    ORG_BY_ID = "SELECT key, profile FROM org WHERE id = ?1";
    ORG_BY_KEY = "SELECT id, profile FROM org WHERE key = ?1";
    ORG_PROFILE = "UPDATE org SET profile = ?2 WHERE key = ?1";
    ORG_INSERT = "INSERT INTO org (id) VALUES (?1)";

    APP_BY_KEY = "SELECT key, uid, name, throttle_rate, metadata, created, updated, org FROM app \
        WHERE key = ?1 AND deleted = 0";
    APP_BY_UID = "SELECT key, uid, name, throttle_rate, metadata, created, updated, org FROM app \
        WHERE org = ?1 AND uid = ?2 AND deleted = 0";
    APP_INSERT = "INSERT INTO app (key, org, uid, name, throttle_rate, metadata, created, updated) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    APP_UPDATE = "UPDATE app SET uid = ?2, name = ?3, throttle_rate = ?4, metadata = ?5, updated = ?6 WHERE key = ?1";
    APP_DELETE = "DELETE FROM app WHERE key = ?1";

    ENDPOINT_BY_KEY = "SELECT key, app, uid, disabled, failing_since, created, updated, config, sealed, deleted, \
        install, client, (SELECT c.hook FROM oauth_client c WHERE c.key = endpoint.client) \
        FROM endpoint WHERE key = ?1";
    ENDPOINT_BY_UID = "SELECT key, app, uid, disabled, failing_since, created, updated, config, sealed, deleted, \
        install, client, (SELECT c.hook FROM oauth_client c WHERE c.key = endpoint.client) \
        FROM endpoint WHERE app = ?1 AND uid = ?2 AND deleted = 0";
    ENDPOINTS_OF_APP = "SELECT key, app, uid, disabled, failing_since, created, updated, config, sealed, deleted, \
        install, client, (SELECT c.hook FROM oauth_client c WHERE c.key = endpoint.client) \
        FROM endpoint WHERE app = ?1 AND deleted = 0 ORDER BY key";
    ENDPOINT_INSERT = "INSERT INTO endpoint \
        (key, app, uid, disabled, failing_since, created, updated, config, sealed, install, client) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    ENDPOINT_UPDATE = "UPDATE endpoint SET uid = ?2, disabled = ?3, failing_since = ?4, updated = ?5, config = ?6, \
        sealed = ?7, disabled_at = CASE WHEN ?3 THEN disabled_at END WHERE key = ?1";
    ENDPOINT_DELETE = "UPDATE endpoint SET deleted = 1, disabled_at = NULL, updated = ?2, config = ?3, sealed = x'' \
        WHERE key = ?1";
    ENDPOINT_HOME = "SELECT app FROM endpoint WHERE key = ?1 AND deleted = 0";
    ENDPOINT_STATE = "SELECT disabled, deleted FROM endpoint WHERE key = ?1";
    ENDPOINT_FAILING = "UPDATE endpoint SET failing_since = ?2 WHERE key = ?1 AND deleted = 0";
    ENDPOINT_DISABLE = "UPDATE endpoint SET disabled = 1, disabled_at = ?2 WHERE key = ?1";
    ENDPOINTS_LIVE = "SELECT count(*) FROM endpoint INDEXED BY endpoint_app WHERE deleted = 0";
    DISABLED_SINCE = "SELECT count(*) FROM endpoint INDEXED BY endpoint_disabled_at WHERE disabled_at > ?1";

    EVENT_TYPE_GET = "SELECT name, description, archived, deprecated, schemas, group_name, feature_flags, created, \
        updated FROM event_type WHERE org = ?1 AND name = ?2";
    EVENT_TYPE_PUT = "INSERT OR REPLACE INTO event_type (org, name, description, archived, deprecated, schemas, \
        group_name, feature_flags, created, updated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    EVENT_TYPE_REMOVE = "DELETE FROM event_type WHERE org = ?1 AND name = ?2";
    EVENT_TYPE_LIVE = "SELECT feature_flags FROM event_type WHERE org = ?1 AND name = ?2 AND archived = 0";
}

walks! {
    APPS = "SELECT key, uid, name, throttle_rate, metadata, created, updated, org FROM app INDEXED BY app_org \
        WHERE org = ?1 AND deleted = 0 AND key > ?2 AND key < ?3 ORDER BY key";
    ENDPOINTS = "SELECT key, app, uid, disabled, failing_since, created, updated, config, sealed, deleted, \
        install, client, (SELECT c.hook FROM oauth_client c WHERE c.key = endpoint.client) \
        FROM endpoint INDEXED BY endpoint_app WHERE app = ?1 AND deleted = 0 AND key > ?2 AND key < ?3 ORDER BY key";
    EVENT_TYPES_AFTER = "SELECT name, description, archived, deprecated, schemas, group_name, feature_flags, created, \
        updated FROM event_type WHERE org = ?1 AND name > ?2 ORDER BY name";
    EVENT_TYPES_BEFORE = "SELECT name, description, archived, deprecated, schemas, group_name, feature_flags, created, \
        updated FROM event_type WHERE org = ?1 AND name < ?2 ORDER BY name";
}
