-- Since when nothing is kept of a visitor any more; null: nobody has asked for it.
ALTER TABLE visitor ADD COLUMN erased_at INTEGER;
-- Whether their words are still to be looked for.
ALTER TABLE visitor ADD COLUMN erasing INTEGER NOT NULL DEFAULT 0;
CREATE INDEX visitor_erasing ON visitor (participant) WHERE erasing;
CREATE INDEX visitor_erased ON visitor (participant) WHERE erased_at IS NOT NULL;
