-- Conversations of which words are being taken back for their age, and when something had last
-- happened there before: taking back is itself the newest that happens.
CREATE TABLE expiring (
    conversation BLOB PRIMARY KEY REFERENCES conversation,
    site BLOB NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
