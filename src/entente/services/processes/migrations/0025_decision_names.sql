-- What a version of a decision model is called in each language, where it says so; its name elsewhere.
ALTER TABLE {schema}.decision_definition ADD COLUMN names jsonb NOT NULL DEFAULT '{}';
