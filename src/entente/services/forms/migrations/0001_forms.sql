-- Sends that were taken: the key is inserted before anything else happens, so that one send has one effect.
CREATE TABLE {schema}.form_receipt (
  key text PRIMARY KEY,
  submission uuid,
  outcome text,
  at timestamptz NOT NULL
);
CREATE INDEX form_receipt_age ON {schema}.form_receipt (at);

-- How often an address called, by minute; unlogged because a crash may forget it.
CREATE UNLOGGED TABLE {schema}.form_visit (
  form uuid NOT NULL,
  deed text NOT NULL,
  peer text NOT NULL,
  minute timestamptz NOT NULL,
  calls int NOT NULL,
  PRIMARY KEY (form, deed, peer, minute)
);
CREATE INDEX form_visit_age ON {schema}.form_visit (minute);
