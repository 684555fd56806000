"""What a user's teams, unit and roles give him, read from their records."""

import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.wire import Wire
from entente.kernel.identity.organisation import name_in
from entente.kernel.kit.grants import Grants, merge_grants

log = logging.getLogger(__name__)

_TEAMS = "SELECT target AS id FROM {schema}.user__teams WHERE record = %(user)s"
_UNITS = """
WITH RECURSIVE below (id) AS (
  SELECT id FROM {schema}.business_unit WHERE id = %(unit)s AND deleted_at IS NULL
  UNION
  SELECT b.id FROM {schema}.business_unit b JOIN below ON b.parent = below.id WHERE b.deleted_at IS NULL
)
SELECT id FROM below
"""
_ROLES = """
SELECT r.grants, r.field_rules, r.may, coalesce(r.administrator, false) AS administrator FROM {schema}.role r
WHERE r.deleted_at IS NULL
  AND (r.baseline OR r.id IN (SELECT target FROM {schema}.user__roles WHERE record = %(user)s))
ORDER BY r.id
"""


class Rights(msgspec.Struct, frozen=True):
    """A user's teams, his business unit with all below it, what his roles grant together, and whom he works for."""

    teams: tuple[UUID, ...]
    units: tuple[UUID, ...]
    grants: Grants
    organisation: str = ""


def load_rights(connection: Wire, schema: str, user: UUID, team: UUID | None, unit: UUID | None) -> Rights:
    """The rights of a user of a main team and a business unit, as committed or written in this transaction."""
    values = {"user": user, "unit": unit}
    teams = [team for (team,) in connection.ask(_TEAMS, schema, values).values]
    units = [unit for (unit,) in connection.ask(_UNITS, schema, values).values]
    roles = connection.ask(_ROLES, schema, values).rows()
    every = dict.fromkeys([*([team] if team else []), *teams])
    return Rights(tuple(every), tuple(units), _together(msgspec.json.encode(roles)), name_in(connection, schema))


@lru_cache(maxsize=256)
def _together(roles: bytes) -> Grants:
    """What roles with this very content grant together: worked out once for all who have such roles."""
    return merge_grants([grants_of(role) for role in msgspec.json.decode(roles)])


def grants_of(role: Mapping[str, Any]) -> Grants:
    """What a role's record grants; nothing but its administrator mark when its lines cannot be read."""
    is_admin = bool(role["administrator"])
    lines = {"entities": role["grants"] or {}, "fields": role["field_rules"] or {}, "may": role["may"] or []}
    try:
        return msgspec.convert({**lines, "is_admin": is_admin}, Grants)
    except msgspec.ValidationError:
        # One faulty role must not lock everyone out: it grants nothing, and says so.
        log.exception("the grants of a role cannot be read")
        return Grants(is_admin=is_admin)
