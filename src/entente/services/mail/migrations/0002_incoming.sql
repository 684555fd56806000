-- Incoming mail, each with what became of it. waiting: to be treated; accepted: it did something; answered: nothing was
-- done, the sender was told how; refused; ignored: written by a machine or about nothing of ours; failed: a fault of ours.
CREATE TABLE {schema}.incoming_mail (
  id uuid PRIMARY KEY,
  key text NOT NULL UNIQUE,
  mailbox text NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'accepted', 'answered', 'refused', 'ignored', 'failed')),
  sender text NOT NULL,
  subject text NOT NULL,
  message_id text NOT NULL,
  raw bytea NOT NULL,
  arrived_at timestamptz NOT NULL,
  treated_at timestamptz,
  tries int NOT NULL DEFAULT 0,
  repeats int NOT NULL DEFAULT 0,
  reason text,
  said jsonb NOT NULL DEFAULT '{}',
  person uuid,
  entity text,
  record uuid
);
CREATE INDEX incoming_mail_waiting ON {schema}.incoming_mail (arrived_at) WHERE state = 'waiting';
CREATE INDEX incoming_mail_newest ON {schema}.incoming_mail (arrived_at DESC, id DESC);
CREATE INDEX incoming_mail_record ON {schema}.incoming_mail (entity, record);
-- How far each mailbox was read.
CREATE TABLE {schema}.mailbox_mark (
  mailbox text PRIMARY KEY,
  validity bigint NOT NULL,
  uid bigint NOT NULL
);
-- Buttons of mails: a deed that one person may do once by a link.
CREATE TABLE {schema}.mail_button (
  id uuid PRIMARY KEY,
  entity text NOT NULL,
  record uuid NOT NULL,
  person uuid NOT NULL,
  action text NOT NULL,
  wish jsonb NOT NULL,
  label text NOT NULL,
  created_at timestamptz NOT NULL,
  until timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX mail_button_record ON {schema}.mail_button (entity, record);
