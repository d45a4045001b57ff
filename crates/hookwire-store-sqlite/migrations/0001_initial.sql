-- Keys are 63-bit numbers that grow with time (see core::id); times are microseconds since the Unix epoch.

-- Facts about the file itself: canary, epoch, lease_floor, attempt_high, payload_retention, sweep_barrier.
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;

CREATE TABLE org (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);

CREATE TABLE app (
    key INTEGER PRIMARY KEY,
    org INTEGER NOT NULL,
    uid TEXT,
    name TEXT NOT NULL,
    throttle_rate INTEGER,
    metadata TEXT,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX app_uid ON app (org, uid) WHERE deleted = 0 AND uid IS NOT NULL;
CREATE INDEX app_org ON app (org) WHERE deleted = 0;

-- sealed: the URL (it may hold a password), the custom headers and the signing secrets, encrypted for this row.
-- disabled_at: when Hookwire itself turned the endpoint off.
CREATE TABLE endpoint (
    key INTEGER PRIMARY KEY,
    app INTEGER NOT NULL,
    uid TEXT,
    disabled INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    disabled_at INTEGER,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    config TEXT NOT NULL,
    sealed BLOB NOT NULL
);
CREATE UNIQUE INDEX endpoint_uid ON endpoint (app, uid) WHERE deleted = 0 AND uid IS NOT NULL;
CREATE INDEX endpoint_app ON endpoint (app) WHERE deleted = 0;
CREATE INDEX endpoint_disabled_at ON endpoint (disabled_at) WHERE disabled_at IS NOT NULL;

-- Deleted endpoints whose pending deliveries are still to be cancelled.
CREATE TABLE removal (endpoint INTEGER PRIMARY KEY);

CREATE TABLE event_type (
    org INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    archived INTEGER NOT NULL,
    deprecated INTEGER NOT NULL,
    schemas TEXT,
    group_name TEXT,
    feature_flags TEXT,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    PRIMARY KEY (org, name)
) WITHOUT ROWID;

-- channels, tags: names with a space between them; NULL = none. short_lived: its payload goes by the index below;
-- the others go in the order of their keys, so that most messages need no entry there.
CREATE TABLE message (
    key INTEGER PRIMARY KEY,
    app INTEGER NOT NULL,
    event_type TEXT NOT NULL,
    event_id TEXT,
    channels TEXT,
    tags TEXT,
    created INTEGER NOT NULL,
    deliver_at INTEGER,
    payload_expires INTEGER NOT NULL,
    short_lived INTEGER NOT NULL,
    raw_type TEXT,
    payload BLOB,
    raw BLOB
);
CREATE INDEX message_app ON message (app);
CREATE INDEX message_type ON message (app, event_type);
CREATE UNIQUE INDEX message_event_id ON message (app, event_id) WHERE event_id IS NOT NULL;
CREATE INDEX message_expiry ON message (payload_expires) WHERE short_lived = 1;

CREATE TABLE message_channel (
    app INTEGER NOT NULL, channel TEXT NOT NULL, message INTEGER NOT NULL,
    PRIMARY KEY (app, channel, message)
) WITHOUT ROWID;
CREATE TABLE message_tag (
    app INTEGER NOT NULL, tag TEXT NOT NULL, message INTEGER NOT NULL,
    PRIMARY KEY (app, tag, message)
) WITHOUT ROWID;

-- leased: 0 = no; otherwise the epoch (the number of the store's openings) in which it was, negative when by a claim.
-- A lease of an earlier epoch is void. due stays when the next attempt is due; the lease ends at lease_until.
CREATE TABLE delivery (
    message INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    app INTEGER NOT NULL,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    leased INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    trigger INTEGER NOT NULL,
    resume_at INTEGER,
    PRIMARY KEY (message, endpoint)
) WITHOUT ROWID;
CREATE INDEX delivery_endpoint ON delivery (endpoint, message);
-- A delivery that is leased on ingest and then delivered never enters the next three.
CREATE INDEX delivery_queue ON delivery (endpoint, due, message, attempts) WHERE state = 0 AND leased = 0;
CREATE INDEX delivery_claimed ON delivery (endpoint, message, attempts) WHERE state = 0 AND leased < 0;
CREATE INDEX delivery_failed ON delivery (endpoint, message) WHERE state IN (2, 3);

CREATE TABLE attempt (
    message INTEGER NOT NULL,
    key INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    app INTEGER NOT NULL,
    at INTEGER NOT NULL,
    url TEXT NOT NULL,
    status INTEGER NOT NULL,
    trigger INTEGER NOT NULL,
    code INTEGER NOT NULL,
    response TEXT NOT NULL,
    error TEXT,
    resolve_us INTEGER,
    connect_us INTEGER,
    tls_us INTEGER,
    first_byte_us INTEGER,
    total_us INTEGER NOT NULL,
    PRIMARY KEY (message, key)
) WITHOUT ROWID;
CREATE INDEX attempt_endpoint ON attempt (endpoint, key);
CREATE INDEX attempt_failed ON attempt (endpoint, key) WHERE status = 1;

CREATE TABLE endpoint_hour (
    endpoint INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    succeeded INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    canceled INTEGER NOT NULL,
    PRIMARY KEY (endpoint, hour)
) WITHOUT ROWID;

-- message: what the request made; status and answer: what it was told. All NULL = under way.
CREATE TABLE request (
    key BLOB PRIMARY KEY,
    body BLOB NOT NULL,
    at INTEGER NOT NULL,
    message INTEGER,
    status INTEGER,
    answer BLOB
) WITHOUT ROWID;
CREATE INDEX request_at ON request (at);

CREATE TABLE task (
    key INTEGER PRIMARY KEY,
    org INTEGER NOT NULL,
    app INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    kind TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    status TEXT NOT NULL,
    queued INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    updated INTEGER NOT NULL
);
CREATE INDEX task_org ON task (org);
CREATE INDEX task_running ON task (key) WHERE status = 'running';
