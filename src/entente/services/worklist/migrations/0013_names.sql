-- What a task is called in each language, where its model says so; the subject elsewhere.
ALTER TABLE {schema}.work_task ADD COLUMN names jsonb NOT NULL DEFAULT '{}';
