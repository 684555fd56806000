"""Instances in their tables: read under a lock in three statements at the most, written in one."""

from collections import Counter, deque
from collections.abc import Mapping
from copy import copy
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Row, Tx, engine_row, engine_rows
from entente.kernel.kit.refusal import NotFound
from entente.services.connect.live import CHANNEL
from entente.services.processes.definitions import Basis, Versions, graph_of, memory_of
from entente.services.processes.engine.state import (
    Completed,
    Incident,
    Instance,
    Scope,
    State,
    Subscription,
    Token,
)
from entente.services.processes.outside import outside_of
from entente.services.processes.telling import notice_of
from entente.services.processes.values import plain, text_of
from entente.services.worklist.holding import ITEMS_SEEN, Work, sight_of, work_of

_PARTS: Mapping[str, tuple[type[Any], dict[str, str]]] = {
    "scope": (
        Scope,
        {"number": "int", "kind": "text", "definition": "uuid", "parent": "int", "element": "text", "host": "int"},
    ),
    "token": (
        Token,
        {
            "number": "int", "scope": "int", "element": "text", "flow": "text", "entered_at": "timestamptz",
            "state": "text", "phase": "text", "attempts": "int", "task": "boolean",
        },
    ),
    "subscription": (
        Subscription,
        {
            "number": "int", "scope": "int", "token": "int", "element": "text", "kind": "text", "name": "text",
            "key": "text", "due_at": "timestamptz", "cycle": "text", "turns_left": "int",
        },
    ),
    "incident": (
        Incident,
        {
            "number": "int", "token": "int", "element": "text", "code": "text", "at": "timestamptz",
            "detail": "text",
        },
    ),
    "completed": (
        Completed,
        {
            "number": "int", "definition": "uuid", "element": "text", "scope": "int", "within": "int", "by": "int",
            "run": "int", "values": "jsonb",
        },
    ),
}  # fmt: skip
_WHOLE = frozenset(name for name, (kind, columns) in _PARTS.items() if set(kind.__struct_fields__) == set(columns)) - {
    "completed"
}
NUL = "\\u0000"
_INSTANCE = (
    "id", "definition", "entity", "record", "business_key", "started_by", "started_at", "state", "ended_at", "last",
)  # fmt: skip
_HISTORY = {
    "scope": "int", "definition": "uuid", "element": "text", "flow": "text", "entered_at": "timestamptz",
    "left_at": "timestamptz", "outcome": "text", "actor": "uuid", "detail": "text",
}  # fmt: skip


class Variable(msgspec.Struct, frozen=True):
    """One variable as its row says."""

    scope: int
    name: str
    value: Any


class Kept(msgspec.Struct):
    """An instance in memory and what its tables hold, so that only what changed is written.

    `answered` are the tokens whose tasks people have ended themselves.
    """

    state: State
    versions: Versions
    parts: dict[str, dict[int, Any]]
    variables: dict[tuple[int, str], Any]
    answered: set[int] = set()

    def is_fresh(self, part: str, made: Any) -> bool:
        """Whether a part came about since the instance was read."""
        return made.number not in self.parts[part]


def _read_statement() -> str:
    aggregates = [
        f"(SELECT coalesce(json_agg(p ORDER BY p.number), '[]')::text FROM {{schema}}.process_{name} p"  # noqa: S608 - own text
        f" WHERE p.instance = %(id)s) AS {name}"
        for name in _PARTS
    ]
    variables = (
        "(SELECT coalesce(json_agg(v), '[]')::text FROM {schema}.process_variable v"
        " WHERE v.instance = %(id)s) AS variable"
    )
    return f"SELECT {', '.join([*aggregates, variables])}"


@lru_cache(maxsize=1024)
def _write_statement(needed: frozenset[str]) -> str:
    """One statement that writes the instance and the parts of the names, `gone_token` and `put_token` among them."""
    steps = [_put_instance()]
    for name, (_, columns) in _PARTS.items():
        steps += [_drop_part(name)] if f"gone_{name}" in needed else []
        steps += [_put_part(name, columns)] if f"put_{name}" in needed else []
    if "gone_scope" in needed:
        steps.append(
            "gone_variable AS (DELETE FROM {schema}.process_variable"
            " WHERE instance = %(id)s AND scope = ANY(%(scope_gone)s))"
        )
    if "put_variable" in needed:
        steps.append(
            "put_variable AS (INSERT INTO {schema}.process_variable SELECT %(id)s, x.* FROM"
            " jsonb_to_recordset(%(variable)s::jsonb) AS x(scope int, name text, value jsonb)"
            " ON CONFLICT (instance, scope, name) DO UPDATE SET value = excluded.value)"
        )
    if "history" in needed:
        steps.append(_add_history())
    return f"WITH {', '.join(steps)} SELECT pg_notify(%(channel)s, %(notice)s)"


def _add_history() -> str:
    kinds = ", ".join(f"{name} {kind}" for name, kind in _HISTORY.items())
    names = ", ".join(_HISTORY)
    return (
        f"history AS (INSERT INTO {{schema}}.process_history (instance, {names}) SELECT %(id)s, {names}"  # noqa: S608 - own text
        f" FROM jsonb_to_recordset(%(history)s::jsonb) AS x({kinds}))"
    )


def _put_instance() -> str:
    marks = ", ".join(f"%({name})s" for name in _INSTANCE)
    return (
        f"put_instance AS (INSERT INTO {{schema}}.process_instance ({', '.join(_INSTANCE)}) VALUES ({marks})"  # noqa: S608 - own text
        " ON CONFLICT (id) DO UPDATE SET definition = excluded.definition, state = excluded.state,"
        " ended_at = excluded.ended_at, last = excluded.last)"
    )


def _drop_part(name: str) -> str:
    return (
        f"gone_{name} AS (DELETE FROM {{schema}}.process_{name}"  # noqa: S608 - own text
        f" WHERE instance = %(id)s AND number = ANY(%({name}_gone)s))"
    )


def _put_part(name: str, columns: Mapping[str, str]) -> str:
    kinds = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    names = ", ".join(columns)
    sets = ", ".join(f"{column} = excluded.{column}" for column in columns if column != "number")
    return (
        f"put_{name} AS (INSERT INTO {{schema}}.process_{name} (instance, {names}) SELECT %(id)s, {names}"  # noqa: S608 - own text
        f" FROM jsonb_to_recordset(%({name})s::jsonb) AS x({kinds})"
        f" ON CONFLICT (instance, number) DO UPDATE SET {sets})"
    )


_COLUMNS = f"{', '.join(f'i.{name}' for name in _INSTANCE)}, d.key, d.recorded, d.deployed_by"
_LOCK = (
    f"SELECT {_COLUMNS} FROM {{schema}}.process_instance i"  # noqa: S608 - own text
    " JOIN {schema}.process_definition d ON d.id = i.definition WHERE i.id = %(id)s FOR UPDATE OF i"
)
_LOCK_OF_TASK = (
    f"SELECT {_COLUMNS}, t.token, row_to_json(t)::text AS work FROM {{schema}}.work_task t"  # noqa: S608 - own text
    " JOIN {schema}.process_instance i ON i.id = t.instance"
    # The instance is locked before its task, as everywhere.
    " JOIN {schema}.process_definition d ON d.id = i.definition WHERE t.id = %(task)s FOR UPDATE OF i, t"
)
_READ = _read_statement()
_READ_WITH_TASK = f"{_READ}, {ITEMS_SEEN}"
_VARIABLES = msgspec.json.Decoder(list[Variable], float_hook=Decimal)
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(list[kind], float_hook=Decimal)  # type: ignore[valid-type]
    for name, (kind, _) in _PARTS.items()
}


def fresh(tx: Tx, instance: Instance, definition: Basis) -> Kept:
    """A new instance that no table holds yet."""
    versions = memory_of(tx, definition)
    graphs = {instance.definition: graph_of(tx, instance.definition)}
    state = State(instance, outside_of(tx, instance, versions), graphs)
    return Kept(state, versions, {name: {} for name in _PARTS}, {})


def load(tx: Tx, identity: UUID) -> Kept:
    """An instance under the lock of its row; NotFound when there is none."""
    row = engine_row(tx, _LOCK, id=identity)
    if row is None:
        raise NotFound("process.instance_unknown")
    # A statement of its own: one that had waited for the lock would show the parts as they were before.
    return _kept(tx, row, engine_row(tx, _READ, id=identity) or {})


class Asked(NamedTuple):
    """A task under its lock, the instance that it belongs to under its own, and the token that waits for it."""

    kept: Kept
    token: int
    work: Work


def load_of_task(tx: Tx, task: UUID) -> Asked | None:
    """A task of a process with its instance, both under their locks; nothing for one of people."""
    row = engine_row(tx, _LOCK_OF_TASK, task=task)
    if row is None:
        return None
    texts = engine_row(tx, _READ_WITH_TASK, id=row["id"], task=task, **sight_of(tx)) or {}
    return Asked(_kept(tx, row, texts), row["token"], work_of(row["work"], texts["items"]))


def _kept(tx: Tx, row: Row, texts: Row) -> Kept:
    instance = msgspec.convert(row, Instance)
    definition = Basis(id=instance.definition, key=row["key"], recorded=row["recorded"], deployed_by=row["deployed_by"])
    versions = memory_of(tx, definition)
    parts = {name: {each.number: each for each in _DECODERS[name].decode(texts[name])} for name in _PARTS}
    variables = {(each.scope, each.name): each.value for each in _VARIABLES.decode(texts["variable"])}
    for (scope, name), value in variables.items():
        held = parts["scope"][scope]
        held.values = {**held.values, name: value}
    graphs = {each.definition: graph_of(tx, each.definition) for each in parts["scope"].values()}
    graphs |= {each.definition: graph_of(tx, each.definition) for each in parts["completed"].values()}
    outside = outside_of(tx, instance, versions)
    state = State(
        instance, outside, graphs, parts["scope"], parts["token"], parts["subscription"], parts["incident"],
        parts["completed"],
    )  # fmt: skip
    before = {name: {number: copy(each) for number, each in held.items()} for name, held in parts.items()}
    state.ready = deque(each.number for each in state.tokens.values() if each.state == "ready")
    state.live = Counter(each.scope for each in state.tokens.values())
    state.live.update(each.parent for each in state.scopes.values() if each.kind == "event")
    return Kept(state, versions, before, variables)


def keep(tx: Tx, kept: Kept) -> None:
    """Write what changed since the instance was read, and have those who look at it told when it is committed."""
    state = kept.state
    held: dict[str, dict[int, Any]] = {
        "scope": state.scopes, "token": state.tokens, "subscription": state.waits, "incident": state.incidents,
        "completed": state.completed,
    }  # fmt: skip
    binds: dict[str, Any] = {name: getattr(state.instance, name) for name in _INSTANCE}
    binds |= {"channel": CHANNEL, "notice": notice_of(tx, state.instance)}
    needed = set()
    for name, (_, columns) in _PARTS.items():
        before = kept.parts[name]
        if gone := [number for number in before if number not in held[name]]:
            needed.add(f"gone_{name}")
            binds[f"{name}_gone"] = gone
        changed = [each for number, each in held[name].items() if before.get(number) != each]
        if not changed:
            continue
        needed.add(f"put_{name}")
        binds[name] = _rows_of(name, columns, changed)
    if variables := _changed_variables(kept):
        needed.add("put_variable")
        binds["variable"] = text_of(variables)
    if state.history:
        needed.add("history")
        binds["history"] = text_of(state.history)
    engine_rows(tx, _write_statement(frozenset(needed)), **binds)


def _rows_of(name: str, columns: Mapping[str, str], changed: list[Any]) -> str:
    """The rows of parts as JSON, straight from the parts when all that they hold are columns."""
    if name in _WHOLE:
        text = text_of(changed)
        if NUL not in text:
            return text
    return text_of([{column: plain(getattr(each, column)) for column in columns} for each in changed])


def _changed_variables(kept: Kept) -> list[dict[str, Any]]:
    return [
        {"scope": scope.number, "name": name, "value": plain(value)}
        for scope in kept.state.scopes.values()
        for name, value in scope.values.items()
        if (scope.number, name) not in kept.variables or kept.variables[scope.number, name] is not value
    ]
