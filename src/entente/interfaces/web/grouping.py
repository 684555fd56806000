"""The columns of a board: the options of a choice, the steps of one process, or the records that a link points to."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from entente.interfaces.web.fields import shown, title_of
from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx
from entente.kernel.expressions.nodes import Call, Comparison, Logic, Name, Node, String, path
from entente.kernel.expressions.parser import parse
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import NotFound
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.entity import HUES
from entente.kernel.metadata.screens import Sort
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.records.query import Ask, Sums, aggregate, page, titles

NONE = "none"
MOST = 30


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A column: the value that its records have, and for a step of a process what type of step it is."""

    key: str
    label: str
    hue: str = "gray"
    type: str = ""

    @property
    def value(self) -> str | None:
        """What a record that moves here gets."""
        return None if self.key == NONE else self.key


class Grouping(msgspec.Struct, frozen=True, kw_only=True):
    """How a board is divided: by which field, within which parent, into which columns with which sums."""

    field: Field
    groups: tuple[Group, ...]
    sums: dict[str, Sums]
    shared: str = ""  # the field by which records and steps belong to one parent
    parent: UUID | None = None
    parents: tuple[tuple[str, str], ...] = ()  # id and title of all parents


def group_field(tx: Tx, entity: Entity, name: str | None) -> Field:
    """The field that a board is divided by; NotFound when the entity has no such board or the asker may not read it."""
    field = shown(tx, entity, name or "")
    if field is None or field.name not in entity.definition.board or not may_use(tx, entity.name, field.name):
        raise NotFound("board.none")
    return field


def grouping_of(tx: Tx, entity: Entity, field: Field, ask: Ask, within: str) -> Grouping:
    """The columns of a board over the records asked for."""
    shared = shared_parent(tx, entity, field)
    if not shared:
        sums = _sums(tx, ask, field.name)
        groups = _choices(tx, field) if field.type.key == "choice" else _linked(tx, field, sums)
        return Grouping(field=field, groups=_with_none(tx, field, groups, sums), sums=sums)
    parents = _parents(tx, entity, shared)
    parent = _wanted_parent(tx, ask, shared, parents, within)
    inside = msgspec.structs.replace(ask, filter=narrowed(ask.filter, equals(shared, str(parent))))
    return Grouping(
        field=field,
        groups=_steps(tx, field, shared, parent) if parent else (),
        sums=_sums(tx, inside, field.name),
        shared=shared,
        parent=parent,
        parents=parents,
    )


def shared_parent(tx: Tx, entity: Entity, field: Field) -> str:
    """The link that records share with the steps they stand in: to the thing without which there is no such step."""
    if field.type.key != "link":
        return ""
    target = tx.catalog.entity(targets(field.definition)[0])
    for name, each in target.fields.items():
        known = entity.fields.get(name)
        belongs = each.type.key == "link" and each.definition.required and each.definition.on_delete == "cascade"
        if belongs and known is not None and known.definition.to == each.definition.to:
            return name
    return ""


def _sums(tx: Tx, ask: Ask, name: str) -> dict[str, Sums]:
    found = aggregate(tx, ask, group_by=name)
    return {NONE if each.key is None else str(each.key): each for each in found}


def _choices(tx: Tx, field: Field) -> tuple[Group, ...]:
    return tuple(
        Group(key=each.key, label=each.label.to(tx.language), hue=each.hue, type=each.key)
        for each in field.definition.choices
    )


def _linked(tx: Tx, field: Field, sums: dict[str, Sums]) -> tuple[Group, ...]:
    """The records that are pointed to, those pointed to most first."""
    keys = sorted((key for key in sums if key != NONE), key=lambda key: -sums[key].count)[:MOST]
    ids = [identity for key in keys if (identity := parse_id(key))]
    called = titles(tx, targets(field.definition)[0], ids)
    return tuple(
        Group(key=str(identity), label=called[identity], hue=HUES[at % len(HUES)])
        for at, identity in enumerate(ids)
        if identity in called
    )


def _with_none(tx: Tx, field: Field, groups: Sequence[Group], sums: dict[str, Sums]) -> tuple[Group, ...]:
    if NONE not in sums and field.definition.required:
        return tuple(groups)
    if NONE not in sums and field.type.key == "choice":
        return tuple(groups)
    return (Group(key=NONE, label=tx.say("board.without", field=field.definition.label.to(tx.language))), *groups)


def _parents(tx: Tx, entity: Entity, shared: str) -> tuple[tuple[str, str], ...]:
    target = tx.catalog.entity(targets(entity.fields[shared].definition)[0])
    title = target.definition.title
    order = "position" if "position" in target.fields else "created_at"
    found = page(tx, Ask(entity=target.name, fields=(title,), sort=(Sort(order),), limit=MOST)).records
    return tuple((str(each.id), title_of(tx, target, each)) for each in found)


def _wanted_parent(tx: Tx, ask: Ask, shared: str, parents: Sequence[tuple[str, str]], within: str) -> UUID | None:
    """The parent asked for, else the one with the most records, else the first."""
    known = [key for key, _ in parents]
    if within not in known:
        counts = _sums(tx, ask, shared)
        within = max(known, key=lambda key: counts[key].count if key in counts else 0, default="")
    return parse_id(within)


def _steps(tx: Tx, field: Field, shared: str, parent: UUID) -> tuple[Group, ...]:
    target = tx.catalog.entity(targets(field.definition)[0])
    order = "position" if "position" in target.fields else "created_at"
    wanted = equals(shared, str(parent))
    found = page(tx, Ask(entity=target.name, filter=wanted, sort=(Sort(order),), limit=MOST)).records
    return tuple(
        Group(
            key=str(each.id),
            label=title_of(tx, target, each),
            hue=_hue(each.get("hue"), target, each.get("type")),
            type=str(each.get("type") or ""),
        )
        for each in found
        if each.get("active") is not False
    )


def _hue(named: object, target: Entity, kind: object) -> str:
    """The colour of a step: its own, else that of its type."""
    if named in HUES and named != "blue":
        return str(named)
    field = target.fields.get("type")
    choices = field.definition.choices if field else ()
    return next((choice.hue for choice in choices if choice.key == kind), "gray")


def equals(name: str, value: str) -> Node:
    """The condition that a field has a value."""
    return Comparison("=", path(name), String(value))


def stands_in(field: Field, group: Group) -> Node:
    """The condition that a record stands in a column."""
    return Call(Name("is empty"), (path(field.name),)) if group.value is None else equals(field.name, group.key)


def narrowed(given: str | Node, added: Node) -> Node:
    """A filter with one more condition."""
    if not given:
        return added
    return Logic("and", (parse(given) if isinstance(given, str) else given, added))
