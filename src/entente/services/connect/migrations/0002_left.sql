-- Records that a deed with many left as they were, and why, for whoever asked for it.
CREATE TABLE {schema}.left_as_it_was (
  cause uuid NOT NULL,
  entity text NOT NULL,
  record uuid NOT NULL,
  asked_by uuid NOT NULL,
  reason text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (cause, entity, record)
);
CREATE INDEX left_as_it_was_at ON {schema}.left_as_it_was (at);
