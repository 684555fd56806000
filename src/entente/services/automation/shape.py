"""What of an entity rules can speak of: its stages, its results, its activities, relations and dates.

All of it is read off the declarations: the path of its screens, groups of options, activities that may regard it.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Catalog, Entity
from entente.kernel.metadata.entity import Choice, Moment
from entente.kernel.metadata.screens import Sort
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.records.query import Ask, page

OWNER = "owner"
MOST_STAGES = 200


class Option(msgspec.Struct, frozen=True):
    """Something to choose: its key and what it is called."""

    key: str
    label: str


def path_field(catalog: Catalog, entity: Entity) -> Field | None:
    """The field of the stage that a record of the entity stands in; nothing when it has none."""
    screens = catalog.screens.get(entity.name)
    return entity.fields.get(screens.path) if screens and screens.path else None


def result_field(catalog: Catalog, entity: Entity) -> Field | None:
    """The field that says how a record ends: the choice whose options are the kinds of its stages."""
    path = path_field(catalog, entity)
    if path is None:
        return None
    for kinds in _kinds(catalog, path):
        for field in entity.fields.values():
            if field.type.key == "choice" and field is not path and _keys(field.definition.choices) == kinds:
                return field
    return None


def _kinds(catalog: Catalog, path: Field) -> Iterable[set[str]]:
    """The kinds of stages: the groups of a choice, or the options of the stage's own choices."""
    if path.type.key == "choice":
        yield {choice.group for choice in path.definition.choices if choice.group}
    elif path.type.key == "link":
        stage = catalog.entity(targets(path.definition)[0])
        yield from (_keys(field.definition.choices) for field in stage.fields.values() if field.type.key == "choice")


def _keys(choices: Iterable[Choice]) -> set[str]:
    return {choice.key for choice in choices}


def scope_field(catalog: Catalog, entity: Entity) -> Field | None:
    """The link that says which process a record follows: the one that its stage has as well."""
    path = path_field(catalog, entity)
    if path is None or path.type.key != "link":
        return None
    stage = catalog.entity(targets(path.definition)[0])
    for name, field in stage.definition.fields.items():
        if field.type == "link" and name in entity.fields and name != OWNER:
            return entity.fields[name]
    return None


def stages(tx: Tx, entity: Entity, scope: str = "") -> list[Option]:
    """The stages of an entity, of one process if it is named, in their order."""
    path = path_field(tx.catalog, entity)
    if path is None:
        return []
    if path.type.key == "choice":
        return _options(tx, path)
    stage = tx.catalog.entity(targets(path.definition)[0])
    link = scope_field(tx.catalog, entity)
    where = f'{link.name} = "{scope}"' if link and scope else ""
    sort = tuple(Sort(name) for name in (link.name if link else "", "position") if name in stage.fields)
    found = page(tx, Ask(entity=stage.name, filter=where, sort=sort, limit=MOST_STAGES)).records
    return [Option(str(each.id), str(each[stage.definition.title] or "")) for each in found]


def scopes(tx: Tx, entity: Entity) -> list[Option]:
    """The processes that records of an entity may follow."""
    link = scope_field(tx.catalog, entity)
    if link is None:
        return []
    target = tx.catalog.entity(targets(link.definition)[0])
    sort = (Sort("position"),) if "position" in target.fields else ()
    found = page(tx, Ask(entity=target.name, sort=sort, limit=MOST_STAGES)).records
    return [Option(str(each.id), str(each[target.definition.title] or "")) for each in found]


def results(tx: Tx, entity: Entity) -> list[Option]:
    """The results that a record of an entity may get."""
    field = result_field(tx.catalog, entity)
    return _options(tx, field) if field else []


def _options(tx: Tx, field: Field) -> list[Option]:
    return [Option(each.key, each.label.to(tx.language)) for each in field.definition.choices]


def activities(catalog: Catalog, entity: Entity) -> list[Entity]:
    """The activities that may regard a record of the entity."""
    return [made for made in catalog.entities.values() if made.definition.activity and regarding(made, entity.name)]


def regarding(activity: Entity, target: str) -> Field | None:
    """The field of an activity that may regard records of an entity."""
    for field in activity.fields.values():
        if field.type.key == "polymorphic" and target in targets(field.definition):
            return field
    return None


def closing_field(activity: Entity) -> Field | None:
    """The field whose groups say whether an activity is over."""
    for field in activity.fields.values():
        if field.type.key == "choice" and len({each.group for each in field.definition.choices if each.group}) > 1:
            return field
    return None


def is_over(field: Field, value: Any) -> bool:
    """Whether a value of an activity's closing field says that it is over."""
    first = field.definition.choices[0].group
    return any(each.key == value and each.group != first for each in field.definition.choices)


def kind_field(activity: Entity) -> Field | None:
    """The choice by which an activity's kinds are told apart."""
    field = activity.fields.get("subtype")
    return field if field and field.type.key == "choice" else None


class Named(msgspec.Struct, frozen=True):
    """A named moment of an entity; `own` when rules of that entity ask for it, not those of a record it belongs to."""

    entity: Entity
    moment: Moment
    own: bool

    @property
    def key(self) -> str:
        """Entity and moment: `parcel.shipped`."""
        return f"{self.entity.name}.{self.moment.key}"


def moments(catalog: Catalog, entity: Entity) -> list[Named]:
    """The named moments that rules of an entity can be for: its own, and those of the records that belong to it."""
    return [
        Named(made, moment, made is entity)
        for made in catalog.entities.values()
        for moment in made.definition.moments
        if made is entity or (moment.of and entity.name in targets(made.field(moment.of).definition))
    ]


def named_moment(catalog: Catalog, entity: Entity, key: str) -> Named | None:
    """The moment of a key that rules of an entity can be for, or nothing."""
    return next((each for each in moments(catalog, entity) if each.key == key), None)


def moment_called(catalog: Catalog, key: str, language: str) -> str:
    """What a moment is called, a whole sentence; empty for one that is not there any more."""
    name, _, moment = key.partition(".")
    made = catalog.entities.get(name)
    found = [each for each in made.definition.moments if each.key == moment] if made else []
    return found[0].label.to(language) if found else ""


def relations(catalog: Catalog, entity: Entity) -> list[str]:
    """The relations of an entity: its own links, and as `task.regarding` those that point to it."""
    own = [field.name for field in entity.fields.values() if field.type.key in ("link", "links", "polymorphic")]
    pointing = [
        f"{made.name}.{field.name}"
        for made, field in catalog.pointing_to(entity.name)
        if made.definition.journal and not made.definition.hidden
    ]
    return [name for name in own if not entity.fields[name].definition.read_only] + pointing


def dates(entity: Entity) -> list[Field]:
    """The dates and moments of an entity that can be reached."""
    return [field for field in entity.fields.values() if field.type.key in ("date", "datetime")]
