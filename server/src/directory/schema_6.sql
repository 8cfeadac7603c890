-- Since when a site is deleted; null: it is there. Its row stays, and nothing is known of it: what
-- was said there must go, and whatever brings it back later too.
ALTER TABLE site ADD COLUMN deleted_at INTEGER;
