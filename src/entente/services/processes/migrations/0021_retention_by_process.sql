-- How many days instances stay after they ended, by process; the empty name is for all that say nothing themselves.
CREATE TABLE {schema}.process_retention (
  process text PRIMARY KEY,
  days int NOT NULL CHECK (days BETWEEN 1 AND 36500)
);
-- The list of archived instances, newest first.
CREATE INDEX process_archive_listed ON {schema}.process_archive (started_at DESC, id DESC);
