-- What a deed on many records wrote, so that its followers let pass what people did one by one meanwhile.
ALTER TABLE {schema}.outbox ADD COLUMN bulk boolean NOT NULL DEFAULT false;
