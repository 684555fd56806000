"""From a request to a transaction on behalf of whoever proved to be asking."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg

from entente.interfaces.html.http.csrf import require_csrf
from entente.interfaces.html.http.languages import language_of
from entente.interfaces.html.http.peer import Connection, peer_of
from entente.interfaces.html.http.refusals import Unauthenticated
from entente.interfaces.html.http.session import session_key
from entente.kernel.db.database import Database, schema_of
from entente.kernel.db.tx import Tx, new_cause
from entente.kernel.db.wire import Wire
from entente.kernel.identity.authenticate import Authenticated, Door, authenticate
from entente.kernel.identity.throttle import Limit, count_try, peer_limit
from entente.kernel.identity.tokens import organisation_of
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Forbidden

LANGUAGE = "language"


class Key(NamedTuple):
    """What a request shows to prove who is asking."""

    door: Door
    organisation: str
    token: str


def database_of(request: Connection) -> Database:
    """The installation's database."""
    database: Database = request.app.state.database
    return database


def key_of(request: Connection, *, csrf: str | None = None) -> Key:
    """The API token or the session that a request shows; Unauthenticated without one, Forbidden without CSRF token."""
    bearer = request.headers.get("authorization")
    if bearer is not None:
        scheme, _, token = bearer.partition(" ")
        organisation = organisation_of(token.strip()) if scheme.lower() == "bearer" else None
        if organisation is None:
            raise Unauthenticated("http.token_refused")
        return Key("token", organisation, token.strip())
    session = session_key(request, database_of(request).settings)
    if session is None:
        raise Unauthenticated("http.sign_in_needed")
    require_csrf(request, session.token, csrf)
    return Key("session", *session)


@contextmanager
def open_tx(request: Connection, via: str, *, csrf: str | None = None, deed: str = "") -> Iterator[Tx]:
    """A transaction for the request, committed when the block ends well; via is the door: `web`, `api`.

    Unauthenticated when nobody proves to be asking, Throttled when a peer tried too often, Forbidden without CSRF
    token or while a password must be changed.
    """
    database = database_of(request)
    try:
        key = key_of(request, csrf=csrf)
        with database.connection() as connection:
            found = _prove(database, connection, key)
            request.scope["state"][LANGUAGE] = found.principal.language
            if found.must_change and via != "password":
                raise Forbidden("http.password_must_change")
            catalog = database.catalog(connection, key.organisation, found.catalog_version)
            tx = database.transaction(connection, catalog, found.principal, new_cause(via, deed))
            tx.language = language_of(request, found.principal.language)
            yield tx
    except Unauthenticated:
        _count_stranger(request, database)
        raise


def _prove(database: Database, connection: Wire, key: Key) -> Authenticated:
    code = "http.token_refused" if key.door == "token" else "http.session_over"
    try:
        found = authenticate(connection, schema_of(key.organisation), key.door, key.token, database.clock.now())
    except (psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedTable):
        raise Unauthenticated(code) from None
    if found is None:
        raise Unauthenticated(code)
    return found


def _count_stranger(request: Connection, database: Database) -> None:
    """Count a refused token per peer; Throttled in place of the refusal when there were too many."""
    if request.headers.get("authorization") is None:
        return
    peer = peer_limit(peer_of(request, database.settings.trusted_proxies)).key
    with database.begin(system("tokens")) as tx:
        count_try(tx, [Limit(f"token-{peer}", free=50, longest=300)])
