-- Former words, of sites that keep them for their team: still sealed, under the key they always had.
-- They stand in a table of their own, so that whoever reads words finds none of them.
CREATE TABLE former (
    conversation BLOB NOT NULL REFERENCES conversation,
    kind INTEGER NOT NULL CHECK (kind IN (0, 1)),
    revision BLOB NOT NULL CHECK (length(revision) = 16),
    message BLOB NOT NULL CHECK (length(message) = 16),
    slot INTEGER NOT NULL,
    key BLOB NOT NULL CHECK (length(key) = 16),
    sealed BLOB NOT NULL,
    site BLOB NOT NULL,
    -- Since when the site had kept former words when these were: what it kept once and then no more
    -- is to be erased, though it keeps them again.
    since INTEGER NOT NULL,
    PRIMARY KEY (conversation, kind, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX former_message ON former (conversation, kind, message);
CREATE INDEX former_slot ON former (slot, key);
CREATE INDEX former_site ON former (site, since);
CREATE TRIGGER recalled_words_are_never_former_ones BEFORE INSERT ON former
WHEN EXISTS (
    SELECT 1 FROM tombstone
    WHERE conversation = NEW.conversation AND kind = NEW.kind AND message = NEW.message
)
BEGIN SELECT RAISE(ABORT, 'the message was recalled'); END;
CREATE TRIGGER former_words_stay_the_same BEFORE UPDATE ON former
BEGIN SELECT RAISE(ABORT, 'words are never changed'); END;
