-- Days after which the words of closed conversations go; null: never.
ALTER TABLE site ADD COLUMN retention_days INTEGER;
