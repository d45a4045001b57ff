-- App webhooks over OAuth: clients, installs, codes and tokens.

-- config: what anybody may see, as JSON. secret: the digest of the client's secret; NULL = a public client.
-- hook: the name, the webhook URL and the signing secrets, encrypted for this row; the endpoints of its installs have
-- theirs from here. pending: installs are to be brought in step, those above reached: 0 = none, 1 = yes, 2 = and turned
-- on if they were turned off. deleted: the row stays until the last install has gone.
CREATE TABLE oauth_client (
    key INTEGER PRIMARY KEY,
    org INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    config TEXT NOT NULL,
    secret BLOB,
    hook BLOB NOT NULL,
    suspended INTEGER NOT NULL DEFAULT 0,
    barred INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    pending INTEGER NOT NULL DEFAULT 0,
    reached INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL
);
CREATE INDEX oauth_client_owner ON oauth_client (owner) WHERE deleted = 0;
CREATE INDEX oauth_client_pending ON oauth_client (key) WHERE pending <> 0;

-- scopes, events: names with a space between them; NULL = none. user: who consented.
CREATE TABLE oauth_install (
    key INTEGER PRIMARY KEY,
    client INTEGER NOT NULL,
    app INTEGER NOT NULL,
    user TEXT NOT NULL,
    actor TEXT NOT NULL,
    scopes TEXT,
    events TEXT,
    granted INTEGER NOT NULL,
    endpoint INTEGER,
    created INTEGER NOT NULL
);
CREATE UNIQUE INDEX oauth_install_pair ON oauth_install (client, app);
CREATE INDEX oauth_install_client ON oauth_install (client);
CREATE INDEX oauth_install_app ON oauth_install (app);

-- install: what came of it; NULL = not redeemed.
CREATE TABLE oauth_code (
    digest BLOB PRIMARY KEY,
    client INTEGER NOT NULL,
    app INTEGER NOT NULL,
    words TEXT NOT NULL,
    issued INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    install INTEGER
) WITHOUT ROWID;
CREATE INDEX oauth_code_unused ON oauth_code (client, app, issued) WHERE install IS NULL;
CREATE INDEX oauth_code_app ON oauth_code (app);
CREATE INDEX oauth_code_expires ON oauth_code (expires);

-- kind: 0 = access, 1 = refresh. used: a refresh token in whose place new ones came.
CREATE TABLE oauth_token (
    digest BLOB PRIMARY KEY,
    install INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    used INTEGER NOT NULL,
    scopes TEXT,
    issued INTEGER NOT NULL,
    expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX oauth_token_install ON oauth_token (install, kind, used, issued);
CREATE INDEX oauth_token_expires ON oauth_token (expires);

-- What manages the endpoint; NULL = people do. Its sealed column is empty: what would be there is the client's.
ALTER TABLE endpoint ADD COLUMN install INTEGER;
ALTER TABLE endpoint ADD COLUMN client INTEGER;
