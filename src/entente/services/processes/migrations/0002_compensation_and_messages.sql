-- What was completed and can be undone, with the variables of then.
CREATE TABLE {schema}.process_completed (
  instance uuid NOT NULL REFERENCES {schema}.process_instance ON DELETE CASCADE,
  number int NOT NULL,
  definition uuid NOT NULL,
  element text NOT NULL,
  scope int NOT NULL,
  within int NOT NULL,
  by int NOT NULL,
  run int NOT NULL,
  values jsonb NOT NULL,
  PRIMARY KEY (instance, number)
);

-- Messages that came before anybody waited for them.
CREATE TABLE {schema}.process_message (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  correlation text NOT NULL,
  business_key text,
  record uuid,
  values jsonb NOT NULL,
  sent_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX process_message_name ON {schema}.process_message (name);

-- The records whose change may make a condition true that an instance waits for.
CREATE TABLE {schema}.process_watch (
  instance uuid NOT NULL REFERENCES {schema}.process_instance ON DELETE CASCADE,
  record uuid NOT NULL,
  PRIMARY KEY (instance, record)
);
CREATE INDEX process_watch_record ON {schema}.process_watch (record);
INSERT INTO {schema}.process_watch
SELECT DISTINCT i.id, i.record FROM {schema}.process_subscription s JOIN {schema}.process_instance i ON i.id = s.instance
WHERE s.kind = 'condition' AND i.record IS NOT NULL;
DROP INDEX {schema}.process_subscription_condition;

ALTER TABLE {schema}.process_start DROP CONSTRAINT process_start_kind_check;
ALTER TABLE {schema}.process_start
  ADD CONSTRAINT process_start_kind_check CHECK (kind IN ('message', 'signal', 'timer', 'condition'));
