-- In whose name a kept message was sent by a model; nothing for one from outside.
ALTER TABLE {schema}.process_message ADD COLUMN sender jsonb;
