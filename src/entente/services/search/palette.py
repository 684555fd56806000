"""The palette: one box from which everything is reached: records, lists and views, new records, actions."""

from typing import Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.normal import fold
from entente.kernel.kit.refusal import NotFound
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.actions import offered
from entente.kernel.records.query import find
from entente.services.search.finding import search_all

RECORDS_EACH = 4
MOST_PLACES = 8
EntryKind = Literal["record", "action", "list", "view", "create"]


class PaletteEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to go to or to do; `name` is the action's name or the view's key."""

    kind: EntryKind
    title: str
    detail: str
    icon: str
    entity: str
    path: str
    record: UUID | None = None
    name: str = ""


def palette(tx: Tx, words: str, here: Ref | None = None) -> list[PaletteEntry]:
    """What the words reach: actions of the record at hand, records, then places and what may be created.

    Without words, the actions and the places.
    """
    wanted = fold(words).split()
    entries = [each for each in _actions(tx, here) if _meets(each, wanted)]
    entries += _records(tx, words)
    places = [each for each in (*_lists(tx), *_creations(tx)) if _meets(each, wanted)]
    views = [each for each in _views(tx) if _meets(each, wanted)] if wanted else []
    return [*entries, *places[: MOST_PLACES * 3], *views[:MOST_PLACES]]


def _meets(entry: PaletteEntry, wanted: list[str]) -> bool:
    text = " " + fold(f"{entry.title} {entry.detail}")
    return all(f" {word}" in text for word in wanted)


def _records(tx: Tx, words: str) -> list[PaletteEntry]:
    return [
        PaletteEntry(
            kind="record",
            title=hit.title,
            detail=hit.subtitle,
            icon=group.icon,
            entity=group.entity,
            path=group.path,
            record=hit.id,
        )
        for group in search_all(tx, words, RECORDS_EACH)
        for hit in group.hits
    ]


def _actions(tx: Tx, here: Ref | None) -> list[PaletteEntry]:
    if here is None or here.entity not in tx.catalog.entities:
        return []
    entity = tx.catalog.entity(here.entity)
    try:
        record = find(tx, here.entity, here.id)
    except NotFound:
        return []
    return [
        PaletteEntry(
            kind="action",
            title=tx.say(action.key),
            detail=entity.label.to(tx.language),
            icon=action.icon,
            entity=entity.name,
            path=entity.definition.path,
            record=here.id,
            name=action.name,
        )
        for action in tx.catalog.actions_of(entity.name)
        if tx.principal.depth(entity.name, action.requires) != "none"
        and tx.words.has(action.key)
        and offered(tx, entity, action, record)
    ]


def _reachable(tx: Tx) -> list[Entity]:
    """The entities of the side bar that the principal may read, in its order."""
    names = dict.fromkeys(name for menu in tx.catalog.menus for name in menu.entities)
    return [
        entity
        for name in names
        if (entity := tx.catalog.entities.get(name)) and _may_list(tx, entity) and not entity.definition.hidden
    ]


def _may_list(tx: Tx, entity: Entity) -> bool:
    return entity.definition.access == "open" or tx.principal.depth(entity.name, "read") != "none"


def _lists(tx: Tx) -> list[PaletteEntry]:
    return [
        PaletteEntry(
            kind="list",
            title=entity.plural.to(tx.language),
            detail=tx.say("palette.go"),
            icon=entity.definition.icon,
            entity=entity.name,
            path=entity.definition.path,
        )
        for entity in _reachable(tx)
    ]


def _creations(tx: Tx) -> list[PaletteEntry]:
    return [
        PaletteEntry(
            kind="create",
            title=tx.say("palette.create", entity=entity.one(tx.language)),
            detail="",
            icon="plus",
            entity=entity.name,
            path=entity.definition.path,
        )
        for entity in _reachable(tx)
        if tx.principal.depth(entity.name, "create") != "none"
    ]


def _views(tx: Tx) -> list[PaletteEntry]:
    return [
        PaletteEntry(
            kind="view",
            title=view.label.to(tx.language),
            detail=entity.plural.to(tx.language),
            icon=entity.definition.icon,
            entity=entity.name,
            path=entity.definition.path,
            name=view.key,
        )
        for entity in _reachable(tx)
        if (screens := tx.catalog.screens.get(entity.name))
        for view in screens.lists
    ]
