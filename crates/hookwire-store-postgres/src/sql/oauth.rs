//! Statements about OAuth clients, installs, codes and tokens.

use super::{statements, walks};

statements! {
    CLIENT_GET = "SELECT c.key, c.owner, c.config, c.secret, c.hook, c.suspended, c.barred, c.created, c.updated, o.id \
        FROM oauth_client c JOIN org o ON o.key = c.org WHERE c.key = $1 AND NOT c.deleted";
    CLIENT_LOCK = "SELECT 1 FROM oauth_client WHERE key = $1 FOR UPDATE";
    CLIENTS_OF_OWNER = "SELECT count(*) FROM oauth_client WHERE owner = $1 AND NOT deleted";
    CLIENT_INSERT = "INSERT INTO oauth_client (key, org, owner, config, secret, hook, created, updated) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    CLIENT_UPDATE = "UPDATE oauth_client SET config = $2, hook = $3, suspended = $4, barred = $5, updated = $6, \
        pending = greatest(pending, $7), reached = 0 WHERE key = $1";
    // Everybody who remembers one of its endpoints must load it anew.
    CLIENT_APPS_CHANGED = "WITH changed AS (UPDATE app SET version = version + 1 \
                WHERE key IN (SELECT app FROM oauth_install WHERE client = $1 AND endpoint IS NOT NULL) \
                RETURNING key, version), \
            noted AS (INSERT INTO app_change (app, version) SELECT key, version FROM changed ORDER BY key \
                ON CONFLICT (app) DO UPDATE SET version = excluded.version, at = excluded.at) \
        SELECT key, version FROM changed";
    CLIENT_DELETE = "UPDATE oauth_client SET deleted = true, pending = 1, reached = 0 WHERE key = $1 AND NOT deleted";
    CLIENTS_DELETE = "UPDATE oauth_client SET deleted = true, pending = 1, reached = 0 \
        WHERE owner = $1 AND NOT deleted RETURNING key";
    CLIENT_REMOVE = "DELETE FROM oauth_client WHERE key = $1";
    CLIENT_PENDING = "SELECT pending, reached, deleted FROM oauth_client WHERE key = $1 AND pending <> 0 FOR UPDATE";
    CLIENT_REACHED = "UPDATE oauth_client SET pending = $2, reached = $3 WHERE key = $1";
    CLIENTS_PENDING = "SELECT key FROM oauth_client WHERE pending <> 0 ORDER BY key LIMIT 1";

    INSTALL_GET = "SELECT i.key, i.client, i.app, i.consented_by, i.actor, i.scopes, i.events, i.granted, i.endpoint, \
        i.created, o.id, c.deleted FROM oauth_install i JOIN oauth_client c ON c.key = i.client \
        JOIN org o ON o.key = c.org WHERE i.key = $1";
    INSTALL_OF_PAIR = "SELECT i.key, i.client, i.app, i.consented_by, i.actor, i.scopes, i.events, i.granted, \
        i.endpoint, i.created, o.id, c.deleted FROM oauth_install i JOIN oauth_client c ON c.key = i.client \
        JOIN org o ON o.key = c.org WHERE i.client = $1 AND i.app = $2";
    INSTALLS_STEP = "SELECT i.key, i.client, i.app, i.consented_by, i.actor, i.scopes, i.events, i.granted, i.endpoint, \
        i.created, o.id, c.deleted FROM oauth_install i JOIN oauth_client c ON c.key = i.client \
        JOIN org o ON o.key = c.org WHERE i.client = $1 AND i.key > $2 ORDER BY i.key LIMIT $3";
    INSTALL_INSERT = "INSERT INTO oauth_install \
        (key, client, app, consented_by, actor, scopes, events, granted, endpoint, created) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, $9)";
    INSTALL_ENDPOINT = "UPDATE oauth_install SET endpoint = $2 WHERE key = $1";
    INSTALL_REMOVE = "DELETE FROM oauth_install WHERE key = $1";
    INSTALL_KEYS_OF_APP = "SELECT key FROM oauth_install WHERE app = $1";

    CODE_GET = "SELECT client, app, words, issued, expires, install FROM oauth_code WHERE digest = $1 FOR UPDATE";
    CODE_INSERT = "INSERT INTO oauth_code (digest, client, app, words, issued, expires) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    CODE_USED = "UPDATE oauth_code SET install = $2 WHERE digest = $1";
    CODES_BEYOND = "DELETE FROM oauth_code WHERE digest IN (SELECT digest FROM oauth_code \
        WHERE client = $1 AND app = $2 AND install IS NULL ORDER BY issued DESC OFFSET $3)";
    CODES_OF_APP = "DELETE FROM oauth_code WHERE app = $1";
    CODES_UNUSED = "DELETE FROM oauth_code WHERE client = $1 AND app = $2 AND install IS NULL";
    CODES_EXPIRED = "DELETE FROM oauth_code WHERE digest IN \
        (SELECT digest FROM oauth_code WHERE expires <= $1 ORDER BY expires LIMIT $2)";

    TOKEN_GET = "SELECT install, kind, used, scopes, issued, expires FROM oauth_token WHERE digest = $1";
    TOKEN_LOCK = "SELECT install, kind, used, scopes, issued, expires FROM oauth_token WHERE digest = $1 FOR UPDATE";
    TOKEN_INSERT = "INSERT INTO oauth_token (digest, install, kind, scopes, issued, expires) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    TOKEN_FAMILY = "INSERT INTO oauth_token (digest, install, kind, used, scopes, issued, expires) \
        VALUES ($1, $2, 2, true, NULL, $3, $4) \
        ON CONFLICT (digest) DO UPDATE SET issued = excluded.issued, expires = excluded.expires";
    TOKEN_USED = "UPDATE oauth_token SET used = true WHERE digest = $1";
    TOKENS_OF_INSTALL = "DELETE FROM oauth_token WHERE install = $1";
    TOKENS_BEYOND = "DELETE FROM oauth_token WHERE digest IN (SELECT digest FROM oauth_token \
        WHERE install = $1 AND kind = $2 AND used = $3 ORDER BY issued DESC OFFSET $4)";
    TOKENS_EXPIRED = "DELETE FROM oauth_token WHERE digest IN \
        (SELECT digest FROM oauth_token WHERE expires <= $1 ORDER BY expires LIMIT $2)";
}

walks! {
    CLIENTS = "SELECT c.key, c.owner, c.config, c.secret, c.hook, c.suspended, c.barred, c.created, c.updated \
        FROM oauth_client c WHERE c.owner = $1 AND NOT c.deleted AND c.key > $2 AND c.key < $3 ORDER BY c.key", "$4";
    INSTALLS_OF_APP = "SELECT i.key, i.client, i.app, i.consented_by, i.actor, i.scopes, i.events, i.granted, \
        i.endpoint, i.created, o.id, c.deleted FROM oauth_install i JOIN oauth_client c ON c.key = i.client \
        JOIN org o ON o.key = c.org WHERE i.app = $1 AND i.key > $2 AND i.key < $3 ORDER BY i.key", "$4";
    INSTALLS_OF_CLIENT = "SELECT i.key, i.client, i.app, i.consented_by, i.actor, i.scopes, i.events, i.granted, \
        i.endpoint, i.created, o.id, c.deleted FROM oauth_install i JOIN oauth_client c ON c.key = i.client \
        JOIN org o ON o.key = c.org WHERE i.client = $1 AND i.key > $2 AND i.key < $3 ORDER BY i.key", "$4";
}
