"""Search over everything that a person may read: one statement, ranked, grouped by entity."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.statement import Prepared, prepare
from entente.kernel.db.tx import Row, Tx, rows
from entente.kernel.kit.normal import fold
from entente.kernel.metadata.catalog import Catalog, Entity
from entente.services.search.statement import SHORT, find_statement

LIMIT = 5
MOST_WORDS = 6
LONGEST_WORD = 60
REMEMBERED = 512


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was found."""

    id: UUID
    title: str
    subtitle: str
    rank: int


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The best hits of one entity, best first."""

    entity: str
    label: str
    icon: str
    hue: str
    path: str
    hits: list[Hit]


class _Statements:
    """Compiled statements by declarations, rights and shape of the question: compiling costs more than running."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], Prepared | None] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, tx: Tx, words: int, anchored: bool) -> Prepared | None:
        key = (tx.catalog.content, _rights(tx), words, anchored)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        statement = find_statement(tx, words, anchored=anchored)
        made = None if statement is None else prepare(statement)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)
        return made


_statements = _Statements()


def _rights(tx: Tx) -> bytes:
    """Everything of the principal that shapes the access predicate; who he is comes as a parameter."""
    person = tx.principal
    shape = (person.is_system, person.is_admin, person.user_id is None, person.grants, person.field_rules)
    return msgspec.msgpack.encode(shape, order="sorted")


def search_all(tx: Tx, words: str, limit: int = LIMIT) -> list[Group]:
    """The records that contain every word, at most `limit` of each entity, those that begin with them first.

    Words of one or two letters are looked for at the beginning of titles only, where an index finds them.
    """
    parts = [part[:LONGEST_WORD] for part in fold(words).split()][:MOST_WORDS]
    if not parts:
        return []
    anchored = all(len(part) < SHORT for part in parts)
    statement = _statements.of(tx, len(parts), anchored)
    return [] if statement is None else _groups(tx, rows(tx, statement, **_binds(parts, limit)))


def _binds(parts: Sequence[str], limit: int) -> dict[str, Any]:
    whole = " ".join(parts)
    made: dict[str, Any] = {"hits": limit, "whole": whole, "beyond": whole + "\U0010ffff"}
    made["prefix"], made["inside"] = f"{escaped(whole)}%", f"% {escaped(whole)}%"
    made |= {f"word_{at}": f"%{escaped(part)}%" for at, part in enumerate(parts)}
    return made


def escaped(text: str) -> str:
    """The text as a part of a LIKE pattern that means nothing but itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _groups(tx: Tx, found: Sequence[Row]) -> list[Group]:
    by_entity: dict[str, list[Row]] = {}
    for each in found:
        by_entity.setdefault(each["entity"], []).append(each)
    groups = [_group(tx, tx.catalog.entity(name), lines) for name, lines in by_entity.items()]
    order = _menu_order(tx.catalog)
    return sorted(groups, key=lambda group: (group.hits[0].rank, order.get(group.entity, len(order))))


def _group(tx: Tx, entity: Entity, lines: Sequence[Row]) -> Group:
    made = entity.definition
    hits = [
        Hit(
            id=each["id"],
            title=each["title"] or "",
            subtitle=_subtitle(tx, entity, each["subtitle"]),
            rank=each["rank"],
        )
        for each in lines
    ]
    return Group(
        entity=entity.name, label=entity.plural.to(tx.language), icon=made.icon, hue=made.hue, path=made.path, hits=hits
    )


def _subtitle(tx: Tx, entity: Entity, text: str | None) -> str:
    name = entity.definition.subtitle
    choices = entity.field(name).definition.choices if name else ()
    label = next((choice.label.to(tx.language) for choice in choices if choice.key == text), None)
    return label or text or ""


def _menu_order(catalog: Catalog) -> dict[str, int]:
    """Where the side bar puts each entity."""
    names = [name for menu in catalog.menus for name in menu.entities]
    return {name: at for at, name in enumerate(names)}
