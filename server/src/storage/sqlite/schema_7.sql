-- Visitors' messages, and the conversations in whose timelines they stand: words go from a closed
-- one into its follow-up, and one message stands in one conversation of a line.
CREATE TABLE said (
    message BLOB NOT NULL CHECK (length(message) = 16),
    conversation BLOB NOT NULL REFERENCES conversation,
    PRIMARY KEY (message, conversation)
) STRICT, WITHOUT ROWID;
CREATE INDEX erasure_message ON erasure (message) WHERE kind = 0;
