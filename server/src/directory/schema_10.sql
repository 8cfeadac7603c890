-- Under which epoch of the conversations the words of erased visitors were looked for: what a backup
-- brings back is under another.
CREATE TABLE erased_under (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch BLOB NOT NULL CHECK (length(epoch) = 16)
) STRICT;
