-- Since when it is gone with its site: nobody sees it any more, and devices are ordered to drop it.
-- Null: it is there.
ALTER TABLE conversation ADD COLUMN gone_at INTEGER;
CREATE INDEX conversation_there ON conversation (site) WHERE gone_at IS NULL;
CREATE INDEX conversation_gone ON conversation (gone_at) WHERE gone_at IS NOT NULL;
