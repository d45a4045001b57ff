-- Keys are 63-bit numbers that grow with time (see core::id); times are microseconds since the Unix epoch. Only what
-- nodes tell each other about being alive goes by the clock of the database.

-- Facts about the database: canary (bytes); key_high, payload_retention, sweep_barrier, sweep_payload, ping (numbers).
CREATE TABLE meta (name text PRIMARY KEY, number bigint, bytes bytea);

-- Nodes by the number that is in their keys. incarnation: the number of a node's opening of the database, 0 once it is
-- dead or gone. key_high: no key that the number brought forth lies above it by more than a mark's step.
CREATE SEQUENCE incarnation;
CREATE TABLE node (
    number smallint PRIMARY KEY,
    incarnation bigint NOT NULL,
    heartbeat timestamptz NOT NULL,
    key_high bigint NOT NULL DEFAULT 0,
    name text NOT NULL
) WITH (fillfactor = 20);
-- Incarnations that ended, and may have left leases behind.
CREATE TABLE departed (incarnation bigint PRIMARY KEY);

CREATE TABLE org (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    profile text
);

-- version: grows with every change of the app or of one of its endpoints.
CREATE TABLE app (
    key bigint PRIMARY KEY,
    org bigint NOT NULL,
    uid text,
    name text NOT NULL,
    throttle_rate integer,
    metadata text,
    created bigint NOT NULL,
    updated bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX app_uid ON app (org, uid) WHERE uid IS NOT NULL;
CREATE INDEX app_org ON app (org, key);
-- Apps that were changed or deleted of late, for nodes that remember them. The version of a deleted one is 0.
CREATE TABLE app_change (
    app bigint PRIMARY KEY,
    version bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX app_change_at ON app_change (at);

-- sealed: the URL (it may hold a password), the custom headers and the signing secrets, encrypted for this row; empty
-- once it is deleted. disabled_at: when Hookwire itself turned the endpoint off.
CREATE TABLE endpoint (
    key bigint PRIMARY KEY,
    app bigint NOT NULL,
    uid text,
    disabled boolean NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    disabled_at bigint,
    created bigint NOT NULL,
    updated bigint NOT NULL,
    config text NOT NULL,
    sealed bytea NOT NULL,
    -- What manages it; NULL = people do. Then sealed is empty: what would be there is the client's.
    install bigint,
    client bigint
);
CREATE UNIQUE INDEX endpoint_uid ON endpoint (app, uid) WHERE NOT deleted AND uid IS NOT NULL;
CREATE INDEX endpoint_app ON endpoint (app, key) WHERE NOT deleted;
CREATE INDEX endpoint_disabled_at ON endpoint (disabled_at) WHERE disabled_at IS NOT NULL;
CREATE INDEX endpoint_deleted ON endpoint (key) WHERE deleted;
CREATE INDEX endpoint_gone ON endpoint (app) WHERE deleted;

-- Endpoints to which nothing got through since then. One that works has no row, so that it writes nothing.
CREATE TABLE failing (endpoint bigint PRIMARY KEY, since bigint NOT NULL);
-- Deleted endpoints whose pending deliveries are still to be cancelled.
CREATE TABLE removal (endpoint bigint PRIMARY KEY);
-- When the next delivery of a throttled endpoint or app may be leased. subject: the key of either.
CREATE TABLE throttle (subject bigint PRIMARY KEY, free_at bigint NOT NULL) WITH (fillfactor = 50);

CREATE TABLE event_type (
    org bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    description text NOT NULL,
    archived boolean NOT NULL,
    deprecated boolean NOT NULL,
    schemas text,
    group_name text,
    feature_flags text,
    created bigint NOT NULL,
    updated bigint NOT NULL,
    PRIMARY KEY (org, name)
);

-- channels, tags: names with a space between them; NULL = none. endpoints: to whom it was owed, eight bytes
-- each. short_lived: its payload goes by the index below; the others go in the order of their keys.
CREATE TABLE message (
    key bigint NOT NULL,
    app bigint NOT NULL,
    created bigint NOT NULL,
    deliver_at bigint,
    payload_expires bigint NOT NULL,
    short_lived boolean NOT NULL,
    event_type text COLLATE "C" NOT NULL,
    event_id text COLLATE "C",
    channels text,
    tags text,
    raw_type text,
    payload bytea,
    raw bytea,
    endpoints bytea NOT NULL,
    PRIMARY KEY (key)
) PARTITION BY RANGE (key);
CREATE INDEX message_app ON message (app, key);
CREATE INDEX message_type ON message (app, event_type, key);
CREATE INDEX message_expiry ON message (payload_expires) WHERE short_lived;

-- The client's own ids of messages: unique in their app, which an index over partitions can't see to.
CREATE TABLE event_id (
    app bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    message bigint NOT NULL,
    PRIMARY KEY (app, id)
);
CREATE INDEX event_id_message ON event_id (message);

-- kind: 0 = a channel, 1 = a tag.
CREATE TABLE label (
    message bigint NOT NULL,
    app bigint NOT NULL,
    kind smallint NOT NULL,
    label text COLLATE "C" NOT NULL,
    PRIMARY KEY (app, kind, label, message)
) PARTITION BY RANGE (message);

-- Deliveries that are not settled; nothing else, so that it stays small. leased: the incarnation that leased it, 0 = none.
-- due stays when the next attempt is due; the lease ends at lease_until.
CREATE TABLE queue (
    endpoint bigint NOT NULL,
    message bigint NOT NULL,
    app bigint NOT NULL,
    due bigint NOT NULL,
    lease_until bigint NOT NULL,
    leased bigint NOT NULL,
    fence bigint NOT NULL,
    resume_at bigint,
    attempts integer NOT NULL,
    trigger smallint NOT NULL,
    PRIMARY KEY (endpoint, message)
) WITH (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_insert_threshold = -1,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.5,
    vacuum_truncate = false
);
-- A delivery that is leased on ingest and then delivered never enters it.
CREATE INDEX queue_due ON queue (endpoint, due, message) WHERE leased = 0;

-- Settled deliveries.
CREATE TABLE delivery (
    endpoint bigint NOT NULL,
    message bigint NOT NULL,
    app bigint NOT NULL,
    fence bigint NOT NULL,
    due bigint NOT NULL,
    attempts integer NOT NULL,
    state smallint NOT NULL,
    PRIMARY KEY (endpoint, message)
) PARTITION BY RANGE (message);
CREATE INDEX delivery_failed ON delivery (endpoint, message) WHERE state IN (2, 3);

CREATE TABLE attempt (
    message bigint NOT NULL,
    key bigint NOT NULL,
    endpoint bigint NOT NULL,
    app bigint NOT NULL,
    at bigint NOT NULL,
    total_us bigint NOT NULL,
    resolve_us bigint,
    connect_us bigint,
    tls_us bigint,
    first_byte_us bigint,
    code integer NOT NULL,
    status smallint NOT NULL,
    trigger smallint NOT NULL,
    url text NOT NULL,
    response text NOT NULL,
    error text,
    request text,
    PRIMARY KEY (message, key)
) PARTITION BY RANGE (key);
CREATE INDEX attempt_endpoint ON attempt (endpoint, key);
CREATE INDEX attempt_failed ON attempt (endpoint, key) WHERE status = 1;

-- slot: who counted, a number of its own for each connection that does, so that nobody waits for a sum.
CREATE TABLE endpoint_hour (
    endpoint bigint NOT NULL,
    hour bigint NOT NULL,
    slot integer NOT NULL,
    succeeded bigint NOT NULL,
    failed bigint NOT NULL,
    canceled bigint NOT NULL,
    PRIMARY KEY (endpoint, hour, slot)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX endpoint_hour_hour ON endpoint_hour (hour);

-- message: what the request made; status and answer: what it was told. All NULL = under way.
CREATE TABLE request (
    key bytea PRIMARY KEY,
    body bytea NOT NULL,
    at bigint NOT NULL,
    message bigint,
    status integer,
    answer bytea
);
CREATE INDEX request_at ON request (at);

CREATE TABLE task (
    key bigint PRIMARY KEY,
    org bigint NOT NULL,
    app bigint NOT NULL,
    endpoint bigint NOT NULL,
    kind text NOT NULL,
    since bigint NOT NULL,
    until bigint NOT NULL,
    status text NOT NULL,
    queued bigint NOT NULL,
    cursor bigint NOT NULL,
    updated bigint NOT NULL
);
CREATE INDEX task_org ON task (org, key);
CREATE INDEX task_running ON task (key) WHERE status = 'running';

-- The one delivery of a first-in-first-out endpoint that may be leased until it is settled for good.
CREATE TABLE fifo_head (endpoint bigint PRIMARY KEY, message bigint NOT NULL);
-- What was leased when the endpoint was put in order: all of it is waited for.
CREATE TABLE fifo_before (endpoint bigint NOT NULL, message bigint NOT NULL, PRIMARY KEY (endpoint, message));
-- The latest message whose delivery to the endpoint was removed by its log limit.
CREATE TABLE log_floor (endpoint bigint PRIMARY KEY, message bigint NOT NULL);

-- config: what clients may see; sealed: URL, header values, TLS identity and templates, encrypted for this row.
CREATE TABLE registered_trigger (
    app bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    config text NOT NULL,
    sealed bytea NOT NULL,
    created bigint NOT NULL,
    updated bigint NOT NULL,
    PRIMARY KEY (app, id)
);

-- root: the key of the invocation that began the chain. duration_us and what follows it: NULL while under way.
CREATE TABLE invocation (
    key bigint PRIMARY KEY,
    app bigint NOT NULL,
    trigger_id text COLLATE "C" NOT NULL,
    root bigint NOT NULL,
    caller text NOT NULL,
    at bigint NOT NULL,
    request_bytes bigint NOT NULL,
    duration_us bigint,
    status integer,
    succeeded boolean,
    error text,
    response_bytes bigint,
    response text
);
CREATE INDEX invocation_app ON invocation (app, key);
CREATE INDEX invocation_root_app ON invocation (app, key) WHERE root = key;
CREATE INDEX invocation_trigger ON invocation (app, trigger_id, key);
CREATE INDEX invocation_root ON invocation (root, key);

-- App webhooks over OAuth. config: what anybody may see, as JSON. secret: the digest of the client's secret; NULL = a public
-- client. hook: the name, the webhook URL and the signing secrets, encrypted for this row; the endpoints of its installs
-- have theirs from here. pending: installs are to be brought in step, those above reached: 0 = none, 1 = yes, 2 = and
-- turned on if they were turned off. deleted: the row stays until the last install has gone.
CREATE TABLE oauth_client (
    key bigint PRIMARY KEY,
    org bigint NOT NULL,
    owner bigint NOT NULL,
    config text NOT NULL,
    secret bytea,
    hook bytea NOT NULL,
    suspended boolean NOT NULL DEFAULT false,
    barred boolean NOT NULL DEFAULT false,
    deleted boolean NOT NULL DEFAULT false,
    pending integer NOT NULL DEFAULT 0,
    reached bigint NOT NULL DEFAULT 0,
    created bigint NOT NULL,
    updated bigint NOT NULL
);
CREATE INDEX oauth_client_owner ON oauth_client (owner, key) WHERE NOT deleted;
CREATE INDEX oauth_client_pending ON oauth_client (key) WHERE pending <> 0;

-- scopes, events: names with a space between them; NULL = none. consented_by: who consented.
CREATE TABLE oauth_install (
    key bigint PRIMARY KEY,
    client bigint NOT NULL,
    app bigint NOT NULL,
    consented_by text NOT NULL,
    actor text NOT NULL,
    scopes text,
    events text,
    granted bigint NOT NULL,
    endpoint bigint,
    created bigint NOT NULL
);
CREATE UNIQUE INDEX oauth_install_pair ON oauth_install (client, app);
CREATE INDEX oauth_install_client ON oauth_install (client, key);
CREATE INDEX oauth_install_app ON oauth_install (app, key);

-- install: what came of it; NULL = not redeemed.
CREATE TABLE oauth_code (
    digest bytea PRIMARY KEY,
    client bigint NOT NULL,
    app bigint NOT NULL,
    words text NOT NULL,
    issued bigint NOT NULL,
    expires bigint NOT NULL,
    install bigint
);
CREATE INDEX oauth_code_unused ON oauth_code (client, app, issued) WHERE install IS NULL;
CREATE INDEX oauth_code_app ON oauth_code (app);
CREATE INDEX oauth_code_expires ON oauth_code (expires);

-- kind: 0 = access, 1 = refresh. used: a refresh token in whose place new ones came.
CREATE TABLE oauth_token (
    digest bytea PRIMARY KEY,
    install bigint NOT NULL,
    kind smallint NOT NULL,
    used boolean NOT NULL DEFAULT false,
    scopes text,
    issued bigint NOT NULL,
    expires bigint NOT NULL
);
CREATE INDEX oauth_token_install ON oauth_token (install, kind, used, issued);
CREATE INDEX oauth_token_expires ON oauth_token (expires);

-- While an ANALYZE reads, no dead row can be removed from the queue: of what grows it reads 900 pages, not 30,000.
-- Partitions are told so when they are made.
ALTER TABLE queue ALTER endpoint SET STATISTICS 3, ALTER message SET STATISTICS 3, ALTER app SET STATISTICS 3,
    ALTER due SET STATISTICS 3, ALTER lease_until SET STATISTICS 3, ALTER leased SET STATISTICS 3,
    ALTER fence SET STATISTICS 3, ALTER resume_at SET STATISTICS 3, ALTER attempts SET STATISTICS 3,
    ALTER trigger SET STATISTICS 3;
ALTER TABLE event_id ALTER app SET STATISTICS 3, ALTER id SET STATISTICS 3, ALTER message SET STATISTICS 3;
ALTER TABLE request ALTER key SET STATISTICS 3, ALTER body SET STATISTICS 3, ALTER at SET STATISTICS 3,
    ALTER message SET STATISTICS 3, ALTER status SET STATISTICS 3, ALTER answer SET STATISTICS 3;
ALTER TABLE endpoint_hour ALTER endpoint SET STATISTICS 3, ALTER hour SET STATISTICS 3, ALTER slot SET STATISTICS 3,
    ALTER succeeded SET STATISTICS 3, ALTER failed SET STATISTICS 3, ALTER canceled SET STATISTICS 3;
ALTER TABLE invocation ALTER key SET STATISTICS 3, ALTER app SET STATISTICS 3, ALTER trigger_id SET STATISTICS 3,
    ALTER root SET STATISTICS 3, ALTER caller SET STATISTICS 3, ALTER at SET STATISTICS 3,
    ALTER request_bytes SET STATISTICS 3, ALTER duration_us SET STATISTICS 3, ALTER status SET STATISTICS 3,
    ALTER succeeded SET STATISTICS 3, ALTER error SET STATISTICS 3, ALTER response_bytes SET STATISTICS 3,
    ALTER response SET STATISTICS 3;

-- Whether messages may still be written as they were planned: shares these advisory locks (space, lock), in the order of
-- the array, to the end of the transaction, and then looks whether each app has the version it had, and the node still
-- lives. Each statement in here has a new snapshot, so it sees what a lock was waited for, though the caller's statement
-- began before.
CREATE FUNCTION may_accept(
    space integer, locks integer[], apps bigint[], versions bigint[], node smallint, incarnation bigint
)
    RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(space, l.lock) FROM unnest(locks) AS l (lock);
    RETURN (SELECT count(*) = cardinality(apps) FROM unnest(apps, versions) AS p (app, version)
            JOIN app a ON a.key = p.app AND a.version = p.version)
        AND EXISTS (SELECT 1 FROM node n
            WHERE n.number = may_accept.node AND n.incarnation = may_accept.incarnation);
END $$;
