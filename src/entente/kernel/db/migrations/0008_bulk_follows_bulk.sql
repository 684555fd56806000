-- What followers do because of bulk work is bulk work itself: a task for each imported lead waits like the lead.
ALTER TABLE {schema}.outbox ALTER COLUMN bulk SET DEFAULT coalesce(current_setting('entente.bulk', true), '') = 'on';
