-- What one record needs is not asked of all; the planner knows how few these functions give.
SET LOCAL check_function_bodies = off;

ALTER FUNCTION {schema}.work_holders(uuid) ROWS 10;
ALTER FUNCTION {schema}.work_reports(uuid) ROWS 10;
ALTER FUNCTION {schema}.work_forward(uuid, uuid, timestamptz) ROWS 2;
ALTER FUNCTION {schema}.work_absent(uuid, timestamptz) ROWS 2;

DROP INDEX {schema}.work_item_due;
CREATE INDEX work_item_due ON {schema}.work_item (holder, due_at, id) INCLUDE (task, kind, origin)
  WHERE state IN ('available', 'open');

CREATE INDEX work_item_part ON {schema}.work_item (holder) WHERE source IS NOT NULL AND ended_at IS NULL;
CREATE INDEX work_item_lent ON {schema}.work_item (holder, origin)
  WHERE origin IN ('share', 'ask') AND state IN ('available', 'open');
CREATE INDEX work_item_aside ON {schema}.work_item (holder) WHERE state = 'asleep';

-- The tasks that are in a person's hands, or were within the last 30 days; of one task when it is named.
DROP FUNCTION {schema}.work_entrusted(uuid, timestamptz);
CREATE FUNCTION {schema}.work_entrusted(me uuid, moment timestamptz, wanted uuid)
RETURNS TABLE (id uuid) LANGUAGE plpgsql STABLE ROWS 100 AS $$
DECLARE
  own uuid[] := ARRAY(SELECT h.holder FROM {schema}.work_holders(me) h);
  away uuid[] := ARRAY(SELECT a.person FROM {schema}.work_absent(me, moment) a);
  below uuid[] := ARRAY(SELECT r.person FROM {schema}.work_reports(me) r);
BEGIN
  IF wanted IS NOT NULL THEN
    RETURN QUERY SELECT t.id FROM {schema}.work_task t WHERE t.id = wanted AND EXISTS (
      SELECT 1 FROM {schema}.work_item i WHERE i.task = wanted AND (
        i.holder = ANY (own) AND (i.ended_at IS NULL OR i.ended_at > moment - interval '30 days')
        OR i.holder = ANY (below) AND i.ended_at IS NULL AND t.process <> ''
        OR i.holder = ANY (away) AND i.ended_at IS NULL AND i.kind = 'user'
          AND me = ANY ({schema}.work_substitutes(i.holder, i.task, moment))));
    RETURN;
  END IF;
  RETURN QUERY SELECT i.task FROM {schema}.work_item i WHERE i.holder = ANY (own) AND i.ended_at IS NULL;
  RETURN QUERY SELECT i.task FROM {schema}.work_item i
    WHERE i.holder = ANY (own) AND i.ended_at > moment - interval '30 days';
  IF away <> '{}' THEN
    RETURN QUERY SELECT i.task FROM {schema}.work_item i
      WHERE i.holder = ANY (away) AND i.ended_at IS NULL AND i.kind = 'user'
        AND me = ANY ({schema}.work_substitutes(i.holder, i.task, moment));
  END IF;
  IF below <> '{}' THEN
    RETURN QUERY SELECT i.task FROM {schema}.work_item i JOIN {schema}.work_task t ON t.id = i.task
      WHERE i.holder = ANY (below) AND i.ended_at IS NULL AND t.process <> '';
  END IF;
END $$;
