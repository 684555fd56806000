-- Decision models: the file as it was given, one row for each version; a version never changes.
CREATE TABLE {schema}.decision_definition (
  id uuid PRIMARY KEY,
  key text NOT NULL,
  version int NOT NULL,
  name text NOT NULL,
  decisions text[] NOT NULL,
  xml bytea NOT NULL,
  checksum text NOT NULL,
  state text NOT NULL CHECK (state IN ('draft', 'deployed')),
  imported_at timestamptz NOT NULL,
  deployed_at timestamptz,
  deployed_by uuid,
  UNIQUE (key, version)
);
CREATE INDEX decision_definition_decisions ON {schema}.decision_definition USING gin (decisions);
