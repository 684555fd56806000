"""Where a timeline's items come from: the journal and the files in one statement, all activities in another."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from entente.kernel.access.fields import may_use
from entente.kernel.access.predicate import guarded
from entente.kernel.access.prepared import prepared
from entente.kernel.db.statement import MARK, marked
from entente.kernel.db.tx import Row, Tx, engine_rows, rows
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.record import Record

FILED = "document"
# What a timeline tells of an activity: fields whose one column is already plain.
TOLD = frozenset(
    {
        *("text", "long_text", "rich_text", "choice", "multi_choice", "boolean", "integer", "decimal", "percent"),
        *("duration", "date", "datetime", "link", "url", "auto_number"),
    }
)
MOST_FIELDS = 45


class Place(msgspec.Struct, frozen=True):
    """A place in a timeline: items behind it are older, or as old with a smaller key."""

    at: datetime
    key: str


START = Place(datetime(9999, 1, 1, tzinfo=UTC), "~")

_JOURNAL = """
SELECT * FROM (
  SELECT 'change' AS kind, 'j' || lpad(j.id::text, 20, '0') AS key, j.at, j.actor, j.actor_name, j.via, j.cause,
    j.deed, j.entity, j.record, j.changes AS doc
  FROM {schema}.journal j
  WHERE j.entity = s.entity AND j.record = s.record AND j.at <= %(at)s
    AND (j.deed <> 'update' OR j.changes <> jsonb_build_object())
    AND (j.at < %(at)s OR ('j' || lpad(j.id::text, 20, '0')) COLLATE "C" < %(key)s)
  ORDER BY j.at DESC, j.id DESC LIMIT %(limit)s) lines
"""
_FILES = """
SELECT * FROM (
  SELECT 'file' AS kind, 'f' || f.id AS key, f.created_at AS at, f.created_by AS actor, '' AS actor_name, '' AS via,
    NULL::uuid AS cause, 'create' AS deed, f.entity, f.record,
    jsonb_build_object('id', f.id, 'name', f.name, 'mime', f.mime, 'size', f.size) AS doc
  FROM {schema}.file f
  WHERE f.entity = s.entity AND f.record = s.record AND f.created_at <= %(at)s
    AND (f.created_at < %(at)s OR ('f' || f.id) COLLATE "C" < %(key)s)
  ORDER BY f.created_at DESC, f.id DESC LIMIT %(limit)s) files
"""


def engine_lines(tx: Tx, subjects: Sequence[Ref], place: Place, limit: int, *, changes: bool, files: bool) -> list[Row]:
    """Lines of the journal and files of readable records behind a place, at most `limit` of each record and kind."""
    wanted = [part for part, asked in ((_JOURNAL, changes), (_FILES, files)) if asked]
    return engine_rows(
        tx,
        "SELECT x.* FROM unnest(%(entities)s::text[], %(records)s::uuid[]) AS s (entity, record)"  # noqa: S608 - own text
        f" CROSS JOIN LATERAL ({' UNION ALL '.join(wanted)}) x",
        entities=[each.entity for each in subjects],
        records=[each.id for each in subjects],
        at=place.at,
        key=place.key,
        limit=limit,
    )


def kinds_about(tx: Tx, entity: Entity, record: Record) -> frozenset[str]:
    """The activities, documents among them, of which one regards the record or what it was made from, readable or not.

    Asking only these spares PostgreSQL the planning of statements about kinds that have nothing to say.
    """
    ends = [(targets(field.definition)[0], record.get(field.name)) for field in lineage(tx, entity)]
    subjects = [(entity.name, record.id), *(end for end in ends if end[1] is not None)]
    fields = regarding_fields(tx, [name for name, _ in subjects])
    if not fields:
        return frozenset()
    names = tuple(each.name for each, _ in fields)
    found = rows(tx, prepared(tx, ("kinds about", names), partial(_any_of, fields)), about=[end for _, end in subjects])
    return frozenset(each["kind"] for each in found)


def _any_of(fields: Sequence[tuple[Entity, Field]]) -> sa.sql.ClauseElement:
    about = sa.bindparam("about", type_=sa.ARRAY(PG_UUID(as_uuid=True)))
    parts = [
        sa.select(sa.literal(entity.name).label("kind")).where(
            sa.exists().where(entity.table.c[field.name] == sa.any_(about))
        )
        for entity, field in fields
    ]
    made: sa.sql.ClauseElement = marked(sa.union_all(*parts), *(entity.name for entity, _ in fields))
    return made


def activities(
    tx: Tx,
    subjects: Sequence[Ref],
    place: Place,
    limit: int,
    *,
    pinned: bool = False,
    among: Collection[str] | None = None,
) -> list[Row]:
    """Activities and documents (`among` these kinds, if given) that regard the records, behind a place.

    At most `limit` of each entity.
    """
    kinds = tuple(each.entity for each in subjects)
    sources = [each for each in _sources(tx, kinds, pinned=pinned) if among is None or each[0].name in among]
    if not sources:
        return []
    key = ("activities", kinds, tuple(entity.name for entity, _ in sources), limit, pinned)
    statement = prepared(tx, key, partial(_all, tx, sources, kinds, limit, pinned=pinned))
    ids = {_subject(at): each.id for at, each in enumerate(subjects)}
    return rows(tx, statement, behind_at=place.at, behind_key=place.key, **ids)


def _subject(at: int) -> str:
    return f"subject_{at}"


def _sources(tx: Tx, kinds: Sequence[str], *, pinned: bool) -> list[tuple[Entity, Field]]:
    return [(entity, field) for entity, field in regarding_fields(tx, kinds) if not pinned or "pinned" in entity.fields]


def _all(
    tx: Tx, sources: Sequence[tuple[Entity, Field]], kinds: Sequence[str], limit: int, *, pinned: bool
) -> sa.sql.ClauseElement:
    """The statement over several kinds of activities; the subjects' ids and the place are bound when it runs."""
    limited = [_limited(_activity(tx, entity, field, kinds), limit, pinned=pinned) for entity, field in sources]
    marks = {name for part in limited for name in part.get_execution_options().get(MARK, ())}
    made: sa.sql.ClauseElement = marked(limited[0] if len(limited) == 1 else sa.union_all(*limited), *marks)
    return made


def regarding_fields(tx: Tx, kinds: Sequence[str]) -> list[tuple[Entity, Field]]:
    """Every activity of the catalog with its field that may point to records of one of the entities."""
    wanted = set(kinds)
    found = []
    for entity in tx.catalog.entities.values():
        if not entity.definition.activity and entity.name != FILED:
            continue
        for field in entity.fields.values():
            if field.type.key == "polymorphic" and wanted & set(targets(field.definition)):
                found.append((entity, field))
                break
    return found


def _activity(tx: Tx, entity: Entity, field: Field, kinds: Sequence[str]) -> sa.Select[Any]:
    table = entity.table
    end, kind = table.c[field.name], table.c[field.name + "_type"]
    meant = [(at, name) for at, name in enumerate(kinds) if name in targets(field.definition)]
    regards = sa.or_(*(sa.and_(end == sa.bindparam(_subject(at), type_=end.type), kind == name) for at, name in meant))
    done = table.c.done_at if "done_at" in entity.fields else sa.null()
    source: sa.FromClause = table
    file: sa.ColumnElement[Any] = sa.cast(sa.null(), JSONB())
    held = next((each for each in entity.fields.values() if each.type.key == "file"), None)
    if held is not None and may_use(tx, entity.name, held.name):
        stored = file_table(tx.catalog.schema)
        source = table.outerjoin(stored, stored.c.id == table.c[held.name])
        named = [(sa.literal(name), stored.c[name]) for name in ("id", "name", "mime", "size")]
        file = sa.case(
            (stored.c.id.is_not(None), sa.func.jsonb_build_object(*(each for pair in named for each in pair)))
        )
    statement = sa.select(
        sa.literal(entity.name).label("kind"),
        (sa.literal("a") + sa.cast(table.c.id, sa.Text())).label("key"),
        sa.func.coalesce(done, table.c.created_at).label("at"),
        table.c.created_by.label("actor"),
        table.c[field.name + "_type"].label("entity"),
        table.c[field.name].label("record"),
        table.c.id.label("id"),
        _told(tx, entity).label("doc"),
        sa.type_coerce(file, JSONB()).label("file"),
    )
    return guarded(tx, statement.select_from(source).where(regards), entity)


def _told(tx: Tx, entity: Entity) -> sa.ColumnElement[Any]:
    names = [
        name
        for name in (*entity.definition.fields, *(("owner",) if "owner" in entity.fields else ()))
        if entity.fields[name].type.key in TOLD and may_use(tx, entity.name, name)
    ]
    pairs = [(sa.literal(name), entity.table.c[name]) for name in names[:MOST_FIELDS]]
    return sa.type_coerce(sa.func.jsonb_build_object(*(each for pair in pairs for each in pair)), JSONB())


def _limited(part: sa.Select[Any], limit: int, *, pinned: bool) -> sa.Select[Any]:
    options = part.get_execution_options()
    made = part.subquery()
    key = sa.collate(made.c.key, "C")
    last = sa.bindparam("behind_at", type_=sa.DateTime(timezone=True))
    last_key = sa.bindparam("behind_key", type_=sa.Text())
    behind = sa.or_(made.c.at < last, sa.and_(made.c.at == last, key < last_key))
    statement = sa.select(made).where(behind).order_by(made.c.at.desc(), key.desc()).limit(limit)
    if pinned:
        statement = statement.where(made.c.doc["pinned"].as_boolean())
    return statement.execution_options(**options)


def file_table(schema: str) -> sa.TableClause:
    """The engine's table of files."""
    identity = PG_UUID(as_uuid=True)
    return sa.table(
        "file",
        sa.column("id", identity),
        sa.column("name", sa.Text()),
        sa.column("mime", sa.Text()),
        sa.column("size", sa.BigInteger()),
        schema=schema,
    )


def lineage(tx: Tx, entity: Entity) -> list[Field]:
    """The links of an entity to the records that its own were made from."""
    return [
        field for field in entity.fields.values() if field.definition.lineage and may_use(tx, entity.name, field.name)
    ]
