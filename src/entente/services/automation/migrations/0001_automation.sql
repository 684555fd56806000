-- What each automation did: one row for each evaluation of a rule on a record.
CREATE TABLE {schema}.automation_run (
  id uuid PRIMARY KEY,
  automation uuid NOT NULL,
  at timestamptz NOT NULL,
  occasion text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('done', 'failed', 'skipped', 'stopped', 'waiting')),
  entity text NOT NULL,
  record uuid,
  title text NOT NULL,
  actor uuid,
  actor_name text NOT NULL,
  cause uuid NOT NULL,
  depth int NOT NULL,
  entry bigint,
  changes jsonb NOT NULL,
  condition jsonb,
  steps jsonb NOT NULL,
  reason text
);
CREATE INDEX automation_run_rule ON {schema}.automation_run (automation, at DESC, id DESC);
CREATE INDEX automation_run_record ON {schema}.automation_run (record, at DESC) WHERE record IS NOT NULL;
CREATE INDEX automation_run_at ON {schema}.automation_run (at);

-- Entries of the journal that the rules have looked at: being told of one twice changes nothing.
CREATE TABLE {schema}.automation_seen (
  entry bigint PRIMARY KEY,
  at timestamptz NOT NULL
);

-- Which rule acted on which record within a chain of causes.
CREATE TABLE {schema}.automation_chain (
  cause uuid NOT NULL,
  automation uuid NOT NULL,
  record uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (cause, automation, record)
);

-- For what a rule acts only once: a record, a record and a day, a record and a date.
CREATE TABLE {schema}.automation_once (
  automation uuid NOT NULL,
  occasion text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (automation, occasion)
);

-- Runs that wait until their record is left alone for a while, or until their delay is over.
CREATE TABLE {schema}.automation_waiting (
  id uuid PRIMARY KEY,
  automation uuid NOT NULL,
  phase text NOT NULL CHECK (phase IN ('debounce', 'delay')),
  record uuid NOT NULL,
  due_at timestamptz NOT NULL,
  event jsonb NOT NULL
);
CREATE UNIQUE INDEX automation_waiting_calm ON {schema}.automation_waiting (automation, record) WHERE phase = 'debounce';
CREATE INDEX automation_waiting_due ON {schema}.automation_waiting (due_at);

-- Up to when the clock of a rule has been looked at.
CREATE TABLE {schema}.automation_clock (
  automation uuid PRIMARY KEY,
  looked_at timestamptz NOT NULL
);
