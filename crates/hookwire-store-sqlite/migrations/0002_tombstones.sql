-- Of a deleted endpoint a tombstone stays for as long as deliveries name it. It holds no credentials: sealed is empty,
-- and what lists show of the URL is in config (of endpoints deleted before this migration nothing is).
UPDATE endpoint SET sealed = x'' WHERE deleted = 1;
CREATE INDEX endpoint_deleted ON endpoint (key) WHERE deleted = 1;

-- An app's row goes with its deletion, because nobody can ask for it any more; app.deleted stays 0.
DELETE FROM app WHERE deleted = 1;

-- meta has one more fact: key_high, the highest key of a row that was removed.
