"""The conditions of a filter: as the builder in the browser writes them, as a tree, and as chips in words.

The text is a JSON list of conditions `{"field", "op", "value"}` that all hold; `{"any": […]}` groups some of which one
holds. The chosen records of a link are `{"id", "title"}`; titles are for the eye only and looked up anew.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from entente.interfaces.html.views.lists import Chip, FilterChoice, FilterField, FilterOp
from entente.interfaces.web.comparing import OPS, Kind, comparison, kind_of, value_words
from entente.interfaces.web.fields import lookup_url
from entente.interfaces.web.reaching import reachable, reached
from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx
from entente.kernel.expressions.filters import from_filter
from entente.kernel.expressions.nodes import Node
from entente.kernel.expressions.periods import PERIODS
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.normal import fold
from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.words import Words
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.records.query import titles

NOTHING = "[]"
MOST = 40
Item = dict[str, Any]


def items_of(text: str) -> list[Item]:
    """The conditions and groups that a text holds; Refused when it is none of ours."""
    try:
        return msgspec.json.decode(text or NOTHING, type=list[Item])[:MOST]
    except msgspec.MsgspecError:
        raise Refused("filter_malformed", detail=text[:60]) from None


def node_of(tx: Tx, entity: Entity, text: str) -> Node | None:
    """The tree that the conditions mean for the asker, or nothing; Refused when one cannot be understood."""
    items = items_of(text)
    if not items:
        return None
    return from_filter({"all": [_meaning(tx, entity, item) for item in items]})


def _meaning(tx: Tx, entity: Entity, item: Item) -> dict[str, Any]:
    if "any" in item:
        return {"any": [_meaning(tx, entity, each) for each in _group(item)]}
    return comparison(tx, _field(tx, entity, item), str(item.get("op")), item.get("value"))


def _group(item: Item) -> list[Item]:
    found = item["any"]
    if not isinstance(found, list) or not found or not all(isinstance(each, dict) for each in found):
        raise Refused("filter_malformed", detail="any")
    return found


def _field(tx: Tx, entity: Entity, item: Item) -> Field:
    """The field of a condition; Refused when there is none that the asker may use."""
    name = str(item.get("field"))
    field = reached(tx, entity, name)
    if field is None or kind_of(field) is None:
        raise Refused("field.unknown", field=name)
    return field


def _flat(items: Sequence[Item]) -> list[tuple[str, bool, Item]]:
    """Every condition with its place (`2` or `2.1`) and whether it stands beside the one before by "or"."""
    found = []
    for at, item in enumerate(items):
        parts = _group(item) if "any" in item else [item]
        found += [(f"{at}.{n}" if "any" in item else str(at), n > 0, part) for n, part in enumerate(parts)]
    return found


def chips_of(tx: Tx, entity: Entity, text: str) -> tuple[Chip, ...]:
    """The conditions in words."""
    placed = _flat(items_of(text))
    called = _titles(tx, entity, [item for _, _, item in placed])
    joins = [joined for _, joined, _ in placed]
    return tuple(
        _chip(tx, entity, place, item, called, joined=joined, ends=not any(joins[at + 1 : at + 2]))
        for at, (place, joined, item) in enumerate(placed)
    )


def _chip(
    tx: Tx, entity: Entity, place: str, item: Item, called: Mapping[str, str], *, joined: bool, ends: bool
) -> Chip:
    field = _field(tx, entity, item)
    op = str(item.get("op"))
    return Chip(
        label=field.definition.label.to(tx.language),
        text=tx.say(f"filter.op.{op}"),
        value=value_words(tx, field, op, item.get("value"), called),
        place=place,
        joined=joined,
        ends=ends,
    )


def with_titles(tx: Tx, entity: Entity, text: str) -> str:
    """The same conditions with the titles of chosen records as the asker may read them, for the builder."""
    items = items_of(text)
    called = _titles(tx, entity, [item for _, _, item in _flat(items)])
    return msgspec.json.encode([_told(item, called) for item in items]).decode()


def _told(item: Item, called: Mapping[str, str]) -> Item:
    if "any" in item:
        return {"any": [_told(each, called) for each in _group(item)]}
    chosen = _chosen(item)
    if not chosen:
        return item
    return {**item, "value": [{"id": each, "title": called.get(each, "")} for each in chosen]}


def _chosen(item: Item) -> list[str]:
    """The ids of the records that a condition names."""
    value = item.get("value")
    if not isinstance(value, list):
        return []
    return [str(each["id"]) for each in value if isinstance(each, dict) and each.get("id")]


def _titles(tx: Tx, entity: Entity, items: Sequence[Item]) -> dict[str, str]:
    wanted: dict[str, list[str]] = {}
    for item in items:
        field = entity.fields.get(str(item.get("field")))
        for target in targets(field.definition) if field and kind_of(field) == "link" else ():
            wanted.setdefault(target, []).extend(_chosen(item))
    found: dict[str, str] = {}
    for target, chosen in wanted.items():
        ids = [identity for each in chosen if (identity := parse_id(each.rpartition(":")[2]))]
        named = titles(tx, target, ids)
        found |= {each: named[key] for each in chosen if (key := parse_id(each.rpartition(":")[2])) in named}
    return found


def filter_fields(tx: Tx, entity: Entity) -> tuple[FilterField, ...]:
    """The fields that the filter builder offers: those whose values the asker may use, by their label.

    Those behind links come last; their comparisons are those of the first field of their kind.
    """
    own = [
        _offered(tx, entity, field, kind)
        for field in entity.fields.values()
        if (kind := kind_of(field)) and may_use(tx, entity.name, field.name)
    ]
    known = {each.kind for each in own}
    found = []
    for field in reachable(tx, entity):
        kind = kind_of(field)
        if kind:
            found.append(_offered(tx, entity, field, kind, told=kind in known))
            known.add(kind)
    return tuple(sorted(own, key=_by_label) + sorted(found, key=_by_label))


def _by_label(field: FilterField) -> str:
    return field.label.casefold()


def _offered(tx: Tx, entity: Entity, field: Field, kind: Kind, *, told: bool = False) -> FilterField:
    return FilterField(
        name=field.name,
        label=field.definition.label.to(tx.language),
        kind=kind,
        ops=() if told else tuple(_op(tx.words, tx.language, op) for op in OPS[kind] if _fits(field, op)),
        choices=_choices(tx, field),
        src=lookup_url(entity, field),
    )


def _choices(tx: Tx, field: Field) -> tuple[FilterChoice, ...]:
    """The options as declared; entities by their labels."""
    made = field.definition
    found = (FilterChoice(key=each.key, label=each.label.to(tx.language), hue=each.hue) for each in made.choices)
    return tuple(sorted(found, key=lambda each: fold(each.label))) if made.choices_from else tuple(found)


def _fits(field: Field, op: str) -> bool:
    """Whether a comparison makes sense: `me` for links to people, `my_team` for links to teams."""
    about = {"me": "user", "my_team": "team"}.get(op)
    return about is None or about in targets(field.definition)


@lru_cache(maxsize=256)
def _op(words: Words, language: str, op: str) -> FilterOp:
    choices = [FilterChoice(key=name, label=words.say(language, f"filter.period.{name}")) for name in PERIODS]
    label = words.say(language, f"filter.op.{op}")
    return FilterOp(key=op, label=label, choices=tuple(choices) if op == "period" else ())
