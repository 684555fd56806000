"""The transaction: opened and committed by an interface or a job, passed explicitly to everything below."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import psycopg
import sqlalchemy as sa

from entente.kernel.db.statement import Prepared, prepare
from entente.kernel.db.wire import Answer, Wire
from entente.kernel.kit.clock import Clock
from entente.kernel.kit.ids import new_id
from entente.kernel.kit.principal import Principal
from entente.kernel.kit.words import Words
from entente.kernel.metadata.catalog import Catalog
from entente.settings import Settings

Row = dict[str, Any]


class Cause(msgspec.Struct, frozen=True):
    """Why changes happen: one id for all that was done at one stroke, the door, the deed, how deep in a chain."""

    id: UUID
    via: str
    deed: str = ""
    depth: int = 0


def new_cause(via: str, deed: str = "") -> Cause:
    """A fresh cause for a door: `web`, `api`, `import`, `job`, `form`, `cli`."""
    return Cause(new_id(), via, deed)


class Stroke(msgspec.Struct):
    """What a deed that is done as a whole has read and written: by entity and key, links proved, journal lines kept."""

    known: dict[str, dict[Hashable, Any]] = {}
    proven: set[tuple[UUID | None, str, UUID]] = set()
    lines: list[dict[str, Any]] = []


class Installation(NamedTuple):
    """What all transactions of an installation share: its texts and how it is set up."""

    words: Words
    settings: Settings


class Tx:
    """One transaction on behalf of one principal; never commits by itself."""

    __slots__ = ("catalog", "cause", "clock", "connection", "installation", "language", "principal", "stroke")

    def __init__(
        self,
        connection: Wire,
        catalog: Catalog,
        principal: Principal,
        *,
        clock: Clock,
        cause: Cause,
        words: Words,
        settings: Settings,
        language: str | None = None,
    ) -> None:
        self.connection = connection
        self.catalog = catalog
        self.principal = principal
        self.clock = clock
        self.cause = cause
        self.installation = Installation(words, settings)
        self.language = language or principal.language
        self.stroke: Stroke | None = None

    @property
    def words(self) -> Words:
        """The texts of the installation."""
        return self.installation.words

    @property
    def settings(self) -> Settings:
        """How the installation is set up."""
        return self.installation.settings

    def acting_as(self, principal: Principal, cause: Cause | None = None) -> "Tx":
        """The same transaction on behalf of someone else, such as the system for a stated reason."""
        made = Tx(
            self.connection,
            self.catalog,
            principal,
            clock=self.clock,
            cause=cause or self.cause,
            words=self.words,
            settings=self.settings,
            language=self.language,
        )
        made.stroke = self.stroke
        return made

    def say(self, key: str, /, **values: Any) -> str:
        """The text of a key in the transaction's language."""
        return self.words.say(self.language, key, **values)


Statement = sa.sql.ClauseElement | Prepared


def _sent(tx: Tx, statement: Statement, binds: Mapping[str, Any]) -> Answer:
    made = statement if isinstance(statement, Prepared) else prepare(statement)
    # A statement about one record names it `identity`: what decides about access need not look at others.
    asked = {"acl_record": binds.get("identity")}
    if "acl_now" in made.order:
        asked["acl_now"] = tx.clock.now()
    return tx.connection.send(made.sql, made.values(tx.principal.standing, asked, binds), reads=made.reads)


def rows(tx: Tx, statement: Statement, /, **binds: Any) -> list[Row]:
    """All rows of a statement as mappings by column."""
    return _sent(tx, statement, binds).rows()


def row(tx: Tx, statement: Statement, /, **binds: Any) -> Row | None:
    """The first row of a statement, or nothing."""
    found = rows(tx, statement, **binds)
    return found[0] if found else None


def value(tx: Tx, statement: Statement, /, **binds: Any) -> Any:
    """The first column of the first row, or nothing."""
    found = _sent(tx, statement, binds).values
    return found[0][0] if found else None


def run(tx: Tx, statement: Statement, /, **binds: Any) -> int:
    """How many rows a statement changed."""
    return _sent(tx, statement, binds).touched


def run_later(tx: Tx, statement: Prepared, binds: Row, told: Callable[[int | psycopg.Error], None]) -> None:
    """Have a statement run with the next one that is waited for; `told` how many rows it changed, or its fault.

    What nobody waits for goes in one round trip; what is read later sees what was written.
    """
    tx.connection.send_later(statement.sql, statement.values(binds), told)


def engine_rows(tx: Tx, sql: str, /, **binds: Any) -> list[Row]:
    """All rows of a named SQL text over the engine's own tables; `{schema}` stands for the organisation's schema."""
    return tx.connection.ask(sql, tx.catalog.schema, binds).rows()


def engine_row(tx: Tx, sql: str, /, **binds: Any) -> Row | None:
    """The first row of a named SQL text over the engine's own tables, or nothing."""
    found = engine_rows(tx, sql, **binds)
    return found[0] if found else None


def in_schema(schema: str, sql: str) -> bytes:
    """The SQL text with `{schema}` replaced by the quoted name of an organisation's schema."""
    return sql.replace("{schema}", '"' + schema.replace('"', '""') + '"').encode()
