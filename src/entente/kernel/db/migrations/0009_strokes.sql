-- Letters with strokes are folded by Python as the database folds them, and both by one rule: what was folded is so anew.
SET LOCAL statement_timeout = 0;
DO $$
DECLARE
  found record;
BEGIN
  -- Large indexes are built anew by the job that builds those of an upgrade, beside the work of others.
  FOR found IN
    SELECT i.indexrelid::regclass AS index, c.relname AS name, t.relname AS of_table,
      substring(pg_get_indexdef(i.indexrelid) FROM ' (USING .*)$') AS tail,
      pg_relation_size(t.oid) > 8000000 AND NOT i.indisunique AS is_large
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    WHERE t.relnamespace = '{schema}'::regnamespace AND t.relkind = 'r'
      AND strpos(pg_get_indexdef(i.indexrelid), 'fold(') > 0
  LOOP
    IF found.is_large THEN
      INSERT INTO {schema}.pending_index VALUES (found.name, found.of_table, found.tail) ON CONFLICT DO NOTHING;
    ELSE
      EXECUTE format('REINDEX INDEX %s', found.index);
    END IF;
  END LOOP;
  -- What is searched and compared is made by Python, record by record, in a job.
  FOR found IN
    SELECT DISTINCT c.relname AS entity, n.nspname AS schema
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind = 'r' AND a.attname IN ('search_text', 'match_keys')
  LOOP
    INSERT INTO public.procrastinate_jobs (queue_name, task_name, args) VALUES (
      'bulk', 'records.rematch', jsonb_build_object(
        'organisation', substr(found.schema, 5),
        'cause', jsonb_build_object('id', gen_random_uuid(), 'via', 'job', 'deed', 'records.rematch', 'depth', 0),
        'arguments', jsonb_build_object('entity', found.entity)));
  END LOOP;
END
$$;
