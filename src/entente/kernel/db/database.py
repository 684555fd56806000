"""The database of an installation: a pool of connections, the organisations in it, their catalogs."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import ConnectionPool

from entente.kernel.db.store import catalog_version, load_catalog
from entente.kernel.db.tx import Cause, Tx, in_schema, new_cause
from entente.kernel.db.wire import Wire
from entente.kernel.kit.clock import Clock, SystemClock
from entente.kernel.kit.principal import Principal
from entente.kernel.kit.refusal import NotFound
from entente.kernel.kit.words import Words
from entente.kernel.metadata.catalog import Catalog, Sources
from entente.settings import Settings

set_json_loads(msgspec.json.decode)
set_json_dumps(lambda value: msgspec.json.encode(value).decode())

OPTIONS = (
    "-c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000 -c lock_timeout=10000 -c timezone=UTC"
)


class Database:
    """One PostgreSQL database with its organisations; safe to use from many threads."""

    def __init__(
        self,
        conninfo: str,
        settings: Settings,
        *,
        sources: Sources,
        words: Words,
        migrations: Sequence[Path] = (),
        clock: Clock | None = None,
    ) -> None:
        self.conninfo = conninfo
        self.settings = settings
        self.sources = sources
        self.words = words
        self.migrations = tuple(migrations)
        self.clock = clock or SystemClock()
        self._catalogs: dict[str, Catalog] = {}
        self._lock = threading.Lock()
        self.pool = ConnectionPool(
            conninfo,
            connection_class=Wire,
            min_size=2,
            max_size=settings.pool_size,
            kwargs={"options": OPTIONS, "prepare_threshold": None, "connect_timeout": 5, "tcp_user_timeout": 15000},
            check=None,
            timeout=20,
            reconnect_timeout=600,
            open=False,
        )

    def open(self) -> None:
        """Connect; raises psycopg_pool.PoolTimeout when PostgreSQL does not answer in 30 s."""
        self.pool.open(wait=True, timeout=30)

    def close(self) -> None:
        """Give all connections back."""
        self.pool.close()

    @contextmanager
    def connection(self) -> Iterator[Wire]:
        """A connection with a transaction that commits when the block ends well."""
        with self.pool.connection() as connection:
            yield connection

    @contextmanager
    def begin(
        self, principal: Principal, *, organisation: str | None = None, cause: Cause | None = None
    ) -> Iterator[Tx]:
        """A transaction on behalf of a principal, committed when the block ends well."""
        with self.pool.connection() as connection:
            key = organisation or self.settings.organisation
            catalog = self.catalog(connection, key, catalog_version(connection, schema_of(key)))
            yield self.transaction(connection, catalog, principal, cause or new_cause("system"))

    def transaction(self, connection: Wire, catalog: Catalog, principal: Principal, cause: Cause) -> Tx:
        """A Tx over an open connection; committing stays with whoever opened it."""
        return Tx(
            connection, catalog, principal, clock=self.clock, cause=cause, words=self.words, settings=self.settings
        )

    def catalog(self, connection: Wire, organisation: str, version: int | None = None) -> Catalog:
        """The organisation's catalog: the one in memory unless a newer version is known or asked for."""
        known = self._catalogs.get(organisation)
        if known is None or (version is not None and version != known.version):
            known = load_catalog(connection, schema_of(organisation), self.sources)
            with self._lock:
                self._catalogs[organisation] = known
        return known

    def forget_catalogs(self) -> None:
        """Read every catalog anew at its next use."""
        with self._lock:
            self._catalogs.clear()

    def organisations(self) -> list[str]:
        """The keys of all organisations, in alphabetical order."""
        with self.connection() as connection:
            found = connection.execute("SELECT key FROM entente.organisation ORDER BY key").fetchall()
        return [key for (key,) in found]


def schema_of(organisation: str) -> str:
    """The schema of an organisation; NotFound when the key is none (letters, digits, _; 40 at the most)."""
    if not organisation.isidentifier() or not organisation.isascii() or len(organisation) > 40:
        raise NotFound("organisation.unknown")
    return f"org_{organisation.lower()}"


__all__ = ["Database", "in_schema", "schema_of"]
