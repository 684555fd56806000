-- Mails that an escalation asks for, until somebody who knows how they look has written them.
CREATE TABLE {schema}.work_mail (
  id uuid PRIMARY KEY,
  task uuid NOT NULL REFERENCES {schema}.work_task ON DELETE CASCADE,
  template text NOT NULL,
  people uuid[] NOT NULL
);
CREATE INDEX work_mail_task ON {schema}.work_mail (task);
