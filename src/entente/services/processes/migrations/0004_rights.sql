-- Who may see, take part in or look after one process; a process without a line is open to whoever may read its record.
CREATE TABLE {schema}.process_right (
  process text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('user', 'team', 'role')),
  holder uuid NOT NULL,
  level text NOT NULL CHECK (level IN ('view', 'participate', 'admin')),
  PRIMARY KEY (process, kind, holder)
);
