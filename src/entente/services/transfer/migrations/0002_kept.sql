-- Records that the undo of an import left as they were, with the key of the reason.
CREATE TABLE {schema}.import_kept (
  job uuid NOT NULL REFERENCES {schema}.import_run ON DELETE CASCADE,
  entity text NOT NULL,
  record uuid NOT NULL,
  reason text NOT NULL,
  PRIMARY KEY (job, entity, record)
);
