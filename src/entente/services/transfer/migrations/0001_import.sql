-- Which column went where in files with the same headers.
CREATE TABLE {schema}.import_map (
  entity text NOT NULL,
  signature text NOT NULL,
  columns jsonb NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (entity, signature)
);

-- The plan of an import and how it stands; the record that people see is in import_job.
CREATE TABLE {schema}.import_run (
  job uuid PRIMARY KEY,
  plan jsonb NOT NULL,
  cause uuid NOT NULL,
  row_done int NOT NULL DEFAULT 0,
  checked jsonb,
  undo_left int
);

-- Rows that were refused, as they stood in the file, with the reasons by cell.
CREATE TABLE {schema}.import_refusal (
  job uuid NOT NULL REFERENCES {schema}.import_run ON DELETE CASCADE,
  row int NOT NULL,
  cells jsonb NOT NULL,
  faults jsonb NOT NULL,
  PRIMARY KEY (job, row)
);
