"""Whom a task reaches: people who are active, teams and roles that have any."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.services.worklist.declared import Destination, HolderKind

_MEMBERS: Mapping[HolderKind, str] = {
    "user": """
SELECT 'user' AS kind, u.id, ARRAY[u.id] AS members,
  (SELECT t.id FROM {schema}.team t WHERE t.id = u.team AND t.deleted_at IS NULL) AS team,
  coalesce((SELECT b.id FROM {schema}.business_unit b WHERE b.id = u.unit AND b.deleted_at IS NULL),
    (SELECT b.id FROM {schema}.business_unit b WHERE b.parent IS NULL AND b.deleted_at IS NULL
     ORDER BY b.created_at, b.id LIMIT 1)) AS unit
FROM {schema}."user" u
WHERE u.id = ANY (%(user)s) AND u.active AND u.deleted_at IS NULL
""",
    "team": """
SELECT 'team' AS kind, t.id, array_agg(DISTINCT u.id ORDER BY u.id) AS members, t.id AS team,
  (SELECT b.id FROM {schema}.business_unit b WHERE b.id = t.unit AND b.deleted_at IS NULL) AS unit
FROM {schema}.team t
JOIN {schema}."user" u ON u.active AND u.deleted_at IS NULL
  AND (u.team = t.id OR EXISTS (SELECT 1 FROM {schema}.user__teams x WHERE x.record = u.id AND x.target = t.id))
WHERE t.id = ANY (%(team)s) AND t.active AND t.deleted_at IS NULL GROUP BY t.id
""",
    "role": """
SELECT 'role' AS kind, r.id, array_agg(DISTINCT u.id ORDER BY u.id) AS members, NULL::uuid AS team, NULL::uuid AS unit
FROM {schema}.role r
JOIN {schema}.user__roles x ON x.target = r.id
JOIN {schema}."user" u ON u.id = x.record AND u.active AND u.deleted_at IS NULL
WHERE r.id = ANY (%(role)s) AND r.deleted_at IS NULL GROUP BY r.id
""",
}
_NAMED = """
SELECT 'user' AS kind, id FROM {schema}."user"
WHERE 'user' = %(kind)s AND login = ANY (%(names)s) AND deleted_at IS NULL
UNION ALL SELECT 'team', id FROM {schema}.team
WHERE 'team' = %(kind)s AND name = ANY (%(names)s) AND deleted_at IS NULL
UNION ALL SELECT 'role', id FROM {schema}.role
WHERE 'role' = %(kind)s AND key = ANY (%(names)s) AND deleted_at IS NULL
"""
_ADMINISTRATORS = "SELECT id FROM {schema}.role WHERE administrator AND deleted_at IS NULL"


class Home(NamedTuple):
    """The live team and business unit of a person or a team; the topmost unit for a person who is in none."""

    team: UUID | None
    unit: UUID | None


def reached(tx: Tx, wanted: Iterable[Destination]) -> list[Destination]:
    """The destinations that somebody active stands behind, in order and once each, members instead where asked for."""
    return list(reached_at_home(tx, wanted))


def reached_at_home(tx: Tx, wanted: Iterable[Destination]) -> dict[Destination, Home | None]:
    """The destinations as `reached` gives them, each with its home where that was read along."""
    asked = list(wanted)
    members = _members(tx, asked)
    found: dict[Destination, Home | None] = {}
    for each in asked:
        people, home = members.get((each.kind, each.id), ([], None))
        if each.members:
            for person in people:
                found.setdefault(Destination("user", person), None)
        elif people:
            found.setdefault(Destination(each.kind, each.id), home)
    return found


def _members(tx: Tx, asked: Sequence[Destination]) -> dict[tuple[str, UUID], tuple[list[UUID], Home]]:
    ids = {kind: [each.id for each in asked if each.kind == kind] for kind in _MEMBERS}
    needed = [text for kind, text in _MEMBERS.items() if ids[kind]]
    rows = engine_rows(tx, "UNION ALL".join(needed), **ids) if needed else []
    return {(row["kind"], row["id"]): (row["members"], Home(row["team"], row["unit"])) for row in rows}


def people_behind(tx: Tx, destinations: Iterable[Destination]) -> list[UUID]:
    """The active people whom destinations reach, once each."""
    found = reached(tx, [msgspec.structs.replace(each, members=True) for each in destinations])
    return [each.id for each in found]


def administrators(tx: Tx) -> list[Destination]:
    """The roles of administrators that somebody active has: where a task goes that nobody else can receive."""
    return reached(tx, [Destination("role", row["id"]) for row in engine_rows(tx, _ADMINISTRATORS)])


def named(tx: Tx, kind: HolderKind, names: Sequence[str]) -> list[Destination]:
    """The users of the logins, teams of the names or roles of the keys; unknown ones are left out."""
    return [Destination(row["kind"], row["id"]) for row in engine_rows(tx, _NAMED, kind=kind, names=list(names))]
