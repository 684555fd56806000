"""The system query options of a collection, read and proved: which fields, which order, how many, what along."""

import re

import msgspec

from entente.interfaces.api.call import Call, only, read_number
from entente.interfaces.api.filters import read_filter
from entente.interfaces.api.shape import members, shown
from entente.interfaces.html.http.refusals import BadRequest
from entente.kernel.access.fields import level, may_use
from entente.kernel.db.tx import Tx
from entente.kernel.expressions.nodes import Node
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.screens import Sort
from entente.kernel.metadata.tables import Field, targets

PAGE = 100
MOST = 1000
MOST_SKIPPED = 100_000
DEEPEST_EXPAND = 2
LONGEST_SEARCH = 200
READ = ("select", "expand", "format")
LIST = (*READ, "filter", "orderby", "top", "skip", "count", "search", "skiptoken", "apply")
LINKS = ("link", "links", "polymorphic")
ITEM = re.compile(r"\s*(\w+)\s*(?:\((.*)\))?\s*", re.DOTALL)


class Expansion(msgspec.Struct, frozen=True):
    """A link whose records come along, with what is wanted of them."""

    field: Field
    names: tuple[str, ...]
    expand: tuple["Expansion", ...]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted of a collection; `top` is the client's limit, `size` the one of a page."""

    names: tuple[str, ...]
    expand: tuple[Expansion, ...]
    filter: Node | None
    sort: tuple[Sort, ...]
    search: str
    top: int | None
    size: int
    skip: int
    count: bool
    after: str | None


def read_wanted(tx: Tx, entity: Entity, call: Call) -> Wanted:
    """What a request for a collection wants; BadRequest names the option at fault."""
    only(call, *LIST)
    names, expand = read_selection(tx, entity, call)
    top = read_number(call, "top", MOST_SKIPPED)
    size = _page_size(call)
    return Wanted(
        names=names,
        expand=expand,
        filter=read_filter(tx.catalog, entity, call.query["filter"]) if call.query.get("filter") else None,
        sort=_sort(tx, entity, call.query.get("orderby", "")),
        search=read_search(call),
        top=top,
        size=min(size or MOST if top is not None else size or PAGE, MOST if top is None else max(top, 1)),
        skip=read_number(call, "skip", MOST_SKIPPED) or 0,
        count=_flag(call, "count"),
        after=call.query.get("skiptoken") or None,
    )


def read_selection(tx: Tx, entity: Entity, call: Call) -> tuple[tuple[str, ...], tuple[Expansion, ...]]:
    """The fields and the expansions that a request asks for."""
    expand = _expansions(tx, entity, call.query.get("expand", ""), 1)
    return _names(tx, entity, call.query.get("select", "")), expand


def read_search(call: Call) -> str:
    """The words of `$search`, without OData's quotes and AND."""
    text = call.query.get("search", "")
    if len(text) > LONGEST_SEARCH:
        raise BadRequest("api.search_too_long", field="$search", count=LONGEST_SEARCH)
    return " ".join(word for word in text.replace('"', " ").replace("\x00", " ").split() if word != "AND")


def readable_field(tx: Tx, entity: Entity, name: str, option: str) -> Field:
    """The field of a name in JSON whose values may be used; the same BadRequest for unknown and forbidden ones."""
    field = members(entity).get(name)
    if field is None or not may_use(tx, entity.name, field.name):
        raise BadRequest("api.no_such_member", field=option, name=name[:80])
    return field


def _names(tx: Tx, entity: Entity, text: str) -> tuple[str, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or "*" in parts:
        return shown(tx, entity)
    known = members(entity)
    names = []
    for part in parts:
        field = known.get(part)
        if part == "id":
            continue
        if field is None or level(tx, entity.name, field.name) == "hidden":
            raise BadRequest("api.no_such_member", field="$select", name=part[:80])
        names.append(field.name)
    return tuple(dict.fromkeys(names))


def _expansions(tx: Tx, entity: Entity, text: str, depth: int) -> tuple[Expansion, ...]:
    items = [item for item in _split(text, ",") if item.strip()]
    if items and depth > DEEPEST_EXPAND:
        raise BadRequest("api.expand_too_deep", field="$expand", count=DEEPEST_EXPAND)
    return tuple(_expansion(tx, entity, item, depth) for item in items)


def _expansion(tx: Tx, entity: Entity, item: str, depth: int) -> Expansion:
    found = ITEM.fullmatch(item)
    if not found:
        raise BadRequest("api.no_such_member", field="$expand", name=item[:80])
    field = readable_field(tx, entity, found[1], "$expand")
    if field.type.key not in LINKS:
        raise BadRequest("api.no_such_member", field="$expand", name=found[1][:80])
    options = dict(_option(part) for part in _split(found[2] or "", ";") if part.strip())
    if field.type.key == "polymorphic":
        if options:
            raise BadRequest("api.no_such_member", field="$expand", name=item[:80])
        return Expansion(field, (), ())
    target = tx.catalog.entity(targets(field.definition)[0])
    inner = _expansions(tx, target, options.pop("expand", ""), depth + 1)
    names = _names(tx, target, options.pop("select", ""))
    if options:
        raise BadRequest("api.unknown_option", field="$expand")
    return Expansion(field, names, inner)


def _option(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().removeprefix("$"), value


def _split(text: str, mark: str) -> list[str]:
    """The parts between marks that stand outside parentheses."""
    parts, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == mark and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def _sort(tx: Tx, entity: Entity, text: str) -> tuple[Sort, ...]:
    terms = []
    for part in (part.split() for part in text.split(",") if part.strip()):
        if len(part) > 2 or part[1:] not in ([], ["asc"], ["desc"]):
            raise BadRequest("api.bad_order", field="$orderby")
        field = readable_field(tx, entity, part[0], "$orderby")
        if not field.type.sortable:
            raise BadRequest("field.not_sortable", field="$orderby")
        terms.append(Sort(field.name, part[-1] == "desc"))
    if len({term.field for term in terms}) < len(terms) or len(terms) > 4:
        raise BadRequest("api.bad_order", field="$orderby")
    return tuple(terms)


def _page_size(call: Call) -> int | None:
    asked = call.prefers("odata.maxpagesize") or call.prefers("maxpagesize") or ""
    return min(max(int(asked), 1), MOST) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None


def _flag(call: Call, name: str) -> bool:
    text = call.query.get(name, "false")
    if text not in ("true", "false"):
        raise BadRequest("api.not_a_flag", field=f"${name}")
    return text == "true"
