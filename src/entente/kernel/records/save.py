"""The one write path: prepare, derive, check, write, journal, react, in the caller's transaction.

What happens after the commit (`follow`) is fed from the journal's outbox.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from entente.kernel.access.predicate import guarded, lent_by, visible
from entente.kernel.access.prepared import prepared
from entente.kernel.db.copying import same_in_all
from entente.kernel.db.statement import marked
from entente.kernel.db.tx import Tx, row, rows
from entente.kernel.db.versions import bump_access
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.principal import Privilege
from entente.kernel.kit.refusal import Conflict, Forbidden, NotFound, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.forms import Rule
from entente.kernel.metadata.tables import targets
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.dependants import going_along
from entente.kernel.records.form_rules import rules_of
from entente.kernel.records.formulas import holds
from entente.kernel.records.journal import Changes, Line, Told, changes_since, numbered, worded, write_lines
from entente.kernel.records.pipeline import run_stages, take_defaults, take_values
from entente.kernel.records.reading import columns_of, linked, record_of
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.series import give_numbers
from entente.kernel.records.stroke import LOCKED, prove, recall, remember
from entente.kernel.records.writing import insert_rows, prove_links, set_deleted, title_of, update_row, write_pairs

DEEPEST = 8
RIGHTS = frozenset({"user", "team", "business_unit", "role"})
OWNERSHIP = ("owner", "team", "unit")
Change = tuple[Record, Draft]
Work = Callable[[], None] | None


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """One record to be written: new when it has no id (or `create`), else changed from the version that was seen."""

    values: Mapping[str, Any]
    id: UUID | None = None
    version: int | None = None
    create: bool = False
    clean: bool = False  # the values are those that the fields' types have made of an input already
    also: Mapping[str, Any] = {}  # what the caller gives on the engine's behalf, whatever the principal may write
    at: datetime | None = None  # the moment of creation of data that is older than its record (imports, demo)


def save(
    tx: Tx,
    entity: str,
    values: Mapping[str, Any],
    *,
    id: UUID | None = None,
    version: int | None = None,
    trusted: bool = False,
    also: Mapping[str, Any] | None = None,
) -> Record:
    """The record as written; NotFound, Forbidden, Conflict, Invalid or Refused when it may not be.

    `also` are values of fields that the principal may not write himself.
    """
    return save_many(tx, entity, [Write(values=values, id=id, version=version, also=also or {})], trusted=trusted)[0]


def save_many(tx: Tx, entity: str, writes: Sequence[Write], *, trusted: bool = False) -> list[Record]:
    """The records as written, in order, or nothing at all: the first refusal ends the whole."""
    made = tx.catalog.entity(entity)
    if tx.cause.depth > DEEPEST:
        raise Refused("record.too_deep", deed=tx.cause.deed)
    created = [_draft_new(tx, made, write, trusted) for write in writes if write.id is None or write.create]
    changed = [_draft_change(tx, made, write, trusted) for write in writes if not (write.id is None or write.create)]
    rules = _binding(tx, made, trusted)
    for draft in created:
        run_stages(tx, made, None, draft, rules)
    for old, draft in changed:
        run_stages(tx, made, old, draft, rules)
    _write(tx, made, created, changed)
    new = iter([_as_record(made, draft) for draft in created])
    kept = iter([_as_record(made, draft) if draft.changed() else old for old, draft in changed])
    return [next(new) if write.id is None or write.create else next(kept) for write in writes]


def _binding(tx: Tx, entity: Entity, trusted: bool) -> tuple[Rule, ...]:
    """Rules bind people: what the engine, a process or a rule of the house writes is not a form that was filled in."""
    return () if trusted or tx.principal.is_system else rules_of(tx, entity)


def draft(tx: Tx, entity: str, write: Write) -> Draft:
    """A new record completed and checked by every stage, not written yet; refused as by `save`."""
    made = tx.catalog.entity(entity)
    new = _draft_new(tx, made, write, trusted=False)
    run_stages(tx, made, None, new, _binding(tx, made, trusted=False))
    return new


def write_drafts(tx: Tx, entity: str, drafts: Sequence[Draft], meanwhile: Work) -> None:
    """Write what `draft` has made, with their journal lines; Refused when the database or a link says no.

    `meanwhile` is done once all rows are on their way to the database, which can be asked nothing within.
    """
    _write(tx, tx.catalog.entity(entity), drafts, (), meanwhile)


def _draft_new(tx: Tx, entity: Entity, write: Write, trusted: bool) -> Draft:
    if not trusted and tx.principal.depth(entity.name, "create") == "none":
        raise Forbidden("access.create", entity=entity.label.to(tx.language))
    at = write.at or tx.clock.now()
    draft = Draft(entity.name, write.id or new_id(), {}, at)
    _take(tx, entity, draft, write, trusted)
    take_defaults(tx, entity, draft)
    if not trusted:
        _may_give(tx, entity, draft)
        _may_add(tx, entity, draft)
    who = tx.principal.user_id
    for name, value in (("created_at", at), ("modified_at", at), ("created_by", who), ("modified_by", who)):
        if name not in draft.given:
            draft[name] = value
    draft["version"] = 1
    return draft


def _take(tx: Tx, entity: Entity, draft: Draft, write: Write, trusted: bool) -> None:
    take_values(tx, entity, draft, write.values, trusted=trusted, clean=write.clean)
    if write.also:
        given = draft.given
        take_values(tx, entity, draft, write.also, trusted=True)
        draft.given |= given


def _may_give(tx: Tx, entity: Entity, draft: Draft) -> None:
    """A new record may be given to another, and an old one handed on, only with the right to assign."""
    given = [name for name in OWNERSHIP if name in draft.given and draft.changes(name)]
    if not given or tx.principal.depth(entity.name, "assign") != "none":
        return
    own = {tx.principal.user_id, tx.principal.unit_id, *tx.principal.team_ids, None}
    for name in given:
        if draft[name] not in own or draft.get("version"):
            raise Forbidden("access.assign", field=name, entity=entity.label.to(tx.language))


def _may_add(tx: Tx, entity: Entity, draft: Draft) -> None:
    """A part of another record is added, or moved there, by those who may change that one; activities by readers."""
    made = entity.definition
    name = made.through if made.access == "through" and not made.activity else None
    if name is None or draft[name] is None or not draft.changes(name):
        return
    whole = draft[name]
    if not isinstance(whole, Ref):
        whole = Ref(targets(entity.field(name).definition)[0], whole)
    lock(tx, tx.catalog.entity(whole.entity), whole.id, "update")


def _draft_change(tx: Tx, entity: Entity, write: Write, trusted: bool) -> tuple[Record, Draft]:
    old = lock(tx, entity, write.id, "update", trusted=trusted)
    if write.version is not None and write.version != old.version:
        raise Conflict(theirs=changes_since(tx, entity, old.id, write.version), version=old.version)
    draft = Draft(entity.name, old.id, old, tx.clock.now())
    _take(tx, entity, draft, write, trusted)
    if not draft.given.isdisjoint(entity.pairs):
        draft = _with_old_links(tx, entity, draft, old)
    if not trusted:
        _may_give(tx, entity, draft)
        _may_add(tx, entity, draft)
    return old, draft


def _with_old_links(tx: Tx, entity: Entity, draft: Draft, old: Record) -> Draft:
    """The draft over an old record that also tells its many links, so that equal ones count as unchanged."""
    links = {name: tuple(linked(tx, entity, entity.fields[name], [old.id]).get(old.id, ())) for name in entity.pairs}
    fuller = Draft(draft.entity, draft.id, {**old, **links}, draft.at)
    for name, value in draft.changed().items():
        fuller[name] = tuple(sorted(value)) if name in links else value
    fuller.given = draft.given
    return fuller


def lock(tx: Tx, entity: Entity, identity: UUID | None, privilege: Privilege, *, trusted: bool = False) -> Record:
    """The record, locked for this transaction; NotFound when it may not be read, Forbidden when not so changed.

    A trusted writer acts for the system: the record only has to exist.
    """
    fields, table = entity.facets.stored, entity.table
    system = tx.acting_as(msgspec.structs.replace(tx.principal, system_reason="write", field_rules={}))
    asker = system if trusted else tx

    def build() -> sa.Select[Any]:
        wanted = table.c.id == sa.bindparam("identity", type_=table.c.id.type)
        statement = guarded(asker, sa.select(*columns_of(entity, fields)).where(wanted), entity, privilege)
        return statement.with_for_update(of=table, key_share=True)

    read = partial(row, asker, prepared(asker, ("lock", entity.name, privilege), build), identity=identity)
    found = recall(tx, entity.name, (LOCKED, identity), read) if trusted else read()
    if found is None:
        if row(tx, guarded(tx, sa.select(table.c.id).where(table.c.id == identity), entity)) is None:
            raise NotFound("record.not_found", entity=entity.label.to(tx.language))
        raise Forbidden(f"access.{privilege}", entity=entity.label.to(tx.language))
    return record_of(system, entity, found, fields)


def _write(tx: Tx, entity: Entity, created: Sequence[Draft], changed: Sequence[Change], work: Work = None) -> None:
    moved = [(old, draft) for old, draft in changed if draft.changed()]
    give_numbers(tx, entity, created)
    prove_links(tx, entity, [*created, *(draft for _, draft in moved)])
    for old, draft in moved:
        draft["version"] = old.version + 1
        draft["modified_at"] = draft.at
        draft["modified_by"] = tx.principal.user_id
        update_row(tx, entity, old, draft)
    told: list[Told] = []
    if created:
        numbers = numbered(tx, len(created)) if entity.definition.journal else []
        told.append(insert_rows(tx, entity, created, partial(_told_first, tx, entity, created, numbers, work)))
        for draft in created:
            prove(tx, entity.name, draft.id)
    for draft in (*created, *(draft for _, draft in moved)) if entity.pairs else ():
        write_pairs(tx, entity, draft)
    if moved:
        told.append([_line(entity, "update", draft, _changes(entity, draft)) for _, draft in moved])
    _finish(tx, entity, told, [(None, draft) for draft in created] + list(moved))


def _finish(tx: Tx, entity: Entity, told: Sequence[Told], pairs: Sequence[tuple[Record | None, Draft]]) -> None:
    if entity.definition.journal:
        for lines in told:
            write_lines(tx, lines)
    elif tx.stroke is None:
        tx.connection.settle()
    if entity.name in RIGHTS and told:
        bump_access(tx)
    for _, draft in pairs if tx.stroke else ():
        remember(tx, entity.name, draft.id, _as_record(entity, draft))
    reactions = entity.own_code("react")
    if not reactions:
        return
    deeper = tx.acting_as(tx.principal, msgspec.structs.replace(tx.cause, depth=tx.cause.depth + 1))
    for old, draft in pairs:
        record = _as_record(entity, draft)
        for behaviour in reactions:
            behaviour.function(deeper, old, record)


def _line(entity: Entity, deed: str, draft: Draft, changes: Changes) -> Line:
    backdated = draft.at if deed == "create" else None
    return Line(deed, entity.name, draft.id, draft["version"], title_of(entity, draft), changes, at=backdated)


def _changes(entity: Entity, draft: Draft) -> Changes:
    audited = entity.facets.audited
    return {
        name: (audited[name].plain(draft.before(name)), audited[name].plain(value))
        for name, value in draft.changed().items()
        if name in audited
    }


def _first_values(entity: Entity, draft: Draft) -> Changes:
    return {
        name: (kind.plain(None), kind.plain(value))
        for name, value in draft.touched().items()
        if value is not None and (kind := entity.facets.audited.get(name)) and not kind.is_empty(value)
    }


def _told_first(tx: Tx, entity: Entity, drafts: Sequence[Draft], numbers: Sequence[int], meanwhile: Work) -> Told:
    """What is told of the new records, ready to be sent where its numbers are known; the database is not asked."""
    if meanwhile:
        meanwhile()
    lines = _first_lines(entity, drafts)
    return worded(tx, lines, numbers) if numbers else lines


def _first_lines(entity: Entity, drafts: Sequence[Draft]) -> list[Line]:
    """What is told of each new record; a value that all have in common is worked out once."""
    if len(drafts) == 1:
        return [_line(entity, "create", drafts[0], _first_values(entity, drafts[0]))]
    common: dict[str, tuple[Any, Any]] = {}
    told: list[dict[str, tuple[Any, Any]]] = [{} for _ in drafts]
    given = [draft.touched() for draft in drafts]
    for name in dict.fromkeys(chain.from_iterable(given)):
        known = entity.facets.audited.get(name)
        if known is None:
            continue
        values = [values.get(name) for values in given]
        nothing = known.plain(None)
        for value, changes in zip(values, [common] if same_in_all(values) else told, strict=False):
            if value is not None and not known.is_empty(value):
                changes[name] = (nothing, known.plain(value))
    return [_line(entity, "create", draft, {**common, **told[at]}) for at, draft in enumerate(drafts)]


def _as_record(entity: Entity, draft: Draft) -> Record:
    if draft.record is None:
        draft.record = Record(entity.name, draft.id, draft["version"], draft.whole(entity.facets.nothing))
    return draft.record


def delete(tx: Tx, entity: str, identity: UUID, *, version: int | None = None, trusted: bool = False) -> None:
    """Put a record into the bin with all that goes along; Refused when another record needs it."""
    made = tx.catalog.entity(entity)
    old = lock(tx, made, identity, "delete", trusted=trusted)
    if version is not None and version != old.version:
        raise Conflict(theirs=changes_since(tx, made, old.id, version), version=old.version)
    if made.definition.kept_while and not trusted and holds(tx, made, made.definition.kept_while, old):
        raise Refused("record.kept", entity=made.label.to(tx.language))
    along = going_along(tx, made, old.id)
    set_deleted(tx, made, old, tx.clock.now())
    _told(tx, made, "delete", old)
    for name, each in along:
        delete(tx, name, each, trusted=True)


def restore(tx: Tx, entity: str, identity: UUID, *, trusted: bool = False) -> Record:
    """Take a record out of the bin; NotFound when it is not there for the principal."""
    made = tx.catalog.entity(entity)
    fields, table = made.facets.stored, made.table
    statement = sa.select(*columns_of(made, fields)).where(
        table.c.id == identity,
        table.c.deleted_at.is_not(None),
        sa.true() if trusted else visible(tx, made, "delete"),
    )
    found = rows(tx, marked(statement.with_for_update(of=table), *lent_by(tx, made)))
    if not found:
        raise NotFound("record.not_found", entity=made.label.to(tx.language))
    old = record_of(tx, made, found[0], fields)
    set_deleted(tx, made, old, None)
    _told(tx, made, "restore", old)
    return old


def _told(tx: Tx, entity: Entity, deed: str, old: Record) -> None:
    if entity.definition.journal:
        write_lines(tx, [Line(deed, entity.name, old.id, old.version + 1, title_of(entity, old), {})])
    if entity.name in RIGHTS:
        bump_access(tx)
    for behaviour in entity.own_code("bin"):
        behaviour.function(tx, old)
