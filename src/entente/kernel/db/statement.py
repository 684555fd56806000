"""Statements: built with SQLAlchemy Core, compiled once, run through the driver.

A statement that touches a business table runs only when the access layer has put its mark on it.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql import visitors

DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
MARK = "entente_access"


class UnguardedError(RuntimeError):
    """A statement was about to touch a business table without the mark of the access layer."""


class Prepared(msgspec.Struct, frozen=True):
    """A compiled statement with the values that were bound when it was built."""

    sql: bytes
    binds: Mapping[str, Any]


def marked(statement: Any, *entities: str) -> Any:
    """The statement with the access layer's mark for the entities' tables."""
    known: frozenset[str] = statement.get_execution_options().get(MARK, frozenset())
    return statement.execution_options(**{MARK: known | set(entities)})


def prepare(statement: sa.sql.ClauseElement) -> Prepared:
    """The statement compiled for psycopg; UnguardedError when a business table in it lacks the mark."""
    options: Mapping[str, Any] = (
        statement.get_execution_options() if hasattr(statement, "get_execution_options") else {}
    )
    missing = touched(statement) - options.get(MARK, frozenset())
    if missing:
        raise UnguardedError(f"no access mark for {', '.join(sorted(missing))}")
    compiled = statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    return Prepared(str(compiled).encode(), dict(compiled.params))


def touched(statement: sa.sql.ClauseElement) -> set[str]:
    """The entities whose tables a statement or a condition reads."""
    return {
        made.info["entity"]
        for made in visitors.iterate(statement)
        if isinstance(made, sa.Table) and "entity" in made.info
    }
