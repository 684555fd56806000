-- Jobs that failed for the last time; they wait here for a person. `id` is the one they had in the queue.
CREATE TABLE {schema}.dead_job (
  id bigint PRIMARY KEY,
  name text NOT NULL,
  queue text NOT NULL,
  arguments jsonb NOT NULL,
  tries int NOT NULL,
  error text NOT NULL,
  failed_at timestamptz NOT NULL
);
CREATE INDEX dead_job_at ON {schema}.dead_job (failed_at DESC);

-- When each periodic job was last put in the queue.
CREATE TABLE {schema}.periodic_job (
  name text PRIMARY KEY,
  last_at timestamptz NOT NULL
);
