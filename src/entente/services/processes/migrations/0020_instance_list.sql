-- Lists of instances, newest first, and reports on one process.
CREATE INDEX process_instance_listed ON {schema}.process_instance (started_at DESC, id DESC);
CREATE INDEX process_instance_definition ON {schema}.process_instance (definition, started_at);
