"""The format `condition`: an expression about an entity's records, asked for as rows of field, comparison and value.

What rows cannot say is shown and changed as it is written.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import msgspec
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.formats import Answer, Options, Pick, Row, Rows
from entente.interfaces.html.views.lists import FilterField, FilterOp
from entente.interfaces.web.conditions import filter_fields, items_of, node_of, with_titles
from entente.interfaces.web.formats.place import Place
from entente.interfaces.web.formats.rows import changed, first, numbered
from entente.interfaces.web.formats.said import items_said
from entente.kernel.expressions.unparse import unparse
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.services.automation.condition_words import condition_words

Item = dict[str, Any]
CODE = "code"
ALL, ANY = "all", "any"  # how the rows are joined
WITHOUT_VALUE = ("empty", "not_empty", "me", "my_team", "overdue", "yes", "no")
SEVERAL = ("in", "not_in")
UNFINISHED = "["  # how the rows begin that make no condition yet


def reads(place: Place, form: FormMultiDict) -> str:
    """The expression that the rows of a form mean; the rows themselves as long as one of them is unfinished."""
    rows = [_read(place, sent) for sent in numbered(place.field.name, form)]
    if not rows:
        return next((each for each in form.getall(place.field.name, []) if isinstance(each, str) and each), "")
    joined = [{ANY: rows}] if form.get(f"{place.field.name}.join") == ANY and len(rows) > 1 else rows
    text = msgspec.json.encode(joined).decode()
    try:
        node = node_of(place.tx, place.spoken_of[0], text) if all(map(_is_whole, rows)) and place.spoken_of else None
    except Refused:
        node = None
    return unparse(node) if node is not None else text


def _read(place: Place, sent: dict[str, list[str]]) -> Item:
    op, values = first(sent, "op"), [each for each in sent.get("value", ()) if each]
    item: Item = {"field": first(sent, "field"), "op": op}
    if op == "between":
        return {**item, "value": sent.get("value", [])}
    if op in SEVERAL:
        linked = _kind(place, item["field"]) == "link"
        return {**item, "value": [{"id": each} for each in values] if linked else values}
    return item if op in WITHOUT_VALUE or not values else {**item, "value": values[0]}


def _kind(place: Place, name: str) -> str:
    entity = place.spoken_of[0] if place.spoken_of else None
    field = entity.fields.get(name) if entity else None
    return "link" if field is not None and field.type.key in ("link", "links", "polymorphic") else ""


def _is_whole(item: Item) -> bool:
    return bool(item["field"] and item["op"] and (item["op"] in WITHOUT_VALUE or item.get("value")))


def asks(place: Place, value: Any, deed: str = "") -> Rows:
    """A row for each part of the condition, or its text when rows cannot say it."""
    text = str(value or "")
    entity = place.spoken_of[0] if place.spoken_of else None
    if entity is None:
        return Rows(url=place.url, missing=place.missing)
    items = items_of(text) if text.startswith(UNFINISHED) else items_said(place.tx, entity, text)
    add = place.say("format.condition.add")
    if items is None or deed == CODE or (len(items) > 1 and any(ANY in each for each in items)):
        written = "" if text.startswith(UNFINISHED) else text
        return Rows(url=place.url, code=written, codes=items is not None, note=place.say("format.condition.written"))
    join = ANY if items and ANY in items[0] else ALL
    items = changed(items[0][ANY] if join == ANY else items, deed)
    fields = {each.name: each for each in filter_fields(place.tx, entity)}
    told = items_of(with_titles(place.tx, entity, msgspec.json.encode(items).decode())) if _all_known(items) else items
    rows = tuple(_row(place, at, item, fields) for at, item in enumerate(told))
    note = "" if rows else place.say("format.condition.none")
    return Rows(url=place.url, rows=rows, join=_join(place, join, len(rows)), note=note, add=add, codes=True)


def _join(place: Place, join: str, count: int) -> Pick | None:
    """Whether all rows have to hold or one of them; asked where there are several."""
    if count < 2:
        return None
    options = tuple((each, place.say(f"format.condition.{each}")) for each in (ALL, ANY))
    name = f"{place.field.name}.join"
    return Pick(name=name, label=place.say("format.condition.join"), value=join, options=options)


def _all_known(items: list[Item]) -> bool:
    return all(item.get("field") for item in items)


def _row(place: Place, at: int, item: Item, fields: Mapping[str, FilterField]) -> Row:
    field = fields.get(str(item.get("field") or ""))
    known: Options = (("", "—"), *((each.name, each.label) for each in fields.values()))
    base = f"{place.field.name}.{at}"
    named = field.name if field else ""
    about = Pick(name=f"{base}.field", label=place.say("ui.field"), value=named, options=known)
    if field is None:
        return Row(number=at, picks=(about,))
    ops = _ops(field, fields)
    op = next((each for each in ops if each.key == item.get("op")), ops[0])
    compared = Pick(
        name=f"{base}.op",
        label=place.say("ui.comparison"),
        value=op.key,
        options=tuple((each.key, each.label) for each in ops),
    )
    answers = _answers(base, place.say("ui.row_value"), field, op, item.get("value"))
    return Row(number=at, picks=(about, compared), answers=tuple(answers))


def _ops(field: FilterField, fields: Mapping[str, FilterField]) -> tuple[FilterOp, ...]:
    """The comparisons of a field: its own, or those of the first field of its kind."""
    return field.ops or next(each.ops for each in fields.values() if each.kind == field.kind and each.ops)


def _answers(base: str, label: str, field: FilterField, op: FilterOp, value: Any) -> Iterator[Answer]:
    """What is compared with, in the input that fits the field."""
    listed = value if isinstance(value, list) else [] if value in (None, "") else [value]
    made = partial(Answer, name=f"{base}.value", label=label)
    if op.key in WITHOUT_VALUE:
        return
    if op.choices:
        options = tuple((each.key, each.label) for each in op.choices)
        yield made(kind="select", values=_texts(listed), options=options)
    elif field.choices and op.key in SEVERAL:
        options = tuple((each.key, each.label) for each in field.choices)
        yield made(kind="checks", values=_texts(listed), options=options)
    elif field.src and op.key in SEVERAL:
        chosen = tuple((str(each["id"]), str(each.get("title") or "")) for each in listed if isinstance(each, dict))
        yield made(kind="records", options=chosen, src=field.src)
    else:
        kind = "number" if op.key.endswith("_days") else field.kind if field.kind in ("number", "date") else "text"
        for each in [*_texts(listed), "", ""][: 2 if op.key == "between" else 1]:
            yield made(kind=kind, values=(each,))


def _texts(values: list[Any]) -> tuple[str, ...]:
    return tuple(str(each) for each in values if not isinstance(each, dict))


def tells(place: Place, value: Any) -> tuple[str, ...]:
    """The condition in words."""
    entity: Entity | None = place.spoken_of[0] if place.spoken_of else None
    text = str(value or "")
    return () if not text else (condition_words(place.tx, entity, text) if entity else text,)
