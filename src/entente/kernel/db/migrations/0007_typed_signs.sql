-- What is searched has apostrophes, quotation marks and dashes as keyboards have them, as what is searched for has.
SET LOCAL statement_timeout = 0;
DO $$
DECLARE
  of_entity regclass;
BEGIN
  FOR of_entity IN
    SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind = 'r' AND a.attname = 'search_text'
  LOOP
    EXECUTE format(
      'UPDATE %s SET search_text = translate(search_text, %L, %L) WHERE search_text ~ %L',
      of_entity, '‘’‛′“”‟″‐‑‒–—―', '''''''''""""------', '[‘’‛′“”‟″‐‑‒–—―]');
  END LOOP;
END
$$;
