-- Outgoing mail. queued: to be sent; sending: claimed by a worker; sent; failed: surely not accepted, given up;
-- uncertain: the worker or the connection died while the server was taking it, a person decides; kept: no server is set.
CREATE TABLE {schema}.outgoing_mail (
  id uuid PRIMARY KEY,
  key text NOT NULL UNIQUE,
  state text NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'uncertain', 'kept')),
  recipient text NOT NULL,
  subject text NOT NULL,
  body_text text NOT NULL,
  body_html text NOT NULL,
  headers jsonb NOT NULL,
  entity text,
  record uuid,
  created_at timestamptz NOT NULL,
  created_by uuid,
  due_at timestamptz NOT NULL,
  claimed_at timestamptz,
  tries int NOT NULL DEFAULT 0,
  error text,
  sent_at timestamptz
);
CREATE INDEX outgoing_mail_due ON {schema}.outgoing_mail (due_at) WHERE state = 'queued';
CREATE INDEX outgoing_mail_claimed ON {schema}.outgoing_mail (claimed_at) WHERE state = 'sending';
CREATE INDEX outgoing_mail_newest ON {schema}.outgoing_mail (created_at DESC, id DESC);
CREATE INDEX outgoing_mail_record ON {schema}.outgoing_mail (entity, record);
