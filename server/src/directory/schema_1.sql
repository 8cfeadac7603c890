CREATE TABLE site (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    origins TEXT NOT NULL,
    mode TEXT NOT NULL,
    human_support INTEGER NOT NULL,
    edit TEXT NOT NULL,
    recall TEXT NOT NULL,
    visitor_edit INTEGER NOT NULL,
    visitor_recall INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE agent (
    participant BLOB PRIMARY KEY CHECK (length(participant) = 16),
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password TEXT,
    disabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE assignment (
    agent BLOB NOT NULL REFERENCES agent,
    site BLOB NOT NULL REFERENCES site,
    PRIMARY KEY (agent, site)
) STRICT, WITHOUT ROWID;

CREATE TABLE visitor (
    participant BLOB PRIMARY KEY CHECK (length(participant) = 16),
    site BLOB NOT NULL REFERENCES site,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Ids that a visitor wrote under before they became known.
CREATE TABLE former (
    participant BLOB PRIMARY KEY CHECK (length(participant) = 16),
    visitor BLOB NOT NULL REFERENCES visitor
) STRICT, WITHOUT ROWID;
CREATE INDEX former_visitor ON former (visitor);

-- Rows stay after they are revoked: their devices must still be told to wipe.
CREATE TABLE token (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    agent BLOB REFERENCES agent,
    visitor BLOB REFERENCES visitor,
    device BLOB,
    created_at INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    CHECK ((agent IS NULL) <> (visitor IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX token_agent ON token (agent) WHERE agent IS NOT NULL;
CREATE INDEX token_visitor ON token (visitor) WHERE visitor IS NOT NULL;

-- What other processes that have the directory open are to be told.
CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    subject BLOB NOT NULL
) STRICT;
