-- Since when a site has kept former words for its team; null: it keeps none. What was set aside under
-- another beginning is to be erased, whatever happens in between.
ALTER TABLE site ADD COLUMN former_since INTEGER;
