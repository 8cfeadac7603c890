ALTER TABLE site ADD COLUMN offline_message TEXT NOT NULL DEFAULT '';
ALTER TABLE site ADD COLUMN routing TEXT NOT NULL DEFAULT 'pick_up';
-- Minutes; null: never.
ALTER TABLE site ADD COLUMN close_after INTEGER;
ALTER TABLE site ADD COLUMN chat_limit INTEGER NOT NULL DEFAULT 5;
ALTER TABLE site ADD COLUMN theme_color TEXT NOT NULL DEFAULT '#3350b4';
ALTER TABLE site ADD COLUMN greeting TEXT NOT NULL DEFAULT '';
ALTER TABLE site ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

ALTER TABLE agent ADD COLUMN availability TEXT NOT NULL DEFAULT 'online';
ALTER TABLE agent ADD COLUMN availability_since INTEGER NOT NULL DEFAULT 0;
-- Null: as many as each site says.
ALTER TABLE agent ADD COLUMN chat_limit INTEGER;
ALTER TABLE agent ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

ALTER TABLE visitor ADD COLUMN name TEXT;
ALTER TABLE visitor ADD COLUMN email TEXT;
ALTER TABLE visitor ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}';
ALTER TABLE visitor ADD COLUMN verified INTEGER NOT NULL DEFAULT 0;
ALTER TABLE visitor ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;
CREATE INDEX visitor_site ON visitor (site, created_at, participant);
CREATE INDEX visitor_email ON visitor (email) WHERE email IS NOT NULL;
CREATE INDEX visitor_blocked ON visitor (participant) WHERE blocked;

-- Where visitors were, a few each.
CREATE TABLE page (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    visitor BLOB NOT NULL REFERENCES visitor,
    title TEXT NOT NULL,
    url TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX page_visitor ON page (visitor, id);

-- Removed ones stay: conversations name them.
CREATE TABLE category (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    site BLOB NOT NULL REFERENCES site,
    name TEXT NOT NULL COLLATE NOCASE,
    removed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX category_name ON category (site, name) WHERE NOT removed;

-- A site's, or an agent's own.
CREATE TABLE canned_response (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    site BLOB REFERENCES site,
    agent BLOB REFERENCES agent,
    shortcut TEXT NOT NULL COLLATE NOCASE,
    text TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((site IS NULL) <> (agent IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX canned_response_site ON canned_response (site, shortcut)
    WHERE site IS NOT NULL;
CREATE UNIQUE INDEX canned_response_agent ON canned_response (agent, shortcut)
    WHERE agent IS NOT NULL;

CREATE TABLE ticket (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    site BLOB NOT NULL REFERENCES site,
    subject TEXT NOT NULL,
    description TEXT NOT NULL,
    priority TEXT NOT NULL,
    status TEXT NOT NULL,
    assignee BLOB REFERENCES agent,
    conversation BLOB CHECK (length(conversation) = 16),
    created_by BLOB NOT NULL REFERENCES agent,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_order ON ticket (updated_at, id);
CREATE INDEX ticket_conversation ON ticket (conversation) WHERE conversation IS NOT NULL;

-- By which an agent chooses a password: one each, by the hash of its token.
CREATE TABLE link (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    agent BLOB NOT NULL UNIQUE REFERENCES agent,
    kind TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who did what, when; never words. Nobody by whom: the command line.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    by BLOB,
    action TEXT NOT NULL,
    site BLOB,
    subject TEXT,
    fields TEXT NOT NULL
) STRICT;
CREATE INDEX audit_site ON audit (site, id);
