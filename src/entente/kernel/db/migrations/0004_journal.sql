-- The primary key, read backwards, gives the newest lines first just as well.
DROP INDEX {schema}.journal_at;
