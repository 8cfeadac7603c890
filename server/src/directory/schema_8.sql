-- What visitors are asked before they begin, as JSON.
ALTER TABLE site ADD COLUMN prechat TEXT NOT NULL DEFAULT '[]';
