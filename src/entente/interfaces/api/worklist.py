"""The worklist of the asking user: a page of items, and how many there are."""

from typing import Any, get_args
from urllib.parse import quote
from uuid import UUID

import msgspec

from entente.interfaces.api.call import Answer, Call, only, read_number
from entente.interfaces.api.filters import read_filter
from entente.interfaces.html.http.refusals import BadRequest
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.services.worklist.card import Card, card_of, names_in
from entente.services.worklist.listing import MOST, Entry, Order, Search, View, counters, worklist

VIEWS: tuple[str, ...] = get_args(View)
ORDERS: tuple[str, ...] = get_args(Order)


def read_worklist(tx: Tx, call: Call) -> Answer:
    """A page of the items in the asking user's hands, with the address of the next one; counters with `$count`."""
    only(call, "view", "order", "record", "process", "filter", "top", "skiptoken", "count")
    search = _search(tx, call)
    found = worklist(tx, search)
    body: dict[str, Any] = {}
    if call.query.get("count") == "true":
        body["@entente.counters"] = msgspec.to_builtins(counters(tx))
    names = names_in(tx, found.entries)
    body["value"] = [_shown(tx, each, names) for each in found.entries]
    if found.next:
        kept = {name: text for name, text in call.query.items() if name != "skiptoken"}
        plain = {name if name in ("view", "order", "record", "process") else f"${name}": kept[name] for name in kept}
        tail = "".join(f"&{name}={quote(text, safe='')}" for name, text in plain.items())
        body["@odata.nextLink"] = f"{call.base}/worklist?$skiptoken={found.next}{tail}"
    return Answer(body=body)


def _search(tx: Tx, call: Call) -> Search:
    view, order = call.query.get("view", "inbox"), call.query.get("order", "due")
    if view not in VIEWS:
        raise BadRequest("http.value_not_understood", field="view")
    if order not in ORDERS:
        raise BadRequest("http.value_not_understood", field="order")
    record = call.query.get("record")
    if record is not None and parse_id(record) is None:
        raise BadRequest("http.value_not_understood", field="record")
    text = call.query.get("filter")
    return msgspec.structs.replace(
        msgspec.convert({"view": view, "order": order}, Search),
        record=parse_id(record),
        process=call.query.get("process"),
        filter=read_filter(tx.catalog, tx.catalog.entity("task"), text) if text else "",
        limit=read_number(call, "top", MOST, 1) or 50,
        after=call.query.get("skiptoken"),
    )


def _shown(tx: Tx, entry: Entry, names: dict[UUID, str]) -> dict[str, Any]:
    made = {name: getattr(entry, name) for name in entry.__struct_fields__}
    made["task_id"] = made.pop("task")
    made["outcomes"] = [{"key": each.key, "label": each.label(tx.language)} for each in entry.outcomes]
    for name in ("holder", "opened_by", "asked_by", "original", "record"):
        if made[name] is not None:
            made[f"{name}_name"] = names.get(made[name], "")
    return made


def read_counters(tx: Tx, call: Call) -> Answer:
    """How many items are in the asking user's hands, by kind."""
    only(call)
    return Answer(body=msgspec.to_builtins(counters(tx)))


def read_card(tx: Tx, call: Call) -> Answer:
    """What the asking user may know and do of one task: its items, its history, the verbs that are open to him."""
    only(call)
    identity = parse_id(call.path[1])
    if identity is None:
        raise BadRequest("http.value_not_understood", field="id")
    return Answer(body=_card(tx, card_of(tx, identity)))


def _card(tx: Tx, card: Card) -> dict[str, Any]:
    made: dict[str, Any] = msgspec.to_builtins(card, builtin_types=(UUID,))
    made["outcomes"] = [{"key": each.key, "label": each.label(tx.language)} for each in card.outcomes]
    return made
