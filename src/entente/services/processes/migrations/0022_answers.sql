-- Tokens wait for the answers to calls of other programs. What is there fits already: nothing is read through.
ALTER TABLE {schema}.process_subscription DROP CONSTRAINT process_subscription_kind_check;
ALTER TABLE {schema}.process_subscription ADD CONSTRAINT process_subscription_kind_check
  CHECK (kind IN ('message', 'signal', 'timer', 'retry', 'condition', 'answer')) NOT VALID;
