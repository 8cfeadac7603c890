-- What people were notified of. It derives from words, so a recall deletes it in its own step, and
-- holds none.
CREATE TABLE notification (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    participant BLOB NOT NULL CHECK (length(participant) = 16),
    conversation BLOB NOT NULL REFERENCES conversation,
    -- 0: a note mentions them. 1: somebody gave them the conversation.
    kind INTEGER NOT NULL,
    -- The note, in the team document; zeros where it is about no message.
    message BLOB NOT NULL CHECK (length(message) = 16),
    at INTEGER NOT NULL,
    read INTEGER NOT NULL,
    UNIQUE (conversation, kind, message, participant)
) STRICT;
CREATE INDEX notification_participant ON notification (participant, number);
CREATE INDEX notification_unread ON notification (participant, number) WHERE NOT read;
