-- What visitors meet while nobody is there: a message, or a form as well.
ALTER TABLE site ADD COLUMN offline_mode TEXT NOT NULL DEFAULT 'message';

-- A ticket that a visitor's form has made was made by no agent: created_by may be null.
CREATE TABLE ticket_new (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    site BLOB NOT NULL REFERENCES site,
    subject TEXT NOT NULL,
    description TEXT NOT NULL,
    priority TEXT NOT NULL,
    status TEXT NOT NULL,
    assignee BLOB REFERENCES agent,
    conversation BLOB CHECK (length(conversation) = 16),
    created_by BLOB REFERENCES agent,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO ticket_new SELECT * FROM ticket;
DROP TABLE ticket;
ALTER TABLE ticket_new RENAME TO ticket;
CREATE INDEX ticket_order ON ticket (updated_at, id);
CREATE INDEX ticket_conversation ON ticket (conversation) WHERE conversation IS NOT NULL;
