"""The floor: the same operations by a bare ASGI server over psycopg, without rights, metadata, journal or checks.

Served by Granian as `bench.floor:app`; BENCH_DSN names the database, whose schema `floor` holds data equal to ours.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import msgspec
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

Scope = dict[str, Any]
FIELDS = "id, name, company_name, email, phone, status, score, owner, amount, created_at, version"
SCHEMA = """
DROP SCHEMA IF EXISTS floor CASCADE;
CREATE SCHEMA floor;
CREATE TABLE floor.lead AS SELECT id, name, company_name, emails AS email, phones AS phone, status, score, owner,
  estimated_amount AS amount, created_at, version::bigint AS version, search_text FROM org_main.lead;
ALTER TABLE floor.lead ADD PRIMARY KEY (id);
CREATE INDEX ON floor.lead (status, created_at DESC, id DESC);
CREATE INDEX ON floor.lead USING gin (search_text public.gin_trgm_ops);
CREATE TABLE floor.account AS SELECT id, name, emails AS email, phones AS phone, owner, created_at, version::bigint,
  search_text FROM org_main.account;
CREATE TABLE floor.contact AS SELECT id, name, emails AS email, phones AS phone, account, owner, created_at,
  version::bigint, search_text FROM org_main.contact;
CREATE TABLE floor.opportunity AS SELECT id, name, account, contact, stage, amount, owner, created_at, version::bigint,
  search_text FROM org_main.opportunity;
ALTER TABLE floor.account ADD PRIMARY KEY (id);
ALTER TABLE floor.contact ADD PRIMARY KEY (id);
ALTER TABLE floor.opportunity ADD PRIMARY KEY (id);
CREATE INDEX ON floor.account (created_at DESC, id DESC);
CREATE INDEX ON floor.contact (created_at DESC, id DESC);
CREATE INDEX ON floor.opportunity (stage, created_at DESC, id DESC);
CREATE INDEX ON floor.account USING gin (search_text public.gin_trgm_ops);
CREATE INDEX ON floor.contact USING gin (search_text public.gin_trgm_ops);
CREATE INDEX ON floor.opportunity USING gin (search_text public.gin_trgm_ops);
ANALYZE floor.lead, floor.account, floor.contact, floor.opportunity;
"""
LIST = f"SELECT {FIELDS} FROM floor.lead WHERE status = %s ORDER BY created_at DESC, id DESC LIMIT 20"
COUNT = "SELECT count(*) AS n FROM floor.lead WHERE status = %s"
SEARCH = f"SELECT {FIELDS} FROM floor.lead WHERE search_text LIKE %s LIMIT 20"
CREATE = f"""
INSERT INTO floor.lead (id, name, company_name, email, status, score, created_at, version, search_text)
VALUES (%s, %s, %s, %s, 'new', 0, now(), 1, lower(%s)) RETURNING {FIELDS}
"""
CHANGE = f"UPDATE floor.lead SET status = %s, version = version + 1 WHERE id = %s RETURNING {FIELDS}"
ACCOUNT = """
INSERT INTO floor.account
SELECT %s, company_name, email, phone, owner, now(), 1, lower(company_name) FROM floor.lead WHERE id = %s
"""
CONTACT = """
INSERT INTO floor.contact
SELECT %s, name, email, phone, %s, owner, now(), 1, lower(name) FROM floor.lead WHERE id = %s
"""
OPPORTUNITY = """
INSERT INTO floor.opportunity
SELECT %s, company_name, %s, %s, NULL, amount, owner, now(), 1, lower(company_name) FROM floor.lead WHERE id = %s
"""

pool = AsyncConnectionPool(
    os.environ.get("BENCH_DSN", ""), min_size=2, max_size=12, open=False,
    kwargs={"prepare_threshold": 1, "row_factory": dict_row},
)  # fmt: skip


async def app(scope: Scope, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    """The ASGI application."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    async with pool.connection() as connection:
        found = await _answer(connection, scope, body)
    content = msgspec.json.encode(found)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _live(receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await pool.open()
            await send({"type": "lifespan.startup.complete"})
        else:
            await pool.close()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _answer(connection: Any, scope: Scope, body: bytes) -> Any:
    method, path = scope["method"], scope["path"].split("/")[1:]
    query = scope["query_string"].decode()
    match method, path:
        case "GET", ["leads"] if query.startswith("search="):
            return await _rows(connection, SEARCH, f"%{query[7:]}%")
        case "GET", ["leads"]:
            rows = await _rows(connection, LIST, query.partition("=")[2])
            return {"count": (await _rows(connection, COUNT, query.partition("=")[2]))[0]["n"], "value": rows}
        case "GET", ["leads", identity]:
            return await _rows(connection, f"SELECT {FIELDS} FROM floor.lead WHERE id = %s", UUID(identity))
        case "POST", ["leads"]:
            made = msgspec.json.decode(body)
            values = (uuid4(), made["last_name"], made["company_name"], made["emails"], made["last_name"])
            return await _rows(connection, CREATE, *values)
        case "PATCH", ["leads", identity]:
            return await _rows(connection, CHANGE, msgspec.json.decode(body)["status"], UUID(identity))
        case "POST", ["leads", identity, "convert"]:
            return await _convert(connection, UUID(identity))
    return None


async def _convert(connection: Any, lead: UUID) -> Any:
    account, contact, opportunity = uuid4(), uuid4(), uuid4()
    await connection.execute(ACCOUNT, (account, lead))
    await connection.execute(CONTACT, (contact, account, lead))
    await connection.execute(OPPORTUNITY, (opportunity, account, contact, lead))
    return await _rows(connection, CHANGE, "converted", lead)


async def _rows(connection: Any, sql: str, *values: Any) -> list[dict[str, Any]]:
    cursor = await connection.execute(sql, values)
    found: list[dict[str, Any]] = await cursor.fetchall()
    return found
