-- Ids are their 16 bytes. A document is a conversation and a kind: 0 timeline, 1 team document.

-- Which database this is, which life of it, and where it stands in a restore.
CREATE TABLE meta (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    database BLOB NOT NULL CHECK (length(database) = 16),
    epoch BLOB NOT NULL CHECK (length(epoch) = 16),
    -- 0: live. 1: a backup, to be restored before it is served. 2: its restore is not finished.
    state INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    -- When it was last restored: words from before may lack their keys.
    restored_at INTEGER
) STRICT;

-- Conversations, and what lists of them show.
CREATE TABLE conversation (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    site BLOB NOT NULL,
    visitor BLOB NOT NULL,
    follows BLOB,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    feed INTEGER NOT NULL,
    status INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    assignee BLOB,
    -- Their ids, one after the other.
    collaborators BLOB NOT NULL,
    timeline INTEGER NOT NULL,
    newest BLOB,
    at INTEGER NOT NULL,
    team INTEGER NOT NULL,
    priority INTEGER,
    category BLOB
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX conversation_feed ON conversation (feed);
CREATE INDEX conversation_site ON conversation (site, feed);
CREATE INDEX conversation_visitor ON conversation (visitor, feed);

-- The logs: the truth. One conversation's rows lie together, so that loading it reads few pages.
CREATE TABLE log (
    conversation BLOB NOT NULL REFERENCES conversation,
    kind INTEGER NOT NULL CHECK (kind IN (0, 1)),
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    submitted_by BLOB NOT NULL,
    operation BLOB NOT NULL,
    context BLOB NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    change BLOB NOT NULL,
    PRIMARY KEY (conversation, kind, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX log_operation ON log (conversation, kind, id);

-- Fates of operations that are in no log.
CREATE TABLE fate (
    conversation BLOB NOT NULL REFERENCES conversation,
    kind INTEGER NOT NULL,
    id BLOB NOT NULL,
    submitted_by BLOB NOT NULL,
    hash BLOB NOT NULL,
    fate BLOB NOT NULL,
    UNIQUE (conversation, kind, id, submitted_by, hash)
) STRICT;

-- An actor is bound to one document and one participant, everywhere and for ever.
CREATE TABLE actor (
    actor BLOB PRIMARY KEY CHECK (length(actor) = 16),
    conversation BLOB NOT NULL,
    kind INTEGER NOT NULL,
    participant BLOB NOT NULL,
    closed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX actor_conversation ON actor (conversation);

-- Words, sealed. Their keys stand in the keyring, at `slot`, under the id `key`.
CREATE TABLE words (
    conversation BLOB NOT NULL REFERENCES conversation,
    kind INTEGER NOT NULL CHECK (kind IN (0, 1)),
    revision BLOB NOT NULL CHECK (length(revision) = 16),
    message BLOB NOT NULL CHECK (length(message) = 16),
    slot INTEGER NOT NULL,
    key BLOB NOT NULL CHECK (length(key) = 16),
    sealed BLOB NOT NULL,
    PRIMARY KEY (conversation, kind, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX words_message ON words (conversation, kind, message);
CREATE INDEX words_slot ON words (slot, key);

-- Messages that were recalled. A restore may bring tombstones of conversations that it does not
-- have, so these refer to none.
CREATE TABLE tombstone (
    conversation BLOB NOT NULL,
    kind INTEGER NOT NULL CHECK (kind IN (0, 1)),
    message BLOB NOT NULL CHECK (length(message) = 16),
    PRIMARY KEY (conversation, kind, message)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER tombstones_stay BEFORE DELETE ON tombstone
BEGIN SELECT RAISE(ABORT, 'a tombstone is never removed'); END;
CREATE TRIGGER tombstones_stay_the_same BEFORE UPDATE ON tombstone
BEGIN SELECT RAISE(ABORT, 'a tombstone is never changed'); END;
CREATE TRIGGER recalled_words_never_come_back BEFORE INSERT ON words
WHEN EXISTS (
    SELECT 1 FROM tombstone
    WHERE conversation = NEW.conversation AND kind = NEW.kind AND message = NEW.message
)
BEGIN SELECT RAISE(ABORT, 'the message was recalled'); END;
CREATE TRIGGER words_stay_the_same BEFORE UPDATE ON words
BEGIN SELECT RAISE(ABORT, 'words are never changed'); END;

-- Words whose keys are to be overwritten, and whose rows go after that.
CREATE TABLE erasure_pending (
    conversation BLOB NOT NULL,
    kind INTEGER NOT NULL,
    revision BLOB NOT NULL,
    slot INTEGER NOT NULL,
    key BLOB NOT NULL,
    PRIMARY KEY (conversation, kind, revision)
) STRICT, WITHOUT ROWID;

-- Recalls, in the order that device cursors count.
CREATE TABLE erasure (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation BLOB NOT NULL,
    kind INTEGER NOT NULL,
    message BLOB NOT NULL,
    by BLOB NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (conversation, kind, message)
) STRICT;
CREATE INDEX erasure_by ON erasure (by, number);

-- Saved documents, with the SHA-256 of each: a damaged one never reaches a decoder.
CREATE TABLE snapshot (
    conversation BLOB NOT NULL REFERENCES conversation,
    kind INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    bytes BLOB NOT NULL,
    PRIMARY KEY (conversation, kind)
) STRICT;

-- How far participants have seen documents.
CREATE TABLE seen (
    conversation BLOB NOT NULL REFERENCES conversation,
    kind INTEGER NOT NULL,
    participant BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (conversation, kind, participant)
) STRICT, WITHOUT ROWID;

-- Installations of clients, and which documents' words each was ever sent.
CREATE TABLE device (
    device BLOB PRIMARY KEY CHECK (length(device) = 16),
    participant BLOB NOT NULL,
    -- 0: on a disk, counted. 1: in memory.
    keeping INTEGER NOT NULL CHECK (keeping IN (0, 1)),
    erasures INTEGER NOT NULL,
    heard_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE holding (
    device BLOB NOT NULL CHECK (length(device) = 16),
    conversation BLOB NOT NULL,
    kind INTEGER NOT NULL CHECK (kind IN (0, 1)),
    PRIMARY KEY (device, conversation, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX holding_document ON holding (conversation, kind);
