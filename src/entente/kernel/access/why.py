"""Why somebody may, or may not, do something with a record: the rules that speak of it, in order."""

from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from entente.kernel.access.predicate import guarded
from entente.kernel.access.prepared import prepared
from entente.kernel.db.statement import marked
from entente.kernel.db.tx import Tx, engine_rows, row
from entente.kernel.kit.principal import Principal, Privilege
from entente.kernel.metadata.catalog import Entity


class Reason(msgspec.Struct, frozen=True):
    """One rule and whether it grants; `code` names its sentence in both languages."""

    code: str
    grants: bool
    values: dict[str, str] = {}


class Answer(msgspec.Struct, frozen=True):
    """The verdict with every rule that was looked at."""

    allowed: bool
    reasons: list[Reason]


def why(tx: Tx, asked: Principal, entity: Entity, record: UUID, privilege: Privilege) -> Answer:
    """Whether the principal has the privilege on the record, by the very predicate that queries use, and why."""
    theirs = tx.acting_as(asked)

    def build() -> sa.Select[Any]:
        wanted = entity.table.c.id == sa.bindparam("identity", type_=entity.table.c.id.type)
        return guarded(theirs, sa.select(entity.table.c.id).where(wanted), entity, privilege)

    allowed = row(theirs, prepared(theirs, ("why", entity.name, privilege), build), identity=record) is not None
    return Answer(allowed, list(_reasons(tx, asked, entity, record, privilege)))


def _reasons(tx: Tx, asked: Principal, entity: Entity, record: UUID, privilege: Privilege) -> list[Reason]:
    if asked.is_system or asked.is_admin:
        return [Reason("why.administrator", True)]
    reasons = []
    depth = asked.depth(entity.name, privilege)
    reasons.append(Reason(f"why.depth.{depth}", depth != "none", {"entity": entity.label.to(tx.language)}))
    if entity.definition.access == "owned" and depth not in ("none", "all"):
        reasons += _ownership(tx, asked, entity, record)
    if entity.definition.audience and privilege == "read" and depth != "none":
        reasons += _audience(tx, asked, entity, entity.definition.audience, record)
    for share in _shares(tx, entity, record, privilege):
        mine = share["user_id"] == asked.user_id or share["team_id"] in asked.team_ids
        if mine:
            reasons.append(Reason("why.shared", True))
    if entity.definition.through:
        reasons.append(Reason("why.through", True, {"field": entity.field(entity.definition.through).name}))
    return reasons


def _ownership(tx: Tx, asked: Principal, entity: Entity, record: UUID) -> list[Reason]:
    columns = (entity.table.c.owner, entity.table.c.team, entity.table.c.unit)
    found = row(tx, marked(sa.select(*columns).where(entity.table.c.id == record), entity.name))
    if found is None:
        return [Reason("why.gone", False)]
    return [
        Reason("why.owner", found["owner"] is not None and found["owner"] == asked.user_id),
        Reason("why.team", found["team"] in asked.team_ids),
        Reason("why.unit", found["unit"] in asked.units_below),
    ]


def _audience(tx: Tx, asked: Principal, entity: Entity, field: str, record: UUID) -> list[Reason]:
    columns = (entity.table.c.team, entity.table.c[field].label("audience"))
    found = row(tx, marked(sa.select(*columns).where(entity.table.c.id == record), entity.name))
    theirs = found is not None and found["audience"] == "team" and found["team"] in asked.team_ids
    return [Reason("why.audience", theirs or (found is not None and found["audience"] == "everyone"))]


def _shares(tx: Tx, entity: Entity, record: UUID, privilege: Privilege) -> list[dict[str, object]]:
    return engine_rows(
        tx,
        "SELECT user_id, team_id FROM {schema}.share WHERE entity = %(entity)s AND record = %(record)s"
        " AND %(privilege)s = ANY(privileges) AND (until IS NULL OR until > now())",
        entity=entity.name,
        record=record,
        privilege=privilege,
    )
