-- Instances that ended long ago, each as one document with its history; what reports count of them by day.
CREATE TABLE {schema}.process_archive (
  id uuid PRIMARY KEY,
  definition uuid NOT NULL,
  entity text,
  record uuid,
  business_key text,
  started_by uuid,
  started_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  state text NOT NULL,
  content jsonb NOT NULL
);
CREATE INDEX process_archive_record ON {schema}.process_archive (record) WHERE record IS NOT NULL;
CREATE INDEX process_archive_definition ON {schema}.process_archive (definition, ended_at);

CREATE TABLE {schema}.process_count (
  definition uuid NOT NULL,
  element text NOT NULL,
  day date NOT NULL,
  outcome text NOT NULL,
  passages bigint NOT NULL,
  seconds double precision NOT NULL,
  PRIMARY KEY (definition, element, day, outcome)
);
CREATE INDEX process_instance_ended ON {schema}.process_instance (ended_at) WHERE ended_at IS NOT NULL;
