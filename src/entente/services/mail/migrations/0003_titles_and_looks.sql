-- What a button is about, as its mail said; when a mailbox was last looked into, and why it could not be.
ALTER TABLE {schema}.mail_button ADD COLUMN title text NOT NULL DEFAULT '';
ALTER TABLE {schema}.mailbox_mark ALTER COLUMN validity SET DEFAULT 0, ALTER COLUMN uid SET DEFAULT 0,
  ADD COLUMN looked_at timestamptz, ADD COLUMN error text;
