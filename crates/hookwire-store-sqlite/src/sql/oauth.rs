//! Statements about OAuth clients, installs, codes and tokens.

use super::{statements, walks};

statements! {
    CLIENT_GET = "SELECT c.key, c.owner, c.config, c.secret, c.hook, c.suspended, c.barred, c.created, c.updated, o.id \
        FROM oauth_client c CROSS JOIN org o ON o.key = c.org WHERE c.key = ?1 AND c.deleted = 0";
    CLIENTS_OF_OWNER = "SELECT count(*) FROM oauth_client INDEXED BY oauth_client_owner WHERE owner = ?1 AND deleted = 0";
    CLIENT_INSERT = "INSERT INTO oauth_client (key, org, owner, config, secret, hook, created, updated) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    CLIENT_UPDATE = "UPDATE oauth_client SET config = ?2, hook = ?3, suspended = ?4, barred = ?5, updated = ?6, \
        pending = max(pending, ?7), reached = CASE WHEN ?7 > 0 THEN 0 ELSE reached END WHERE key = ?1";
    CLIENT_DELETE = "UPDATE oauth_client SET deleted = 1, pending = 1, reached = 0 WHERE key = ?1 AND deleted = 0";
    CLIENTS_DELETE = "UPDATE oauth_client SET deleted = 1, pending = 1, reached = 0 \
        WHERE owner = ?1 AND deleted = 0 RETURNING key";
    CLIENT_REMOVE = "DELETE FROM oauth_client WHERE key = ?1";
    CLIENT_PENDING = "SELECT pending, reached, deleted FROM oauth_client WHERE key = ?1 AND pending <> 0";
    CLIENT_REACHED = "UPDATE oauth_client SET pending = ?2, reached = ?3 WHERE key = ?1";
    CLIENTS_PENDING = "SELECT key FROM oauth_client INDEXED BY oauth_client_pending \
        WHERE pending <> 0 ORDER BY key LIMIT 1";
    KEY_MAX_CLIENT = "SELECT max(key) FROM oauth_client";

    INSTALL_GET = "SELECT i.key, i.client, i.app, i.user, i.actor, i.scopes, i.events, i.granted, i.endpoint, \
        i.created, o.id, c.deleted FROM oauth_install i CROSS JOIN oauth_client c ON c.key = i.client \
        CROSS JOIN org o ON o.key = c.org WHERE i.key = ?1";
    INSTALL_OF_PAIR = "SELECT i.key, i.client, i.app, i.user, i.actor, i.scopes, i.events, i.granted, i.endpoint, \
        i.created, o.id, c.deleted FROM oauth_install i INDEXED BY oauth_install_pair \
        CROSS JOIN oauth_client c ON c.key = i.client CROSS JOIN org o ON o.key = c.org \
        WHERE i.client = ?1 AND i.app = ?2";
    INSTALLS_STEP = "SELECT i.key, i.client, i.app, i.user, i.actor, i.scopes, i.events, i.granted, i.endpoint, \
        i.created, o.id, c.deleted FROM oauth_install i INDEXED BY oauth_install_client \
        CROSS JOIN oauth_client c ON c.key = i.client CROSS JOIN org o ON o.key = c.org \
        WHERE i.client = ?1 AND i.key > ?2 ORDER BY i.key LIMIT ?3";
    INSTALL_INSERT = "INSERT INTO oauth_install \
        (key, client, app, user, actor, scopes, events, granted, endpoint, created) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    INSTALL_ENDPOINT = "UPDATE oauth_install SET endpoint = ?2 WHERE key = ?1";
    INSTALL_REMOVE = "DELETE FROM oauth_install WHERE key = ?1";
    INSTALL_KEYS_OF_APP = "SELECT key FROM oauth_install INDEXED BY oauth_install_app WHERE app = ?1";
    KEY_MAX_INSTALL = "SELECT max(key) FROM oauth_install";

    CODE_GET = "SELECT client, app, words, issued, expires, install FROM oauth_code WHERE digest = ?1";
    CODE_INSERT = "INSERT INTO oauth_code (digest, client, app, words, issued, expires) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    CODE_USED = "UPDATE oauth_code SET install = ?2 WHERE digest = ?1";
    CODES_BEYOND = "SELECT digest FROM oauth_code INDEXED BY oauth_code_unused \
        WHERE client = ?1 AND app = ?2 AND install IS NULL ORDER BY issued DESC LIMIT 100 OFFSET ?3";
    CODES_OF_APP = "DELETE FROM oauth_code WHERE app = ?1";
    CODES_UNUSED = "DELETE FROM oauth_code WHERE client = ?1 AND app = ?2 AND install IS NULL";
    CODES_EXPIRED = "SELECT digest FROM oauth_code INDEXED BY oauth_code_expires \
        WHERE expires <= ?1 ORDER BY expires LIMIT ?2";
    CODE_REMOVE = "DELETE FROM oauth_code WHERE digest = ?1";

    TOKEN_GET = "SELECT install, kind, used, scopes, issued, expires FROM oauth_token WHERE digest = ?1";
    TOKEN_INSERT = "INSERT INTO oauth_token (digest, install, kind, used, scopes, issued, expires) \
        VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6)";
    TOKEN_FAMILY = "INSERT OR REPLACE INTO oauth_token (digest, install, kind, used, scopes, issued, expires) \
        VALUES (?1, ?2, 2, 1, NULL, ?3, ?4)";
    TOKEN_USED = "UPDATE oauth_token SET used = 1 WHERE digest = ?1";
    TOKENS_OF_INSTALL = "DELETE FROM oauth_token WHERE install = ?1";
    TOKENS_BEYOND = "SELECT digest FROM oauth_token INDEXED BY oauth_token_install \
        WHERE install = ?1 AND kind = ?2 AND used = ?3 ORDER BY issued DESC LIMIT 100 OFFSET ?4";
    TOKENS_EXPIRED = "SELECT digest FROM oauth_token INDEXED BY oauth_token_expires \
        WHERE expires <= ?1 ORDER BY expires LIMIT ?2";
    TOKEN_REMOVE = "DELETE FROM oauth_token WHERE digest = ?1";
}

walks! {
    CLIENTS = "SELECT c.key, c.owner, c.config, c.secret, c.hook, c.suspended, c.barred, c.created, c.updated \
        FROM oauth_client c INDEXED BY oauth_client_owner \
        WHERE c.owner = ?1 AND c.deleted = 0 AND c.key > ?2 AND c.key < ?3 ORDER BY c.key";
    INSTALLS_OF_APP = "SELECT i.key, i.client, i.app, i.user, i.actor, i.scopes, i.events, i.granted, i.endpoint, \
        i.created, o.id, c.deleted FROM oauth_install i INDEXED BY oauth_install_app \
        CROSS JOIN oauth_client c ON c.key = i.client CROSS JOIN org o ON o.key = c.org \
        WHERE i.app = ?1 AND i.key > ?2 AND i.key < ?3 ORDER BY i.key";
    INSTALLS_OF_CLIENT = "SELECT i.key, i.client, i.app, i.user, i.actor, i.scopes, i.events, i.granted, i.endpoint, \
        i.created, o.id, c.deleted FROM oauth_install i INDEXED BY oauth_install_client \
        CROSS JOIN oauth_client c ON c.key = i.client CROSS JOIN org o ON o.key = c.org \
        WHERE i.client = ?1 AND i.key > ?2 AND i.key < ?3 ORDER BY i.key";
}
