"""Whether a form as declared can be shown and sent, asked when it is saved."""

from collections.abc import Mapping
from typing import Any

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.expressions.check import check
from entente.kernel.expressions.depends import free_names
from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.types import BOOLEAN, Type, named
from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.words import Text
from entente.kernel.metadata.catalog import Entity
from entente.kernel.proving import blamed_on
from entente.services.forms.definition import ASKABLE, Confirmation, FormDefinition
from entente.services.forms.published import KEY, origin_of


class _Above:
    """The answers that a condition may read: those above it."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.names: set[str] = set()

    def type_of(self, path: tuple[str, ...]) -> Type | None:
        """The type of an answer."""
        return named(self.entity.field(path[0]).type.kind) if path[0] in self.names and len(path) == 1 else None


def refuse_unsound(tx: Tx, values: Mapping[str, Any]) -> None:
    """Refused, naming the field at fault, when a form as declared could not be shown or sent; else nothing."""
    if not KEY.fullmatch(values["key"] or ""):
        raise Refused("form.bad_key", field="key")
    entity = tx.catalog.entities.get(values["entity"] or "")
    if entity is None:
        raise Refused("entity.unknown", field="entity", entity=values["entity"])
    for given in values["allowed_origins"] or ():
        if origin_of(str(given)) is None:
            raise Refused("form.bad_origin", field="allowed_origins", given=str(given)[:80])
    for name, kind in (("consent_text", Text), ("confirmation", Confirmation)):
        if values[name]:
            _read(name, values[name], kind)
    for name, given in (values["defaults"] or {}).items():
        _refuse_default(entity, name, given)
    if values["definition"]:
        _refuse_definition(tx, entity, _read("definition", values["definition"], FormDefinition))


def _refuse_default(entity: Entity, name: str, given: Any) -> None:
    field = entity.fields.get(name)
    if field is None:
        raise Refused("form.field_not_askable", field="defaults", name=name)
    field.type.clean("defaults", field.definition, given)


def _read(name: str, raw: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as fault:
        raise Refused("form.definition_not_understood", field=name, fault=str(fault)) from None


def _refuse_definition(tx: Tx, entity: Entity, made: FormDefinition) -> None:
    above = _Above(entity)
    for section in made.sections:
        _refuse_condition(section.show_if, above)
        for question in section.fields:
            _refuse_condition(question.show_if, above)
            _refuse_question(entity, question.field, above.names)
            above.names.add(question.field)
    if made.again is not None:
        tx.catalog.action(entity.name, made.again)


def _refuse_question(entity: Entity, name: str, asked: set[str]) -> None:
    field = entity.fields.get(name)
    closed = field is None or field.type.key not in ASKABLE or field.definition.read_only or field.definition.computed
    if closed:
        raise Refused("form.field_not_askable", field="definition", name=name)
    if name in asked:
        raise Refused("form.field_twice", field="definition", name=name)


def _refuse_condition(text: str | None, above: _Above) -> None:
    if text is None:
        return
    node = parse(text)
    unknown = sorted(free_names(node) - above.names)
    if unknown:
        raise Refused("form.condition_looks_ahead", field="definition", text=text, name=unknown[0])
    with blamed_on("definition"):
        check(node, above, expect=BOOLEAN)
