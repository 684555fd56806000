-- One row: the versions that processes compare with what they hold in memory, and the shape last applied.
CREATE TABLE {schema}.state (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  catalog_version bigint NOT NULL DEFAULT 0,
  access_version bigint NOT NULL DEFAULT 0,
  shape jsonb,
  settings jsonb NOT NULL DEFAULT '{}'
);
INSERT INTO {schema}.state DEFAULT VALUES;

-- The customer's layer of the catalog.
CREATE TABLE {schema}.definition (
  kind text NOT NULL,
  name text NOT NULL,
  doc jsonb NOT NULL,
  PRIMARY KEY (kind, name)
);

-- The one journal: append only, a partition per month, created ahead by a job and by need.
CREATE TABLE {schema}.journal (
  id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL,
  actor uuid,
  actor_name text NOT NULL,
  via text NOT NULL,
  cause uuid NOT NULL,
  deed text NOT NULL,
  entity text NOT NULL,
  record uuid NOT NULL,
  version bigint NOT NULL,
  title text,
  changes jsonb NOT NULL,
  depth smallint NOT NULL DEFAULT 0,
  PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE TABLE {schema}.journal_default PARTITION OF {schema}.journal DEFAULT;
CREATE INDEX journal_record ON {schema}.journal (entity, record, at DESC, id DESC);
CREATE INDEX journal_cause ON {schema}.journal (cause);
CREATE INDEX journal_at ON {schema}.journal (at DESC, id DESC);

-- What followers have not been told yet: one row per journal row, written in the same transaction.
CREATE TABLE {schema}.outbox (
  entry bigint PRIMARY KEY,
  at timestamptz NOT NULL
);
-- What a follower failed at, retried on its own; after the last try it waits here for a person.
CREATE TABLE {schema}.outbox_failure (
  entry bigint NOT NULL,
  at timestamptz NOT NULL,
  follower text NOT NULL,
  tries int NOT NULL DEFAULT 1,
  next_at timestamptz,
  error text NOT NULL,
  PRIMARY KEY (entry, follower)
);
CREATE INDEX outbox_failure_due ON {schema}.outbox_failure (next_at) WHERE next_at IS NOT NULL;

-- Records lent to one person or one team.
CREATE TABLE {schema}.share (
  id uuid PRIMARY KEY,
  entity text NOT NULL,
  record uuid NOT NULL,
  user_id uuid,
  team_id uuid,
  privileges text[] NOT NULL,
  until timestamptz,
  reason text,
  created_at timestamptz NOT NULL,
  created_by uuid,
  CHECK (num_nonnulls(user_id, team_id) = 1)
);
CREATE INDEX share_user ON {schema}.share (user_id, entity);
CREATE INDEX share_team ON {schema}.share (team_id, entity);
CREATE INDEX share_record ON {schema}.share (entity, record);
CREATE UNIQUE INDEX share_once ON {schema}.share (entity, record, coalesce(user_id, team_id));

-- Numbers given by the system, without gaps within a series.
CREATE TABLE {schema}.series (
  name text PRIMARY KEY,
  next bigint NOT NULL
);

-- Files: one row each; equal contents are stored once.
CREATE TABLE {schema}.file_content (
  sha256 bytea PRIMARY KEY,
  data bytea NOT NULL
);
CREATE TABLE {schema}.file (
  id uuid PRIMARY KEY,
  sha256 bytea NOT NULL REFERENCES {schema}.file_content,
  name text NOT NULL,
  mime text NOT NULL,
  size bigint NOT NULL,
  entity text,
  record uuid,
  created_at timestamptz NOT NULL,
  created_by uuid
);
CREATE INDEX file_record ON {schema}.file (entity, record);

-- Answers kept for a repeated request (the API's Idempotency-Key).
CREATE TABLE {schema}.answer (
  key text NOT NULL,
  user_id uuid NOT NULL,
  fingerprint bytea NOT NULL,
  status int,
  body jsonb,
  at timestamptz NOT NULL,
  PRIMARY KEY (user_id, key)
);
