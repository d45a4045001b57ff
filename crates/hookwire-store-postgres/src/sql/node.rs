//! Statements about the schema, the nodes that share the database, and facts about it.

use super::statements;

statements! {
    SCHEMA_KNOWN = "SELECT to_regclass('hookwire_schema') IS NOT NULL";
    TABLES_OF_OTHERS = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')";
    SCHEMA_GET = "SELECT number, needs FROM hookwire_schema ORDER BY number DESC LIMIT 1";
    SERVER_VERSION_TEXT = "SELECT current_setting('server_version')";
    SERVER_VERSION = "SELECT current_setting('server_version_num')::integer";

    META_GET = "SELECT number FROM meta WHERE name = $1";
    META_BYTES = "SELECT bytes FROM meta WHERE name = $1";
    META_SET = "INSERT INTO meta (name, number) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET number = $2";
    META_SET_BYTES = "INSERT INTO meta (name, bytes) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";

    // Whoever enters takes the lock, so that no two take the same number.
    NODES_LOCK = "SELECT pg_advisory_xact_lock($1, 1)";
    // A number that was never used, or rested for an hour; when there is none, the one that rested longest.
    NODE_FREE = "SELECT number FROM ( \
            (SELECT number, 0 AS rank, heartbeat FROM node \
                WHERE incarnation = 0 AND heartbeat < clock_timestamp() - interval '1 hour' ORDER BY heartbeat LIMIT 1) \
            UNION ALL \
            (SELECT (coalesce(max(number), 0) + 1)::smallint, 1, NULL FROM node HAVING coalesce(max(number), 0) < 1023) \
            UNION ALL \
            (SELECT number, 2, heartbeat FROM node WHERE incarnation = 0 ORDER BY heartbeat LIMIT 1) \
        ) free ORDER BY rank LIMIT 1";
    NODE_ENTER = "INSERT INTO node (number, incarnation, heartbeat, key_high, name) \
        VALUES ($1, nextval('incarnation'), clock_timestamp(), $2, $3) \
        ON CONFLICT (number) DO UPDATE SET incarnation = excluded.incarnation, heartbeat = excluded.heartbeat, \
        key_high = greatest(node.key_high, $2), name = $3 RETURNING incarnation";
    NODE_KEY_HIGH = "SELECT max(key_high) FROM node";
    NODE_RAISE = "UPDATE node SET key_high = $2 WHERE number = $1 AND key_high < $2";
    NODE_BEAT = "UPDATE node SET heartbeat = clock_timestamp() WHERE number = $1 AND incarnation = $2";
    NODE_LEAVE = "WITH gone AS (UPDATE node SET incarnation = 0 WHERE number = $1 AND incarnation = $2 RETURNING 1) \
        INSERT INTO departed (incarnation) SELECT $2 FROM gone ON CONFLICT DO NOTHING";
    NODES_SILENT = "SELECT number, incarnation FROM node \
        WHERE incarnation <> 0 AND heartbeat < clock_timestamp() - make_interval(secs => $1::float8) ORDER BY number";
    // Its transactions hold the lock while they run: what it leased is all there when this has returned.
    NODE_LOCK = "SELECT pg_advisory_xact_lock($1, 1000 + $2::integer)";
    NODE_DEPART = "WITH gone AS (UPDATE node SET incarnation = 0 WHERE number = $1 AND incarnation = $2 \
            AND heartbeat < clock_timestamp() - make_interval(secs => $3::float8) RETURNING 1) \
        INSERT INTO departed (incarnation) SELECT $2 FROM gone ON CONFLICT DO NOTHING";
    NODES_DEPART = "WITH gone AS (UPDATE node SET incarnation = 0 FROM node seen WHERE seen.number = node.number \
            AND seen.incarnation <> 0 AND seen.heartbeat < clock_timestamp() - make_interval(secs => $1::float8) \
            RETURNING seen.incarnation) \
        INSERT INTO departed (incarnation) SELECT incarnation FROM gone ON CONFLICT DO NOTHING";
    NOTIFY = "SELECT pg_notify('hookwire', $1)";
    NODES = "SELECT number, name, extract(epoch FROM clock_timestamp() - heartbeat)::float8 FROM node \
        WHERE incarnation <> 0 ORDER BY number";
    DEPARTED = "SELECT incarnation FROM departed ORDER BY incarnation";
    DEPARTED_DONE = "DELETE FROM departed WHERE incarnation = ANY($1)";

    KEY_MAX_MESSAGE = "SELECT max(key) FROM message";
    KEY_MAX_APP = "SELECT max(key) FROM app";
    KEY_MAX_ENDPOINT = "SELECT max(key) FROM endpoint";
    KEY_MAX_TASK = "SELECT max(key) FROM task";
    KEY_MAX_INVOCATION = "SELECT max(key) FROM invocation";
    KEY_MAX_CLIENT = "SELECT max(key) FROM oauth_client";
    KEY_MAX_INSTALL = "SELECT max(key) FROM oauth_install";
}
