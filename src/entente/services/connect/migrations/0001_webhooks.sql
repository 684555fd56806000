-- Calls of other programs: kept with what became of them; the key makes each leave once.
CREATE TABLE {schema}.outgoing_call (
  id uuid PRIMARY KEY,
  key text NOT NULL UNIQUE,
  source uuid NOT NULL,
  url text NOT NULL,
  body jsonb NOT NULL,
  state text NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
  created_at timestamptz NOT NULL,
  tries int NOT NULL DEFAULT 0,
  status int,
  error text,
  sent_at timestamptz
);
CREATE INDEX outgoing_call_at ON {schema}.outgoing_call (created_at);
