"""Ids in a filter's text, taken out so that one compiled statement serves every id."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.statement import Prepared

_ID = re.compile(r'"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"')


def lift_ids(text: str) -> tuple[str, tuple[UUID, ...]]:
    """The text with a place in the place of each id, equal ids in the same one, and the ids by place."""
    places: dict[str, int] = {}
    shape = _ID.sub(lambda found: f'"{_place(places.setdefault(found[1], len(places)))}"', text)
    return shape, tuple(map(UUID, places))


def put_ids(made: Prepared, ids: Sequence[UUID]) -> Prepared | None:
    """The statement with the ids in their places; nothing when one of its places is not among the bound values."""
    places = {_place(at): identity for at, identity in enumerate(ids)}
    met: set[UUID] = set()
    binds = {name: _put(value, places, met) for name, value in made.binds.items()}
    return msgspec.structs.replace(made, binds=binds) if len(met) == len(ids) else None


def _place(at: int) -> UUID:
    return UUID(int=at)


def _put(value: Any, places: Mapping[UUID, UUID], met: set[UUID]) -> Any:
    if isinstance(value, list):
        return [_put(each, places, met) for each in value]
    if isinstance(value, UUID) and value in places:
        met.add(value)
        return places[value]
    if isinstance(value, str) and len(value) == 36 and _ID.fullmatch(f'"{value}"') and UUID(value) in places:
        met.add(UUID(value))
        return str(places[UUID(value)])
    return value
