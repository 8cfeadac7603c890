-- Second factors of agents. Before it is confirmed by a code it asks for none.
CREATE TABLE second_factor (
    agent BLOB PRIMARY KEY REFERENCES agent,
    secret BLOB NOT NULL CHECK (length(secret) = 20),
    -- Since when it is asked for; null: it is not confirmed yet.
    confirmed_at INTEGER,
    -- The newest step of time whose code was taken: none is taken twice, nor an older one after.
    step INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Codes for the day when the device with the secret is lost: one time each, by their hashes.
CREATE TABLE recovery_code (
    agent BLOB NOT NULL REFERENCES agent,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (agent, hash)
) STRICT, WITHOUT ROWID;

-- What a session's client calls itself, and when it last connected; null: it never has.
ALTER TABLE token ADD COLUMN client TEXT;
ALTER TABLE token ADD COLUMN connected_at INTEGER;
