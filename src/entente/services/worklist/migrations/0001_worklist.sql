-- What a worklist knows of a task beyond its record, which has the same id.
CREATE TABLE {schema}.work_task (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('active', 'completed', 'cancelled', 'expired')),
  subject text NOT NULL,
  entity text,
  record uuid,
  process text NOT NULL DEFAULT '',
  element text NOT NULL DEFAULT '',
  instance uuid,
  token int,
  plan text NOT NULL DEFAULT 'once' CHECK (plan IN ('once', 'parallel', 'sequential')),
  slots int NOT NULL DEFAULT 1 CHECK (slots > 0),
  outcomes jsonb NOT NULL DEFAULT '[]',
  rule text NOT NULL DEFAULT '',
  otherwise text NOT NULL DEFAULT '',
  form text NOT NULL DEFAULT '',
  redirectable boolean NOT NULL DEFAULT true,
  queue jsonb NOT NULL DEFAULT '[]',
  calendar text NOT NULL DEFAULT '',
  expected_minutes int,
  priority smallint NOT NULL DEFAULT 50 CHECK (priority BETWEEN 0 AND 100),
  created_at timestamptz NOT NULL,
  follow_up_at timestamptz,
  due_at timestamptz,
  yellow_at timestamptz,
  red_at timestamptz,
  outcome text NOT NULL DEFAULT '',
  ended_at timestamptz,
  ended_by uuid,
  lock_version int NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX work_task_token ON {schema}.work_task (instance, token)
  WHERE instance IS NOT NULL AND state = 'active';
CREATE INDEX work_task_instance ON {schema}.work_task (instance) WHERE instance IS NOT NULL;
CREATE INDEX work_task_record ON {schema}.work_task (record) WHERE record IS NOT NULL AND state = 'active';

-- One for each destination; order and flags of a list are read from here alone. A task that is never due is due last.
CREATE TABLE {schema}.work_item (
  id uuid PRIMARY KEY,
  task uuid NOT NULL REFERENCES {schema}.work_task ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('user', 'team', 'role')),
  holder uuid NOT NULL,
  original uuid,
  state text NOT NULL
    CHECK (state IN ('available', 'open', 'allocated', 'asleep', 'done', 'moved', 'withdrawn')),
  origin text NOT NULL CHECK (origin IN ('rule', 'redirect', 'share', 'ask', 'escalation', 'record')),
  source uuid,
  position int NOT NULL DEFAULT 0,
  outcomes text[],
  question text NOT NULL DEFAULT '',
  asked_by uuid,
  opened_by uuid,
  opened_at timestamptz,
  wake_at timestamptz,
  outcome text NOT NULL DEFAULT '',
  comment text NOT NULL DEFAULT '',
  acted_by uuid,
  acted_for uuid,
  channel text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  ended_at timestamptz,
  due_at timestamptz NOT NULL DEFAULT 'infinity',
  priority smallint NOT NULL DEFAULT 50
);
CREATE INDEX work_item_task ON {schema}.work_item (task);
CREATE INDEX work_item_due ON {schema}.work_item (holder, due_at, id) WHERE state IN ('available', 'open');
CREATE INDEX work_item_new ON {schema}.work_item (holder, id DESC) WHERE state IN ('available', 'open');
CREATE INDEX work_item_first ON {schema}.work_item (holder, priority DESC, due_at, id)
  WHERE state IN ('available', 'open');
CREATE INDEX work_item_live ON {schema}.work_item (holder) WHERE ended_at IS NULL;
CREATE INDEX work_item_ended ON {schema}.work_item (holder, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX work_item_asleep ON {schema}.work_item (wake_at) WHERE state = 'asleep';

-- What happened to a task and its items; rows are only added.
CREATE TABLE {schema}.task_event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task uuid NOT NULL REFERENCES {schema}.work_task ON DELETE CASCADE,
  item uuid,
  at timestamptz NOT NULL,
  verb text NOT NULL,
  actor uuid,
  acted_for uuid,
  channel text NOT NULL,
  detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX task_event_task ON {schema}.task_event (task, id);

-- Reminders and escalations that are still to come, each with its next moment.
CREATE TABLE {schema}.work_escalation (
  id uuid PRIMARY KEY,
  task uuid NOT NULL REFERENCES {schema}.work_task ON DELETE CASCADE,
  due_at timestamptz NOT NULL,
  every text NOT NULL DEFAULT '',
  turns_left int,
  late boolean NOT NULL DEFAULT false,
  plan jsonb NOT NULL
);
CREATE INDEX work_escalation_due ON {schema}.work_escalation (due_at);
CREATE INDEX work_escalation_task ON {schema}.work_escalation (task);

-- Exceptions of absences whose condition held for a task.
CREATE TABLE {schema}.absence_match (
  exception uuid NOT NULL,
  task uuid NOT NULL REFERENCES {schema}.work_task ON DELETE CASCADE,
  PRIMARY KEY (exception, task)
);

-- The functions below read tables of entities, which are made after this one.
SET LOCAL check_function_bodies = off;

-- A person, his teams and his roles.
CREATE FUNCTION {schema}.work_holders(me uuid) RETURNS TABLE (holder uuid) LANGUAGE sql STABLE AS $$
  SELECT me
  UNION SELECT u.team FROM {schema}."user" u WHERE u.id = me AND u.team IS NOT NULL
  UNION SELECT t.target FROM {schema}.user__teams t WHERE t.record = me
  UNION SELECT r.target FROM {schema}.user__roles r WHERE r.record = me
$$;

-- Everyone below a person in the line of managers.
CREATE FUNCTION {schema}.work_reports(me uuid) RETURNS TABLE (person uuid) LANGUAGE sql STABLE AS $$
  WITH RECURSIVE below (person, depth) AS (
    SELECT u.id, 1 FROM {schema}."user" u WHERE u.manager = me AND u.id <> me AND u.deleted_at IS NULL
    UNION
    SELECT u.id, b.depth + 1 FROM {schema}."user" u JOIN below b ON u.manager = b.person
    WHERE b.depth < 10 AND u.id <> me AND u.deleted_at IS NULL
  )
  SELECT DISTINCT b.person FROM below b
$$;

-- Who stands in for an absent person at a moment for one task: an exception that fits it, else the absence itself.
CREATE FUNCTION {schema}.work_forward(absent uuid, wanted uuid, moment timestamptz)
RETURNS TABLE (person uuid) LANGUAGE sql STABLE AS $$
  SELECT unnest(coalesce(
    (SELECT array_agg(x.target)
     FROM {schema}.absence_exception e JOIN {schema}.absence_exception__substitutes x ON x.record = e.id
     WHERE e.absence = a.id AND e.deleted_at IS NULL
       AND (e.process IS NULL OR e.process = t.process) AND (e.element IS NULL OR e.element = t.element)
       AND (e.condition IS NULL OR EXISTS (
         SELECT 1 FROM {schema}.absence_match m WHERE m.exception = e.id AND m.task = t.id))),
    (SELECT array_agg(s.target) FROM {schema}.absence__substitutes s WHERE s.record = a.id),
    '{}'::uuid[]))
  FROM {schema}.absence a JOIN {schema}.work_task t ON t.id = wanted
  WHERE a.person = absent AND a.deleted_at IS NULL AND a.starts_at <= moment AND moment < a.ends_at
    AND (a.include_private OR t.process <> '')
  UNION
  SELECT u.substitute FROM {schema}."user" u JOIN {schema}.work_task t ON t.id = wanted
  WHERE u.id = absent AND u.substitute IS NOT NULL AND t.process <> ''
    AND (moment AT TIME ZONE u.timezone)::date BETWEEN u.absent_from AND u.absent_until
$$;

-- Everyone whom the absence of a person leads to, through three at the most who are absent themselves.
CREATE FUNCTION {schema}.work_substitutes(absent uuid, wanted uuid, moment timestamptz)
RETURNS uuid[] LANGUAGE sql STABLE AS $$
  WITH RECURSIVE chain (person, depth, path) AS (
    SELECT absent, 0, ARRAY[absent]
    UNION ALL
    SELECT f.person, c.depth + 1, c.path || f.person
    FROM chain c CROSS JOIN LATERAL {schema}.work_forward(c.person, wanted, moment) f
    WHERE c.depth < 3 AND NOT f.person = ANY (c.path)
  )
  SELECT coalesce(array_agg(DISTINCT person), '{}') FROM chain WHERE depth > 0
$$;

-- Whose absence may lead to a person, whatever the task: the few to look at closely.
CREATE FUNCTION {schema}.work_absent(me uuid, moment timestamptz)
RETURNS TABLE (person uuid) LANGUAGE sql STABLE AS $$
  WITH RECURSIVE edge (absent, substitute) AS (
    SELECT a.person, s.target FROM {schema}.absence a JOIN {schema}.absence__substitutes s ON s.record = a.id
    WHERE a.deleted_at IS NULL AND a.starts_at <= moment AND moment < a.ends_at
    UNION
    SELECT a.person, x.target FROM {schema}.absence a
    JOIN {schema}.absence_exception e ON e.absence = a.id AND e.deleted_at IS NULL
    JOIN {schema}.absence_exception__substitutes x ON x.record = e.id
    WHERE a.deleted_at IS NULL AND a.starts_at <= moment AND moment < a.ends_at
    UNION
    SELECT u.id, u.substitute FROM {schema}."user" u
    WHERE u.substitute IS NOT NULL AND (moment AT TIME ZONE u.timezone)::date BETWEEN u.absent_from AND u.absent_until
  ), back (person, depth, path) AS (
    SELECT me, 0, ARRAY[me]
    UNION ALL
    SELECT e.absent, b.depth + 1, b.path || e.absent FROM back b JOIN edge e ON e.substitute = b.person
    WHERE b.depth < 3 AND NOT e.absent = ANY (b.path)
  )
  SELECT DISTINCT b.person FROM back b WHERE b.depth > 0
$$;

-- The tasks that are in a person's hands, or were within the last 30 days.
CREATE FUNCTION {schema}.work_entrusted(me uuid, moment timestamptz)
RETURNS TABLE (id uuid) LANGUAGE sql STABLE AS $$
  SELECT i.task FROM {schema}.work_item i
  WHERE i.holder IN (SELECT h.holder FROM {schema}.work_holders(me) h) AND i.ended_at IS NULL
  UNION
  SELECT i.task FROM {schema}.work_item i
  WHERE i.holder IN (SELECT h.holder FROM {schema}.work_holders(me) h)
    AND i.ended_at > moment - interval '30 days'
  UNION
  SELECT i.task FROM {schema}.work_item i
  WHERE i.holder IN (SELECT a.person FROM {schema}.work_absent(me, moment) a) AND i.ended_at IS NULL
    AND i.kind = 'user' AND me = ANY ({schema}.work_substitutes(i.holder, i.task, moment))
  UNION
  SELECT i.task FROM {schema}.work_item i JOIN {schema}.work_task t ON t.id = i.task
  WHERE i.holder IN (SELECT r.person FROM {schema}.work_reports(me) r) AND i.ended_at IS NULL AND t.process <> ''
$$;

-- Tasks of an installation from before there was a worklist.
DO $$
BEGIN
  IF to_regclass('{schema}.task') IS NOT NULL THEN
    INSERT INTO {schema}.work_task (id, state, subject, entity, record, created_at, due_at, red_at, priority)
    SELECT t.id, 'active', t.subject, t.regarding_type, t.regarding, t.created_at, t.due_on + 1, t.due_on + 1,
      CASE t.priority WHEN 'low' THEN 25 WHEN 'high' THEN 75 WHEN 'urgent' THEN 100 ELSE 50 END
    FROM {schema}.task t WHERE t.deleted_at IS NULL AND t.status NOT IN ('completed', 'canceled');
    INSERT INTO {schema}.work_item (id, task, kind, holder, state, origin, created_at, due_at, priority)
    SELECT gen_random_uuid(), w.id, 'user', t.owner, 'available', 'record', w.created_at,
      coalesce(w.due_at, 'infinity'), w.priority
    FROM {schema}.work_task w JOIN {schema}.task t ON t.id = w.id WHERE t.owner IS NOT NULL;
  END IF;
END $$;
