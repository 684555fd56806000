-- What a version is called in each language, where its model says so; its name elsewhere.
ALTER TABLE {schema}.process_definition ADD COLUMN names jsonb NOT NULL DEFAULT '{}';
