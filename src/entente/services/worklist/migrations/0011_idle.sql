-- After how long without a sign of whoever opened a task it is free again; empty: never.
ALTER TABLE {schema}.work_task ADD COLUMN idle text NOT NULL DEFAULT '';
CREATE INDEX work_task_idle ON {schema}.work_task (id) WHERE idle <> '' AND state = 'active';
