"""Who is asking: from a session or an API token to a principal, in one statement when the rights are in memory."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.db.wire import Wire
from entente.kernel.identity.rights import load_rights
from entente.kernel.identity.sessions import IDLE, token_hash
from entente.kernel.kit.principal import Principal

Door = Literal["session", "token"]
Place = tuple[str, str]  # database and schema

TOUCH_SECONDS = 300
REMEMBERED = 10_000

# Who changes rights marks the state in the same transaction: an older mark is one that others have committed.
_PRISTINE = "coalesce(age(st.xmin) > age(pg_current_xact_id_if_assigned()::xid), true) AS pristine"
_USER = f"""
  u.id, u.login, u.name, u.language, u.timezone, u.unit, u.team, st.access_version, st.catalog_version,
  coalesce(c.must_change, false) AS must_change, {_PRISTINE},
  u.active AND u.deleted_at IS NULL AS enabled
"""
_PEOPLE = f"""
SELECT u.id, u.login, u.name, u.language, u.timezone, u.unit, u.team, st.access_version, {_PRISTINE}
FROM {{schema}}."user" u CROSS JOIN {{schema}}.state st
WHERE u.id = ANY(%(users)s) AND u.active AND u.deleted_at IS NULL
"""  # noqa: S608 - own text
# Whether he is enabled is told, not asked for: before the first ANALYZE the planner would read all that are.
_TABLES = """
  JOIN {schema}."user" u ON u.id = s.user_id
  LEFT JOIN {schema}.credential c ON c.user_id = u.id
  CROSS JOIN {schema}.state st
WHERE s.token_hash = %(hash)s AND s.expires_at > %(now)s
"""
_FIND: Mapping[Door, str] = {
    "session": f"SELECT s.seen_at,{_USER}FROM {{schema}}.session s{_TABLES}AND s.seen_at > %(idle)s",
    "token": f"SELECT s.last_used_at AS seen_at,{_USER}FROM {{schema}}.api_token s{_TABLES}AND s.revoked_at IS NULL",
}
_TOUCH: Mapping[Door, str] = {
    "session": "UPDATE {schema}.session SET seen_at = %(now)s WHERE token_hash = %(hash)s",
    "token": "UPDATE {schema}.api_token SET last_used_at = %(now)s WHERE token_hash = %(hash)s",
}


class Authenticated(msgspec.Struct, frozen=True, kw_only=True):
    """Someone whose identity was proved, and the version of the catalog that the work must use."""

    principal: Principal
    catalog_version: int
    must_change: bool


class _Memory:
    """The principals of this process, by place and user, each with the access version that it was made from."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Place, UUID], tuple[int, Principal]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, place: Place, user: UUID, version: int) -> Principal | None:
        with self._lock:
            found = self._kept.get((place, user))
            if found is None or found[0] != version:
                return None
            self._kept.move_to_end((place, user))
            return found[1]

    def put(self, place: Place, version: int, principal: Principal) -> None:
        if principal.user_id is None:
            return
        with self._lock:
            self._kept[(place, principal.user_id)] = (version, principal)
            while len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)


_memory = _Memory()


def authenticate(connection: Wire, schema: str, door: Door, token: str, now: datetime) -> Authenticated | None:
    """The one whom a session's or an API token's secret proves; nothing when it is unknown, over or its user disabled.

    Costs one statement, and a few more when the user's rights changed or the door was last used minutes ago.
    """
    hashed = token_hash(token)
    values = {"hash": hashed, "now": now, "idle": now - IDLE}
    rows = connection.ask(_FIND[door], schema, values, reads=True).rows()
    if not rows or not rows[0]["enabled"]:
        return None
    found = rows[0]
    if found["seen_at"] is None or (now - found["seen_at"]).total_seconds() > TOUCH_SECONDS:
        connection.ask(_TOUCH[door], schema, values)
    return Authenticated(
        principal=_principal(connection, schema, found),
        catalog_version=found["catalog_version"],
        must_change=found["must_change"] and door == "session",
    )


def principal_of(tx: Tx, user: UUID) -> Principal | None:
    """A user as he would ask himself, for work done in his name; nothing when he is disabled."""
    return principals_of(tx, [user]).get(user)


def principals_of(tx: Tx, users: Iterable[UUID]) -> dict[UUID, Principal]:
    """Users as they would ask themselves, by id; those who are disabled are left out."""
    found = engine_rows(tx, _PEOPLE, users=list(users))
    return {row["id"]: _principal(tx.connection, tx.catalog.schema, row) for row in found}


def _principal(connection: Wire, schema: str, row: Mapping[str, Any]) -> Principal:
    version = row["access_version"]
    place = (connection.info.dbname, schema)
    known = _memory.get(place, row["id"], version)
    if known is None:
        known = _compose(connection, schema, row)
        # Rights read by a transaction that has changed some may never be committed: only pristine ones are kept.
        if row["pristine"]:
            _memory.put(place, version, known)
    return known


def _compose(connection: Wire, schema: str, row: Mapping[str, Any]) -> Principal:
    rights = load_rights(connection, schema, row["id"], row["team"], row["unit"])
    return Principal(
        user_id=row["id"],
        name=row["name"] or row["login"],
        login=row["login"],
        language=row["language"] or "en",
        timezone=row["timezone"] or "Europe/Paris",
        team_ids=rights.teams,
        unit_id=row["unit"],
        units_below=rights.units,
        grants=rights.grants.entities,
        field_rules=rights.grants.fields,
        may=rights.grants.may,
        is_admin=rights.grants.is_admin,
        organisation=rights.organisation,
    )
