-- Profiles, first in first out, what was sent, and registered calls.

-- profile: NULL = standard.
ALTER TABLE org ADD COLUMN profile TEXT;
-- request: the body that was sent; NULL = the message's payload.
ALTER TABLE attempt ADD COLUMN request TEXT;

-- The one delivery of a first-in-first-out endpoint that may be leased until it is settled for good.
CREATE TABLE fifo_head (endpoint INTEGER PRIMARY KEY, message INTEGER NOT NULL);

-- The latest message whose delivery to the endpoint was removed by its log limit.
CREATE TABLE log_floor (endpoint INTEGER PRIMARY KEY, message INTEGER NOT NULL);

-- config: what clients may see; sealed: URL, header values, TLS identity and templates, encrypted for this row.
CREATE TABLE registered_trigger (
    app INTEGER NOT NULL,
    id TEXT NOT NULL,
    config TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    PRIMARY KEY (app, id)
) WITHOUT ROWID;

-- root: the key of the invocation that began the chain. duration_us and what follows it: NULL while under way.
CREATE TABLE invocation (
    key INTEGER PRIMARY KEY,
    app INTEGER NOT NULL,
    trigger_id TEXT NOT NULL,
    root INTEGER NOT NULL,
    caller TEXT NOT NULL,
    at INTEGER NOT NULL,
    request_bytes INTEGER NOT NULL,
    duration_us INTEGER,
    status INTEGER,
    succeeded INTEGER,
    error TEXT,
    response_bytes INTEGER,
    response TEXT
);
CREATE INDEX invocation_app ON invocation (app);
CREATE INDEX invocation_root_app ON invocation (app) WHERE root = key;
CREATE INDEX invocation_trigger ON invocation (app, trigger_id);
CREATE INDEX invocation_root ON invocation (root);
