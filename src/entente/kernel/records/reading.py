"""Rows into records: which columns a set of fields needs, and what their values mean."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from entente.kernel.access.fields import MASK, level
from entente.kernel.access.prepared import prepared
from entente.kernel.db.statement import marked
from entente.kernel.db.tx import Tx, rows
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field
from entente.kernel.records.record import Record


def columns_of(entity: Entity, fields: Iterable[Field]) -> list[sa.ColumnElement[Any]]:
    """The columns that hold the fields, with id and version."""
    table = entity.table
    names = ["id", "version"]
    for field in fields:
        names += entity.columns[field.name]
    return [table.c[name] for name in dict.fromkeys(names)]


def stored(fields: Iterable[Field]) -> list[Field]:
    """The fields that live in the row itself."""
    return [field for field in fields if not field.type.virtual]


def link_columns(entity: Entity) -> list[sa.ColumnElement[Any]]:
    """What a statement about one record reads its pairs of links with, by the names of their fields."""
    made: list[sa.ColumnElement[Any]] = []
    for name, pairs in entity.pairs.items():
        targets = sa.select(pairs.c.target).where(pairs.c.record == entity.table.c.id).order_by(pairs.c.target)
        made.append(sa.func.array(targets.correlate(entity.table).scalar_subquery()).label(name))
    return made


def record_of(tx: Tx, entity: Entity, row: Mapping[str, Any], fields: Sequence[Field]) -> Record:
    """The record that a row means to the principal: hidden fields are absent, masked ones show their mask."""
    plain = entity.facets.read_plain
    values = {
        field.name: row[field.name] if field.name in plain else field.type.load(field.name, field.definition, row)
        for field in fields
    }
    rules = tx.principal.field_rules.get(entity.name)
    for name in rules.keys() & values.keys() if rules else ():
        allowed = level(tx, entity.name, name)
        if allowed == "hidden":
            del values[name]
        elif allowed == "masked":
            values[name] = None if entity.fields[name].type.is_empty(values[name]) else MASK
    return Record(entity.name, row["id"], row["version"], values)


def linked(tx: Tx, entity: Entity, field: Field, records: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The targets of a field of many links, by record, in the order of their ids."""
    build = partial(_via if field.definition.via else _pairs, tx, entity, field)
    return _grouped(rows(tx, prepared(tx, ("linked", entity.name, field.name), build), records=list(records)))


def _pairs(tx: Tx, entity: Entity, field: Field) -> Any:
    pairs = entity.pairs[field.name]
    these = pairs.c.record == sa.any_(sa.bindparam("records", type_=sa.ARRAY(pairs.c.record.type)))
    return marked(sa.select(pairs.c.record, pairs.c.target).where(these).order_by(pairs.c.target), entity.name)


def _via(tx: Tx, entity: Entity, field: Field) -> Any:
    joint = tx.catalog.entity(field.definition.via or "")
    ends = [joint.table.c[name] for name in joint_ends(joint, entity.name, str(field.definition.to))]
    these = ends[0] == sa.any_(sa.bindparam("records", type_=sa.ARRAY(ends[0].type)))
    live = (joint.table.c.deleted_at.is_(None), ends[1].is_not(None))
    statement = sa.select(ends[0].label("record"), ends[1].label("target")).where(these, *live)
    return marked(statement.order_by(joint.table.c.id), joint.name)


def joint_ends(joint: Entity, here: str, there: str) -> tuple[str, str]:
    """The two link fields of a joining entity: to this entity, and to the other one."""
    links = [field for field in joint.fields.values() if field.type.key == "link"]
    first = next(field.name for field in links if field.definition.to == here)
    second = next(field.name for field in links if field.definition.to == there and field.name != first)
    return first, second


def _grouped(found: Sequence[Mapping[str, Any]]) -> dict[UUID, list[UUID]]:
    made: dict[UUID, list[UUID]] = {}
    for row in found:
        made.setdefault(row["record"], []).append(row["target"])
    return made
