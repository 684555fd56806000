-- Indexes of large tables that the catalog wants and a job builds beside the work of others.
CREATE TABLE {schema}.pending_index (
  name text PRIMARY KEY,
  of_table text NOT NULL,
  tail text NOT NULL
);
