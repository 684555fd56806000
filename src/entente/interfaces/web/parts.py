"""The parts of an action's dialog: what is created, linked or left out, with the likely records and the values."""

from collections.abc import Mapping, Sequence, Set
from typing import Any, get_args
from uuid import UUID

import msgspec
from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.fields import FieldView
from entente.interfaces.html.views.forms import Hint, PartView
from entente.interfaces.web.fields import field_view, lookup_url, shown
from entente.interfaces.web.inputs import values_of
from entente.interfaces.web.pages.record import form_of as form_def
from entente.kernel.access.fields import editable
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.code import ActionDef
from entente.kernel.metadata.parts import Target
from entente.kernel.metadata.tables import targets
from entente.kernel.records.duplicates import find_duplicates
from entente.kernel.records.query import titles
from entente.kernel.records.record import Record

SURE = 100
LIKELY = 90


def is_part(tx: Tx, parameter: msgspec.structs.FieldInfo) -> bool:
    """Whether a parameter says what becomes of another record."""
    kinds = get_args(parameter.type) or (parameter.type,)
    return Target in kinds and parameter.name in tx.catalog.entities


def part_views(
    tx: Tx,
    entity: Entity,
    action: ActionDef,
    record: Record,
    *,
    typed: Mapping[str, Any],
    errors: dict[str, str],
) -> tuple[PartView, ...]:
    """The parts as they are proposed for a record, or as they were typed; errors that belong to them are taken out."""
    wanted = [each for each in msgspec.structs.fields(action.params) if is_part(tx, each)] if action.params else []
    if not wanted:
        return ()
    proposed = action.propose(tx, record) if action.propose else None
    matches = find_duplicates(tx, entity, record).found
    views = []
    for parameter in wanted:
        name = parameter.name
        usual = getattr(proposed, name, None) or Target()
        hits = [_hint(match.id, match.title, match.rule, match.score) for match in matches if match.entity == name]
        chosen = msgspec.convert(typed[name], Target) if name in typed else _likely(usual, hits)
        made = tx.catalog.entity(name)
        view = _part(tx, entity, made, chosen, chosen.values or usual.values, hits, errors)
        views.append(_without_links(view, {each.name for each in wanted}))
    return tuple(views)


def _without_links(view: PartView, parts: Set[str]) -> PartView:
    """The part without the links to the other parts, which the action fills by itself."""
    fields = tuple(
        each for each in view.fields if each.field.type != "link" or parts.isdisjoint(targets(each.field)) or each.value
    )
    return msgspec.structs.replace(view, fields=fields)


def _likely(usual: Target, hits: Sequence[Hint]) -> Target:
    """What is proposed at first: to link what is very likely the same rather than to create it once more."""
    if usual.means != "create" or not hits or hits[0].score < LIKELY:
        return usual
    return Target(means="link", id=UUID(hits[0].key))


def _hint(identity: UUID, title: str, rule: str, score: int) -> Hint:
    return Hint(key=str(identity), title=title, detail="", reason=rule, score=score)


def _part(
    tx: Tx,
    entity: Entity,
    made: Entity,
    chosen: Target,
    values: Mapping[str, Any],
    hits: Sequence[Hint],
    errors: dict[str, str],
) -> PartView:
    known = [*hits]
    if chosen.id and not any(each.key == str(chosen.id) for each in known):
        title = titles(tx, made.name, [chosen.id]).get(chosen.id, "")
        known = [_hint(chosen.id, title, "", SURE), *known] if title else known
    means = "none" if chosen.means == "create" and not _may_create(tx, made) else chosen.means
    return PartView(
        name=made.name,
        label=made.label.to(tx.language),
        means=means,
        may_create=_may_create(tx, made),
        hits=tuple(known),
        chosen=str(chosen.id or (known[0].key if known else "")),
        lookup_url=_lookup(entity, made),
        fields=_fields(tx, made, values, errors if means == "create" else {}),
    )


def _may_create(tx: Tx, made: Entity) -> bool:
    return tx.principal.depth(made.name, "create") != "none"


def _lookup(entity: Entity, made: Entity) -> str:
    """Where any record of the part is searched: by a link of the record that points there."""
    for field in entity.fields.values():
        if field.type.key == "link" and targets(field.definition) == (made.name,):
            return lookup_url(entity, field)
    return ""


def _fields(tx: Tx, made: Entity, values: Mapping[str, Any], errors: dict[str, str]) -> tuple[FieldView, ...]:
    names = [name for section in form_def(tx, made, "quick").sections for name in section.names]
    found = []
    for name in dict.fromkeys((*names, *(name for name in values if name in made.fields))):
        field = shown(tx, made, name)
        if field is None or not editable(tx, made, field):
            continue
        value = values.get(name)
        try:
            value = field.type.clean(name, field.definition, value)
        except Refused as refusal:
            errors.setdefault(name, tx.say(refusal.code, **refusal.values))
        view = field_view(tx, made, field, value, error=errors.pop(name, ""), form=True)
        found.append(msgspec.structs.replace(view, name=f"{made.name}.values.{name}"))
    return tuple(found)


def wished_part(tx: Tx, name: str, form: FormMultiDict) -> dict[str, Any]:
    """What a form says about a part, as an action takes it."""
    made = tx.catalog.entity(name)
    means = str(form.get(f"{name}.means") or "none")
    wish: dict[str, Any] = {"means": means}
    if means == "link":
        others = [found for value in form.getall(f"{name}.other", []) if (found := parse_id(value))]
        chosen = others[-1] if others else parse_id(form.get(f"{name}.id"))
        return {**wish, "id": chosen}
    if means == "create":
        prefix = f"{name}.values."
        inner = FormMultiDict(
            [(key[len(prefix) :], value) for key, value in form.multi_items() if key.startswith(prefix)]
        )
        wish["values"] = values_of(tx, made, inner)
    return wish
