-- Process models: the file as it was given, one row for each version; a version never changes.
CREATE TABLE {schema}.process_definition (
  id uuid PRIMARY KEY,
  key text NOT NULL,
  version int NOT NULL,
  name text NOT NULL,
  xml bytea NOT NULL,
  checksum text NOT NULL,
  state text NOT NULL CHECK (state IN ('draft', 'deployed')),
  recorded boolean NOT NULL DEFAULT false,
  imported_at timestamptz NOT NULL,
  deployed_at timestamptz,
  deployed_by uuid,
  UNIQUE (key, version)
);
CREATE INDEX process_definition_latest ON {schema}.process_definition (key, version DESC) WHERE state = 'deployed';

-- Start events that wait for something, of the newest deployed version of each process.
CREATE TABLE {schema}.process_start (
  definition uuid NOT NULL REFERENCES {schema}.process_definition ON DELETE CASCADE,
  element text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('message', 'signal', 'timer')),
  name text NOT NULL,
  due_at timestamptz,
  cycle text NOT NULL,
  turns_left int,
  PRIMARY KEY (definition, element)
);

CREATE TABLE {schema}.process_instance (
  id uuid PRIMARY KEY,
  definition uuid NOT NULL REFERENCES {schema}.process_definition,
  entity text,
  record uuid,
  business_key text,
  started_by uuid,
  started_at timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('running', 'completed', 'cancelled')),
  ended_at timestamptz,
  last int NOT NULL
);
CREATE INDEX process_instance_record ON {schema}.process_instance (record) WHERE record IS NOT NULL;
CREATE INDEX process_instance_key ON {schema}.process_instance (business_key) WHERE business_key IS NOT NULL;

-- The parts of an instance are numbered within it; 0 stands for none.
CREATE TABLE {schema}.process_scope (
  instance uuid NOT NULL REFERENCES {schema}.process_instance ON DELETE CASCADE,
  number int NOT NULL,
  kind text NOT NULL,
  definition uuid NOT NULL,
  parent int NOT NULL,
  element text NOT NULL,
  host int NOT NULL,
  PRIMARY KEY (instance, number)
);

CREATE TABLE {schema}.process_token (
  instance uuid NOT NULL REFERENCES {schema}.process_instance ON DELETE CASCADE,
  number int NOT NULL,
  scope int NOT NULL,
  element text NOT NULL,
  flow text NOT NULL,
  entered_at timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('ready', 'waiting', 'at_join', 'failed')),
  phase text NOT NULL CHECK (phase IN ('arrived', 'begun', 'leaving')),
  attempts int NOT NULL,
  task boolean NOT NULL,
  PRIMARY KEY (instance, number)
);
CREATE INDEX process_token_task ON {schema}.process_token (instance, number) WHERE task;

CREATE TABLE {schema}.process_variable (
  instance uuid NOT NULL REFERENCES {schema}.process_instance ON DELETE CASCADE,
  scope int NOT NULL,
  name text NOT NULL,
  value jsonb,
  PRIMARY KEY (instance, scope, name)
);

CREATE TABLE {schema}.process_subscription (
  instance uuid NOT NULL REFERENCES {schema}.process_instance ON DELETE CASCADE,
  number int NOT NULL,
  scope int NOT NULL,
  token int NOT NULL,
  element text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('message', 'signal', 'timer', 'retry', 'condition')),
  name text NOT NULL,
  key text NOT NULL,
  due_at timestamptz,
  cycle text NOT NULL,
  turns_left int,
  PRIMARY KEY (instance, number)
);
CREATE INDEX process_subscription_due ON {schema}.process_subscription (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX process_subscription_name ON {schema}.process_subscription (name, kind) WHERE name <> '';
CREATE INDEX process_subscription_condition ON {schema}.process_subscription (instance) WHERE kind = 'condition';

CREATE TABLE {schema}.process_incident (
  instance uuid NOT NULL REFERENCES {schema}.process_instance ON DELETE CASCADE,
  number int NOT NULL,
  token int NOT NULL,
  element text NOT NULL,
  code text NOT NULL,
  at timestamptz NOT NULL,
  detail text NOT NULL,
  PRIMARY KEY (instance, number)
);

-- What happened, in order; rows are only added.
CREATE TABLE {schema}.process_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  instance uuid NOT NULL REFERENCES {schema}.process_instance ON DELETE CASCADE,
  scope int NOT NULL,
  definition uuid NOT NULL,
  element text NOT NULL,
  flow text NOT NULL,
  entered_at timestamptz NOT NULL,
  left_at timestamptz NOT NULL,
  outcome text NOT NULL,
  actor uuid,
  detail text NOT NULL
);
CREATE INDEX process_history_instance ON {schema}.process_history (instance, id);
