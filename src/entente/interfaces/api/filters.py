"""`$filter`: OData's syntax over the one expression language, with the names that records have in JSON."""

from typing import Any

import msgspec

from entente.interfaces.api.shape import member, members
from entente.interfaces.html.http.refusals import BadRequest
from entente.kernel.expressions.nodes import Member, Name, Node, path_of
from entente.kernel.expressions.odata import parse_odata
from entente.kernel.metadata.catalog import Catalog, Entity
from entente.kernel.metadata.tables import targets

LONGEST = 4000


def read_filter(catalog: Catalog, entity: Entity, text: str) -> Node:
    """The expression that a `$filter` means; BadRequest when it is too long, Refused where it is wrong."""
    if len(text) > LONGEST:
        raise BadRequest("api.filter_too_long", field="$filter", count=LONGEST)
    renamed: Node = _renamed(catalog, entity, parse_odata(text))
    return renamed


def _renamed(catalog: Catalog, entity: Entity, node: Any) -> Any:
    """The tree with `owner_id` read as the field `owner`, on every step of a path through links."""
    if isinstance(node, Name | Member):
        path = path_of(node)
        if path:
            return _as_path(_plain(catalog, entity, path))
    if isinstance(node, msgspec.Struct):
        parts = {name: _renamed(catalog, entity, getattr(node, name)) for name in node.__struct_fields__}
        return msgspec.structs.replace(node, **parts)
    return tuple(_renamed(catalog, entity, each) for each in node) if isinstance(node, tuple) else node


def _plain(catalog: Catalog, entity: Entity, path: tuple[str, ...]) -> tuple[str, ...]:
    made = []
    here: Entity | None = entity
    for step in path:
        field = members(here).get(step) if here else None
        made.append(field.name if field else step)
        ends = targets(field.definition) if field and field.type.key in ("link", "links") else ()
        # `owner_id` is the id itself: nothing lies behind it.
        here = catalog.entity(ends[0]) if field and ends and step != member(field) else None
    return tuple(made)


def _as_path(path: tuple[str, ...]) -> Node:
    node: Node = Name(path[0])
    for step in path[1:]:
        node = Member(node, step)
    return node
