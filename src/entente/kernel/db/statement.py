"""Statements: built with SQLAlchemy Core, compiled once, run through the driver.

A statement that touches a business table runs only when the access layer has put its mark on it.
"""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql import visitors
from sqlalchemy.sql.cache_key import CacheKey
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import GenerativeSelect

# Parameters by number go to PostgreSQL as they stand; named ones psycopg would look for in each text anew.
DIALECT = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
MARK = "entente_access"
MOST = 512


class UnguardedError(RuntimeError):
    """A statement was about to touch a business table without the mark of the access layer."""


class Prepared(msgspec.Struct, frozen=True):
    """A compiled statement with the values that were bound when it was built, and the names of $1, $2…

    `reads` when it neither writes nor locks anything.
    """

    sql: bytes
    binds: Mapping[str, Any]
    order: tuple[str, ...] = ()
    reads: bool = False

    def values(self, *given: Mapping[str, Any]) -> list[Any]:
        """The values in the order of the statement's parameters; later ones win."""
        known = dict(self.binds)
        for each in given:
            known.update(each)
        found = [known[name] for name in self.order]
        return [_written(value) if type(value) is list else value for value in found]


def _written(values: list[Any]) -> Any:
    """A list as the driver writes it soonest: one of ids or of words as the text of an array."""
    kinds = set(map(type, values))
    if kinds <= {UUID}:
        return "{" + ",".join(map(str, values)) + "}"
    if kinds == {str}:
        return "{" + ",".join([_quoted(item) for item in values]) + "}"
    return values


def _quoted(item: str) -> str:
    return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'


def marked(statement: Any, *entities: str) -> Any:
    """The statement with the access layer's mark for the entities' tables."""
    known: frozenset[str] = statement.get_execution_options().get(MARK, frozenset())
    return statement.execution_options(**{MARK: known | set(entities)})


def prepare(statement: sa.sql.ClauseElement) -> Prepared:
    """The statement compiled for psycopg; UnguardedError when a business table in it lacks the mark."""
    shape = statement._generate_cache_key()
    known = _shapes.get(shape.key) if shape else None
    if shape and known:
        values = (bind.effective_value for bind in shape.bindparams)
        made = Prepared(known.sql, dict(zip(known.names, values, strict=True)), known.order, known.reads)
    else:
        made, known = _compiled(statement, shape)
    options: Mapping[str, Any] = (
        statement.get_execution_options() if hasattr(statement, "get_execution_options") else {}
    )
    missing = known.touched - options.get(MARK, frozenset())
    if missing:
        raise UnguardedError(f"no access mark for {', '.join(sorted(missing))}")
    return made


class _Shape(msgspec.Struct, frozen=True):
    """What statements have in common that differ only in their values: names those of the values, in order."""

    sql: bytes
    names: tuple[str, ...]
    order: tuple[str, ...]
    reads: bool
    touched: frozenset[str]


_shapes: OrderedDict[Any, _Shape] = OrderedDict()
_lock = Lock()


def _compiled(statement: sa.sql.ClauseElement, shape: CacheKey | None) -> tuple[Prepared, _Shape]:
    compiled = statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    assert isinstance(compiled, SQLCompiler)
    order = tuple(compiled.positiontup or ())
    made = Prepared(str(compiled).encode(), dict(compiled.params), order, only_reads(statement))
    # An insert is compiled with copies of the values that it was given by name.
    names = tuple(compiled.bind_names.get(bind, bind.key) for bind in shape.bindparams) if shape else ()
    known = _Shape(made.sql, names, order, made.reads, frozenset(touched(statement)))
    # A text that depends on the values (how many there are in a list) is none that others could share.
    if shape and set(names) == set(made.binds) and not compiled.post_compile_params:
        _keep(shape.key, known)
    return made, known


def _keep(key: Any, shape: _Shape) -> None:
    with _lock:
        _shapes[key] = shape
        while len(_shapes) > MOST:
            _shapes.popitem(last=False)


def touched(statement: sa.sql.ClauseElement) -> set[str]:
    """The entities whose tables a statement or a condition reads."""
    return {
        made.info["entity"]
        for made in visitors.iterate(statement)
        if isinstance(made, sa.Table) and "entity" in made.info
    }


def only_reads(statement: sa.sql.ClauseElement) -> bool:
    """Whether a statement neither writes nor locks rows."""
    return isinstance(statement, GenerativeSelect) and not any(
        isinstance(made, sa.sql.dml.UpdateBase) or getattr(made, "_for_update_arg", None) is not None
        for made in visitors.iterate(statement)
    )
