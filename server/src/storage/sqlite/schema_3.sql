-- What has lasted long enough is looked for every few seconds: open conversations in which nothing
-- happens any more, and closed ones whose words are to go.
CREATE INDEX conversation_open ON conversation (status, site, at) WHERE closed = 0;
CREATE INDEX conversation_closed ON conversation (site, at) WHERE closed = 1;
