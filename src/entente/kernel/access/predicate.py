"""Rights as SQL: for a principal, an entity and a privilege, the condition that his rows fulfil.

Array tests and uncorrelated sub-selects only, as measured in `reference/security.md` section 7. The statement is bound
to the principal when it runs (`acl_…` parameters), so that a compiled statement serves everyone with equal grants.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from entente.kernel.db.statement import marked
from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import Privilege
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import targets

Condition = sa.ColumnElement[bool]
ID = PG_UUID(as_uuid=True)

WRITES_PARENT: tuple[Privilege, ...] = ("create", "update", "delete")


def me() -> sa.BindParameter[Any]:
    """The principal's user."""
    return sa.bindparam("acl_user", type_=ID)


def _any_of(column: sa.ColumnElement[Any], name: str) -> Condition:
    return column == sa.any_(sa.bindparam(name, type_=ARRAY(ID)))


def visible(tx: Tx, entity: Entity, privilege: Privilege = "read", table: sa.FromClause | None = None) -> Condition:
    """The condition under which the principal has the privilege on rows of the entity (of `table`, an alias of its)."""
    made = entity.table if table is None else table
    if tx.principal.is_system or tx.principal.is_admin:
        return sa.true()
    if tx.principal.user_id is None:
        return sa.false()
    match entity.definition.access:
        case "open":
            return (
                sa.true() if privilege == "read" or tx.principal.depth(entity.name, privilege) != "none" else sa.false()
            )
        case "shared":
            return sa.true() if tx.principal.depth(entity.name, privilege) != "none" else sa.false()
        case "through":
            return _through(tx, entity, privilege, made)
        case "owned":
            return _owned(tx, entity, privilege, made)


def _owned(tx: Tx, entity: Entity, privilege: Privilege, table: sa.FromClause) -> Condition:
    depth = tx.principal.depth(entity.name, privilege)
    if depth == "all":
        return sa.true()
    ways = []
    if depth != "none":
        ways.append(table.c.owner == me())
    if depth in ("team", "unit", "below"):
        ways.append(_any_of(table.c.team, "acl_teams"))
    if depth == "unit":
        ways.append(table.c.unit == sa.bindparam("acl_unit", type_=ID))
    if depth == "below":
        ways.append(_any_of(table.c.unit, "acl_units"))
    if entity.definition.through and privilege == "read" and depth != "none":
        ways.append(_parent(tx, entity, "read", table))
    if entity.definition.audience and privilege == "read" and depth != "none":
        ways += _addressed_to_me(table, table.c[entity.definition.audience])
    # What asks other tables comes last: PostgreSQL never asks them when every row is allowed by its own columns.
    ways.append(_shared_with_me(tx, entity, privilege, table))
    if entity.definition.entrusted and privilege == "read":
        ways.append(_entrusted_to_me(tx, entity, entity.definition.entrusted, table))
    return sa.or_(*ways)


def _addressed_to_me(table: sa.FromClause, audience: sa.ColumnElement[Any]) -> list[Condition]:
    return [audience == "everyone", sa.and_(audience == "team", _any_of(table.c.team, "acl_teams"))]


def audiences(tx: Tx, entity: str) -> tuple[str, ...]:
    """For whom the principal may mean his rows: himself, his team, everyone when he may share beyond the team."""
    depth = tx.principal.depth(entity, "share")
    team = ("team",) if depth != "none" and (tx.principal.team_ids or tx.principal.is_system) else ()
    everyone = ("everyone",) if depth in ("below", "all") or "settings" in tx.principal.may else ()
    return ("private", *team, *everyone)


def _shared_with_me(tx: Tx, entity: Entity, privilege: Privilege, table: sa.FromClause) -> Condition:
    share = share_table(tx.catalog.schema)
    lent = sa.select(share.c.record).where(
        share.c.entity == entity.name,
        sa.literal(privilege) == sa.any_(share.c.privileges),
        sa.or_(share.c.until.is_(None), share.c.until > sa.func.now()),
        sa.or_(share.c.user_id == me(), _any_of(share.c.team_id, "acl_teams")),
    )
    return table.c.id == sa.any_(sa.func.array(lent.scalar_subquery()))


def _entrusted_to_me(tx: Tx, entity: Entity, function: str, table: sa.FromClause) -> Condition:
    """Rows that are put into a person's hands by other means than ownership, as a function of the engine says.

    The function is told which record is meant when a statement means a single one.
    """
    moment = sa.bindparam("acl_now", type_=sa.DateTime(timezone=True))
    one = sa.bindparam("acl_record", type_=ID) if table is entity.table else sa.cast(sa.null(), ID)
    given = getattr(getattr(sa.func, tx.catalog.schema), function)(me(), moment, one)
    # They can be thousands: PostgreSQL looks into a hash of them for each row, where it would go through an array.
    return table.c.id.in_(sa.select(given.table_valued(sa.column("id", ID)).c.id))


def _through(tx: Tx, entity: Entity, privilege: Privilege, table: sa.FromClause) -> Condition:
    depth = tx.principal.depth(entity.name, privilege)
    if depth == "none":
        return sa.false()
    asked: Privilege = "update" if privilege in WRITES_PARENT and not entity.definition.activity else "read"
    own = [table.c.created_by == me()] if depth == "own" and privilege in ("update", "delete") else []
    return sa.and_(_parent(tx, entity, asked, table), *own)


def _parent(tx: Tx, entity: Entity, privilege: Privilege, table: sa.FromClause) -> Condition:
    field = entity.field(entity.definition.through or "")
    column = table.c[field.name]
    if field.type.key == "link":
        target = tx.catalog.entity(targets(field.definition)[0])
        return _within(tx, target, privilege, column)
    kinds = table.c[field.name + "_type"]
    ways = [
        sa.and_(kinds == name, _within(tx, tx.catalog.entity(name), privilege, column))
        for name in targets(field.definition)
    ]
    return sa.or_(*ways)


def _within(tx: Tx, target: Entity, privilege: Privilege, column: sa.ColumnElement[Any]) -> Condition:
    other = target.table.alias()
    condition = visible(tx, target, privilege, other)
    if isinstance(condition, sa.True_):
        return column.is_not(None)
    if isinstance(condition, sa.False_):
        return condition
    return column.in_(sa.select(other.c.id).where(condition))


def share_table(schema: str) -> sa.TableClause:
    """The engine's table of shares."""
    return sa.table(
        "share",
        sa.column("id", ID),
        sa.column("entity", sa.Text()),
        sa.column("record", ID),
        sa.column("user_id", ID),
        sa.column("team_id", ID),
        sa.column("privileges", ARRAY(sa.Text())),
        sa.column("until", sa.DateTime(timezone=True)),
        schema=schema,
    )


def guarded(tx: Tx, statement: sa.Select[Any], entity: Entity, privilege: Privilege = "read") -> sa.Select[Any]:
    """The statement limited to live rows on which the principal has the privilege, and marked as such."""
    limited = statement.where(visible(tx, entity, privilege), entity.table.c.deleted_at.is_(None))
    return marked(limited, *lent_by(tx, entity))  # type: ignore[no-any-return]


def lent_by(tx: Tx, entity: Entity) -> Iterator[str]:
    """The entity and every entity whose rows decide about its access."""
    seen = [entity.name]
    for name in seen:
        made = tx.catalog.entity(name)
        if made.definition.through:
            found = targets(made.field(made.definition.through).definition)
            seen += [target for target in found if target not in seen]
        yield name
