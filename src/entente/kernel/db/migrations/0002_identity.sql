-- How people prove who they are. Users themselves are records of an ordinary entity.
CREATE TABLE {schema}.credential (
  user_id uuid PRIMARY KEY,
  password_hash text NOT NULL,
  must_change boolean NOT NULL DEFAULT false,
  changed_at timestamptz NOT NULL
);

-- Only the SHA-256 of a token is kept: who reads this table cannot sign in with it.
CREATE TABLE {schema}.session (
  token_hash bytea PRIMARY KEY,
  user_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  peer text NOT NULL,
  agent text NOT NULL
);
CREATE INDEX session_of_user ON {schema}.session (user_id);
CREATE INDEX session_end ON {schema}.session (expires_at);

CREATE TABLE {schema}.api_token (
  id uuid PRIMARY KEY,
  token_hash bytea NOT NULL UNIQUE,
  user_id uuid NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  last_used_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX api_token_user ON {schema}.api_token (user_id);

CREATE TABLE {schema}.invitation (
  token_hash bytea PRIMARY KEY,
  user_id uuid,
  purpose text NOT NULL CHECK (purpose IN ('first_admin', 'invite', 'reset')),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  CHECK (user_id IS NOT NULL OR purpose = 'first_admin')
);
CREATE INDEX invitation_user ON {schema}.invitation (user_id);

-- Tries to sign in; unlogged because a crash may forget them.
CREATE UNLOGGED TABLE {schema}.attempt (
  key text NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX attempt_key ON {schema}.attempt (key, at);
