"""Who may do what with processes: the right to all of them, and levels for users, teams and roles on each one."""

from typing import Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.kit.refusal import Forbidden, Refused
from entente.services.processes.noted import note_process

RIGHT = "processes"
Kind = Literal["user", "team", "role"]
Level = Literal["view", "participate", "admin"]
KINDS: tuple[Kind, ...] = ("user", "team", "role")
LEVELS: tuple[Level, ...] = ("view", "participate", "admin")
_ABOUT_ME = """(kind = 'user' AND holder = %(user)s) OR (kind = 'team' AND holder = ANY(%(teams)s))
  OR (kind = 'role' AND (holder IN (SELECT target FROM {schema}.user__roles WHERE record = %(user)s)
    OR holder IN (SELECT id FROM {schema}.role WHERE baseline)))"""
_MINE = f"""
SELECT count(*) AS lines, coalesce(max(array_position(ARRAY['view', 'participate', 'admin'], level)) FILTER (WHERE
  {_ABOUT_ME}), 0) AS level
FROM {{schema}}.process_right WHERE process = %(process)s
"""  # noqa: S608 - own text
_ALL_MINE = f"""
SELECT process, coalesce(max(array_position(ARRAY['view', 'participate', 'admin'], level)) FILTER (WHERE
  {_ABOUT_ME}), 0) AS level
FROM {{schema}}.process_right GROUP BY process
"""  # noqa: S608 - own text
_CARED_FOR = f"""
SELECT DISTINCT process FROM {{schema}}.process_right WHERE level = 'admin' AND ({_ABOUT_ME}) ORDER BY process
"""  # noqa: S608 - own text


class Right(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line: a user, team or role, and how far its right to a process goes."""

    kind: Kind
    holder: UUID
    level: Level


def may_design(tx: Tx) -> bool:
    """Whether the principal may import, deploy and repair all processes."""
    return tx.principal.is_system or tx.principal.is_admin or RIGHT in tx.principal.may


def require_right(tx: Tx) -> None:
    """Forbidden unless the principal may work on all processes."""
    if not may_design(tx):
        raise Forbidden()


def may(tx: Tx, process: str, level: Level) -> bool:
    """Whether the principal's right to a process goes so far; without any line everybody may take part."""
    if may_design(tx):
        return True
    return _reaches(engine_row(tx, _MINE, **_binds(tx, process)), level)


def _reaches(found: dict[str, int] | None, level: Level) -> bool:
    if found is None or not found["lines"]:
        return level != "admin"
    return found["level"] > LEVELS.index(level)


def levels_of_mine(tx: Tx) -> dict[str, int]:
    """How far the principal's right to each process with lines goes: 0 nowhere, 1 see, 2 start, 3 look after."""
    return {row["process"]: row["level"] for row in engine_rows(tx, _ALL_MINE, **_about_me(tx))}


def looks_after_any(tx: Tx) -> bool:
    """Whether the principal looks after at least one process."""
    return may_design(tx) or LEVELS.index("admin") + 1 in levels_of_mine(tx).values()


def cared_for(tx: Tx) -> list[str] | None:
    """The keys of the processes that the principal looks after; nothing for all of them, Forbidden without any."""
    if may_design(tx):
        return None
    found = engine_rows(tx, _CARED_FOR, **_about_me(tx))
    if not found:
        raise Forbidden()
    return [row["process"] for row in found]


def is_restricted(tx: Tx, process: str) -> bool:
    """Whether a process has lines of its own."""
    found = engine_row(tx, _MINE, **_binds(tx, process))
    return found is not None and found["lines"] > 0


def require_level(tx: Tx, process: str, level: Level) -> None:
    """Forbidden unless the principal's right to a process goes so far."""
    if not may(tx, process, level):
        raise Forbidden("process.not_yours")


def rights_of(tx: Tx, process: str) -> list[Right]:
    """The lines of a process; Forbidden unless the principal looks after it."""
    require_level(tx, process, "admin")
    found = engine_rows(
        tx,
        "SELECT kind, holder, level FROM {schema}.process_right WHERE process = %(process)s ORDER BY kind, holder",
        process=process,
    )
    return [msgspec.convert(row, Right) for row in found]


def put_rights(tx: Tx, process: str, rights: list[Right]) -> list[Right]:
    """The lines of a process, which are these from now on; Refused when somebody in them is not known."""
    require_level(tx, process, "admin")
    for each in rights:
        if engine_row(tx, f'SELECT 1 FROM {{schema}}."{each.kind}" WHERE id = %(id)s', id=each.holder) is None:  # noqa: S608 - three known tables
            raise Refused("process.holder_unknown", field="holder")
    known = rights_of(tx, process)
    engine_rows(tx, "DELETE FROM {schema}.process_right WHERE process = %(process)s", process=process)
    for each in rights:
        engine_rows(
            tx,
            "INSERT INTO {schema}.process_right VALUES (%(process)s, %(kind)s, %(holder)s, %(level)s)"
            " ON CONFLICT (process, kind, holder) DO UPDATE SET level = excluded.level",
            process=process,
            **msgspec.structs.asdict(each),
        )
    kept = rights_of(tx, process)
    if kept != known:
        note_process(tx, process, "rights", {"rights": (msgspec.to_builtins(known), msgspec.to_builtins(kept))})
    return rights


def _binds(tx: Tx, process: str) -> dict[str, object]:
    return {"process": process, **_about_me(tx)}


def _about_me(tx: Tx) -> dict[str, object]:
    return {"user": tx.principal.user_id, "teams": list(tx.principal.team_ids)}
