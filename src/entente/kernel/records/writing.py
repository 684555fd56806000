"""The database's part of a write: rows in, rows changed, pairs of links, links proved, journal told."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from itertools import chain
from typing import Any, TypeVar
from uuid import UUID

import psycopg
import sqlalchemy as sa
from psycopg import errors
from sqlalchemy.dialects.postgresql import insert

from entente.kernel.access.predicate import lent_by, visible
from entente.kernel.access.prepared import prepared
from entente.kernel.db.copying import Column, copy_meanwhile, portions, same_in_all
from entente.kernel.db.statement import Prepared, marked, prepare
from entente.kernel.db.tx import Tx, rows, run, run_later
from entente.kernel.kit.normal import fold
from entente.kernel.kit.refusal import Conflict, Invalid, Refused
from entente.kernel.metadata.catalog import Catalog, Entity
from entente.kernel.metadata.tables import DELETED, MATCH, SEARCH, Field, targets
from entente.kernel.records.match_keys import compared, keys_to_find, rules_of
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.stroke import forget, is_proven, prove

T = TypeVar("T")


def title_of(entity: Entity, values: Mapping[str, Any]) -> str:
    """What a record is called: the words of its title field."""
    field = entity.fields[entity.definition.title]
    return field.type.words(values.get(field.name))[:300]


def row_of(tx: Tx, entity: Entity, draft: Draft, names: Collection[str]) -> dict[str, Any]:
    """The database values of some fields of a draft, with what it is found by."""
    row: dict[str, Any] = {}
    plain = entity.facets.plain
    for name in names:
        if name in plain:
            row[name] = draft[name]
        else:
            field = entity.fields[name]
            row |= field.type.dump(name, field.definition, draft[name])
    if SEARCH in entity.table.columns:
        row[SEARCH] = search_text(entity, draft)
    is_new = draft.before("version") is None
    if MATCH in entity.table.columns and (is_new or not compared(tx, entity).isdisjoint(names)):
        row[MATCH] = keys_to_find(tx, entity, draft)
    return row


def search_text(entity: Entity, values: Mapping[str, Any]) -> str:
    """The words of a record that search looks into, folded."""
    searched = entity.facets.searched
    words = [field.type.words(value) for field in searched if (value := values.get(field.name)) is not None]
    return " ".join(map(fold, filter(None, words)))[:4000]


@lru_cache(maxsize=256)
def _insert(catalog: Catalog, name: str) -> Prepared:
    table = catalog.entity(name).table
    return prepare(marked(sa.insert(table).values({c.name: sa.bindparam(c.name) for c in table.columns}), name))


def insert_rows(tx: Tx, entity: Entity, drafts: Sequence[Draft], meanwhile: Callable[[], T]) -> T:
    """Insert the drafts in one round trip, and give what was done meanwhile; Refused names the field that is taken."""
    forget(tx, entity.name)
    with told_apart(entity):
        if len(drafts) > 1:
            return _copy_new(tx, entity, drafts, meanwhile)
        row = _new_row(tx, entity, drafts[0], entity.facets.empty_row)
        run_later(tx, _insert(tx.catalog, entity.name), row, partial(_tell, entity))
        return meanwhile()


def _copy_new(tx: Tx, entity: Entity, drafts: Sequence[Draft], meanwhile: Callable[[], T]) -> T:
    """Each portion is made while PostgreSQL takes the one before; meanwhile the connection can be asked nothing."""
    rules_of(tx)
    names = _stored(entity, dict.fromkeys(chain.from_iterable(draft.touched() for draft in drafts)))
    used = {"id", SEARCH, MATCH}.union(*(entity.columns[name] for name in names))
    empty = {name: value for name, value in entity.facets.empty_row.items() if value is not None or name in used}
    columns = (_new_columns(tx, entity, drafts[part], names, empty) for part in portions(len(drafts)))
    return copy_meanwhile(tx, entity.table.name, list(empty), columns, meanwhile)


def _new_columns(
    tx: Tx, entity: Entity, drafts: Sequence[Draft], names: Iterable[str], empty: Mapping[str, Any]
) -> Iterable[Column]:
    made: dict[str, Column] = {name: [value] * len(drafts) for name, value in empty.items()}
    made["id"] = [draft.id for draft in drafts]
    given = [draft.touched() for draft in drafts]
    for name in names:
        values = [draft.get(name) for draft in given]
        made |= {name: values} if name in entity.facets.plain else _dumped(entity, entity.fields[name], values)
    if SEARCH in made:
        made[SEARCH] = [search_text(entity, draft) for draft in drafts]
    if MATCH in made:
        made[MATCH] = [keys_to_find(tx, entity, draft) for draft in drafts]
    return made.values()


def _dumped(entity: Entity, field: Field, values: Column) -> dict[str, Column]:
    once = values[:1] if same_in_all(values) else values
    rows = [field.type.dump(field.name, field.definition, value) for value in once] * (len(values) // len(once))
    return {name: [row[name] for row in rows] for name in entity.columns[field.name]}


def _new_row(tx: Tx, entity: Entity, draft: Draft, empty: Mapping[str, Any]) -> dict[str, Any]:
    return {**empty, "id": draft.id, **row_of(tx, entity, draft, _stored(entity, draft.touched()))}


def _stored(entity: Entity, names: Iterable[str]) -> list[str]:
    return [name for name in names if not entity.fields[name].type.virtual]


def update_row(tx: Tx, entity: Entity, old: Record, draft: Draft) -> None:
    """Write the changed fields of one record; Conflict when its version moved meanwhile."""
    row = row_of(tx, entity, draft, _stored(entity, draft.changed()))
    statement = _update(tx.catalog, entity.name, tuple(row))
    forget(tx, entity.name)
    seen = {"id_seen": draft.id, "version_seen": old.version}
    run_later(tx, statement, {**row, **seen}, partial(_tell_of_one, entity))


@lru_cache(maxsize=1024)
def _update(catalog: Catalog, name: str, columns: tuple[str, ...]) -> Prepared:
    table = catalog.entity(name).table
    seen = (
        table.c.id == sa.bindparam("id_seen", type_=table.c.id.type),
        table.c.version == sa.bindparam("version_seen", type_=table.c.version.type),
    )
    values = {column: sa.bindparam(column, type_=table.c[column].type) for column in columns}
    return prepare(marked(sa.update(table).where(*seen).values(values), name))


def set_deleted(tx: Tx, entity: Entity, record: Record, at: Any) -> None:
    """Put a record into the bin, or take it out again when the moment is nothing."""
    table = entity.table
    forget(tx, entity.name)
    statement = (
        sa.update(table)
        .where(table.c.id == record.id)
        .values({DELETED: at, "version": record.version + 1, "modified_at": tx.clock.now()})
    )
    with told_apart(entity):
        run(tx, marked(statement, entity.name))


def write_pairs(tx: Tx, entity: Entity, draft: Draft) -> None:
    """Bring the pairs of the draft's changed fields of many links to their new targets."""
    for name, pairs in entity.pairs.items():
        if not draft.changes(name):
            continue
        keep = list(draft[name] or ())
        kept = sa.all_(sa.literal(keep, sa.ARRAY(pairs.c.target.type)))
        gone = sa.delete(pairs).where(pairs.c.record == draft.id, pairs.c.target != kept)
        run_later(tx, prepare(marked(gone, entity.name)), {}, partial(_tell, entity))
        if keep:
            ends = sa.select(sa.literal(draft.id), sa.func.unnest(sa.literal(keep, sa.ARRAY(pairs.c.target.type))))
            statement = insert(pairs).from_select(["record", "target"], ends).on_conflict_do_nothing()
            run_later(tx, prepare(marked(statement, entity.name)), {}, partial(_tell, entity))


def prove_links(tx: Tx, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Make sure, in one statement, that every newly linked record exists and may be read; Invalid names the fields."""
    together = {draft.id for draft in drafts}
    doubtful = [
        (target, identity, name)
        for target, identity, name in _new_links(tx, entity, drafts)
        if (target != entity.name or identity not in together) and not is_proven(tx, target, identity)
    ]
    if not doubtful:
        return
    wanted: dict[str, set[UUID]] = {}
    for target, identity, _ in doubtful:
        wanted.setdefault(target, set()).add(identity)
    found = _readable(tx, wanted)
    faults = [
        Refused("field.no_such_record", field=name)
        for target, identity, name in doubtful
        if identity not in found[target]
    ]
    if faults:
        raise Invalid(faults)
    for target, identity, _ in doubtful:
        prove(tx, target, identity)


def _new_links(tx: Tx, entity: Entity, drafts: Sequence[Draft]) -> Iterable[tuple[str, UUID, str]]:
    known = tx.principal.itself
    touched = set().union(*(draft.touched() for draft in drafts))
    for field in entity.facets.linking:
        name = field.name
        if name not in touched:
            continue
        values = [draft[name] for draft in drafts if draft.changes(name)]
        for value in dict.fromkeys(values) if len(values) > 1 else values:
            for target, identity in _ends(field, value):
                if identity not in known:
                    yield target, identity, name


def _ends(field: Field, value: Any) -> list[tuple[str, UUID]]:
    if not value:
        return []
    if field.type.key == "polymorphic":
        return [(value.entity, value.id)]
    target = targets(field.definition)[0]
    return [(target, each) for each in (value if isinstance(value, tuple) else (value,))]


def _readable(tx: Tx, wanted: Mapping[str, set[UUID]]) -> dict[str, set[UUID]]:
    names = tuple(sorted(wanted))
    binds = {f"wanted_{name}": list(wanted[name]) for name in names}
    found: dict[str, set[UUID]] = {name: set() for name in wanted}
    statement = prepared(tx, ("readable", names), partial(_readable_statement, tx, names))
    for row in rows(tx, statement, **binds):
        found[row["entity"]].add(row["id"])
    return found


def _readable_statement(tx: Tx, names: Sequence[str]) -> sa.sql.ClauseElement:
    parts = []
    marks: set[str] = set()
    for name in names:
        target = tx.catalog.entity(name)
        table = target.table
        wanted = sa.bindparam(f"wanted_{name}", type_=sa.ARRAY(table.c.id.type))
        part = sa.select(sa.literal(name).label("entity"), table.c.id)
        parts.append(part.where(table.c.id == sa.any_(wanted), table.c.deleted_at.is_(None), visible(tx, target)))
        marks |= set(lent_by(tx, target))
    statement: sa.sql.ClauseElement = marked(parts[0] if len(parts) == 1 else sa.union_all(*parts), *marks)
    return statement


@contextmanager
def told_apart(entity: Entity) -> Iterator[None]:
    """Turns the database's refusals of a write into refusals that name the field."""
    try:
        yield
    except psycopg.Error as fault:
        _tell(entity, fault)
        raise


def _tell(entity: Entity, became: int | psycopg.Error) -> None:
    if isinstance(became, errors.UniqueViolation):
        raise Refused("field.taken", field=_field(entity, became)) from became
    if isinstance(became, errors.ForeignKeyViolation):
        raise Refused("field.no_such_record", field=_field(entity, became)) from became
    if isinstance(became, errors.CheckViolation | errors.ExclusionViolation):
        raise Refused("record.not_allowed", field=_field(entity, became)) from became
    if isinstance(became, errors.NumericValueOutOfRange):
        raise Refused("field.number_out_of_range") from became


def _tell_of_one(entity: Entity, became: int | psycopg.Error) -> None:
    _tell(entity, became)
    if became == 0:
        raise Conflict()


def _field(entity: Entity, fault: errors.IntegrityError) -> str | None:
    name = fault.diag.constraint_name or ""
    stem = name.removeprefix(f"{entity.name}_").rpartition("_")[0]
    if stem == "unique":
        return entity.definition.unique[int(name.rpartition("_")[2])].fields[0]
    return stem if stem in entity.fields else None
