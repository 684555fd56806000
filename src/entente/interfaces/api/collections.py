"""Collections: a page of records, how many there are, and the creation of a new one."""

from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from entente.interfaces.api.apply import read_totals
from entente.interfaces.api.call import Answer, Call, etag, only, read_object
from entente.interfaces.api.expand import expand
from entente.interfaces.api.filters import read_filter
from entente.interfaces.api.options import Wanted, read_search, read_wanted
from entente.interfaces.api.shape import annotate_titles, from_json, shown, to_json
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field
from entente.kernel.records.query import Ask, count, exists, page, titles
from entente.kernel.records.record import Record
from entente.kernel.records.save import save

CAPPED = "@entente.count_capped"


def list_collections(tx: Tx, call: Call) -> Answer:
    """The service document: every collection by name and address."""
    sets = [
        {
            "name": made.definition.path,
            "kind": "EntitySet",
            "url": made.definition.path,
            "title": made.plural.to(tx.language),
        }
        for made in tx.catalog.entities.values()
    ]
    return Answer(body={"@odata.context": f"{call.base}/$metadata", "value": sets})


def read_collection(tx: Tx, call: Call) -> Answer:
    """A page of records, with the address of the next one; figures when `$apply` asks for them."""
    entity = tx.catalog.at_path(call.path[0])
    if "apply" in call.query:
        return read_totals(tx, entity, call)
    wanted = read_wanted(tx, entity, call)
    ask = _ask(entity, wanted)
    found = page(tx, ask) if wanted.top != 0 else None
    records = found.records if found else []
    body: dict[str, Any] = {"@odata.context": f"{call.base}/$metadata#{call.path[0]}"}
    if wanted.count:
        number = count(tx, ask)
        body["@odata.count"] = number.number
        if number.capped:
            body[CAPPED] = True
    body["value"] = _rows(tx, entity, call, wanted, records)
    if found and found.next:
        link = next_link(call, wanted, len(records), found.next)
        body |= {"@odata.nextLink": link} if link else {}
    return Answer(body=body, headers={"Preference-Applied": f"maxpagesize={wanted.size}"})


def _ask(entity: Entity, wanted: Wanted) -> Ask:
    read = tuple(dict.fromkeys((*wanted.names, *(each.field.name for each in wanted.expand)))) or ("version",)
    return Ask(
        entity=entity.name,
        fields=read,
        filter=wanted.filter or "",
        sort=wanted.sort,
        search=wanted.search,
        limit=min(wanted.size, wanted.top) if wanted.top else wanted.size,
        after=wanted.after,
        skip=0 if wanted.after else wanted.skip,
    )


def _rows(tx: Tx, entity: Entity, call: Call, wanted: Wanted, records: list[Record]) -> list[dict[str, Any]]:
    rows = [to_json(tx, entity, record, wanted.names) for record in records]
    if wanted.expand:
        expand(tx, records, rows, wanted.expand)
    add_titles(tx, entity, call, wanted.names, rows)
    return rows


def add_titles(tx: Tx, entity: Entity, call: Call, names: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    """Say what linked records are called when the caller prefers `include-annotations="entente.title"`."""
    if "entente.title" not in (call.prefers("odata.include-annotations") or call.prefers("include-annotations") or ""):
        return
    links: list[Field] = [entity.fields[name] for name in names if entity.fields[name].type.key == "link"]
    annotate_titles(rows, links, lambda target, ids: titles(tx, target, ids))


def next_link(call: Call, wanted: Wanted, given: int, after: str) -> str | None:
    """The address of the next page; nothing when the client's own limit was reached."""
    options = {name: value for name, value in call.query.items() if name not in ("skip", "skiptoken", "top")}
    if wanted.top is not None:
        if wanted.top <= given:
            return None
        options["top"] = str(wanted.top - given)
    query = urlencode(
        {f"${name}": value for name, value in (options | {"skiptoken": after}).items()}, quote_via=quote, safe="$"
    )
    return f"{call.base}/{call.path[0]}?{query}"


def read_count(tx: Tx, call: Call) -> Answer:
    """How many records there are as a plain number, counting no further than 10,000."""
    only(call, "filter", "search")
    entity = tx.catalog.at_path(call.path[0])
    text = call.query.get("filter")
    node = read_filter(tx.catalog, entity, text) if text else ""
    number = count(tx, Ask(entity=entity.name, filter=node, search=read_search(call)))
    return Answer(body=str(number.number).encode(), media="text/plain")


def create(tx: Tx, call: Call) -> Answer:
    """A new record, with its address and entity tag."""
    only(call)
    entity = tx.catalog.at_path(call.path[0])
    record = save(tx, entity.name, from_json(entity, read_object(call)))
    headers = {"Location": f"{call.base}/{call.path[0]}/{record.id}", "ETag": etag(record.version)}
    if call.prefers("return") == "minimal":
        return Answer(status=204, headers=headers | {"OData-EntityId": headers["Location"]})
    return Answer(status=201, body=written(tx, entity, record), headers=headers)


def written(tx: Tx, entity: Entity, record: Record) -> dict[str, Any]:
    """The record as just written; only its id for someone who may create such records but not read them."""
    hidden = tx.principal.depth(entity.name, "read") == "none" and entity.definition.access != "open"
    if hidden and not exists(tx, entity.name, record.id):
        return {"@odata.etag": etag(record.version), "id": record.id}
    return to_json(tx, entity, record, shown(tx, entity))


def refine(call: Call, **changes: Any) -> Call:
    """The call with some of its parts replaced."""
    return msgspec.structs.replace(call, **changes)
