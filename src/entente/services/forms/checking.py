"""Whether a form as declared can be shown and sent, asked when it is saved or published."""

from collections.abc import Mapping
from typing import Any

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.expressions.check import check
from entente.kernel.expressions.depends import free_names
from entente.kernel.expressions.parser import parse
from entente.kernel.expressions.types import ANY, BOOLEAN, Type, named
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.kit.words import Text
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.forms import FormDef, FormField
from entente.kernel.proving import EntityScope, blamed_on, field_faults, prove_form, rule_faults
from entente.services.forms.answers import fields_asked, questions_in
from entente.services.forms.definition import ASKABLE, DECLARABLE, Confirmation, FormDefinition
from entente.services.forms.published import KEY, origin_of

MOST_BYTES = 200_000


class _Above:
    """The answers that a condition may read: those above it."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.names: set[str] = set()

    def type_of(self, path: tuple[str, ...]) -> Type | None:
        """The type of an answer."""
        return named(self.entity.field(path[0]).type.kind) if path[0] in self.names and len(path) == 1 else None


def refuse_unsound(tx: Tx, values: Mapping[str, Any]) -> None:
    """Refused, naming the field at fault, when a public form could not be shown or sent; else nothing."""
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
            read_as(kind, values[name], name)
    for name, given in (values["defaults"] or {}).items():
        _refuse_default(entity, name, given)
    if values["definition"]:
        refuse_unsound_public(tx, entity, read_as(FormDefinition, values["definition"], "definition"))


def _refuse_default(entity: Entity, name: str, given: Any) -> None:
    field = entity.fields.get(name)
    if field is None:
        raise Refused("form.field_not_askable", field="defaults", name=name)
    field.type.clean("defaults", field.definition, given)


def read_as(kind: Any, raw: Any, field: str = "definition") -> Any:
    """A declaration in its own shape; Refused, naming the field, when it is too large or not understood."""
    if len(msgspec.json.encode(raw)) > MOST_BYTES:
        raise Refused("form.too_large", field=field, most=MOST_BYTES // 1000)
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as fault:
        raise Refused("form.definition_not_understood", field=field, fault=str(fault)) from None


def refuse_unsound_public(tx: Tx, entity: Entity, made: FormDefinition) -> None:
    """Refused or Invalid when a form cannot be put before strangers; else nothing."""
    above = _Above(entity)
    for section in made.sections:
        _refuse_condition(section.show_if, above)
        for question in section.questions:
            _refuse_condition(question.show_if, above)
            _refuse_question(entity, question, above.names)
            above.names.add(question.field)
    if made.again is not None:
        tx.catalog.action(entity.name, made.again)
    asked = {name: entity.fields[name] for name in above.names}
    _all([*field_faults(made.sections, asked), *rule_faults(made.rules, made.sections, asked)])


def refuse_unsound_prefill(tx: Tx, host: Entity | None, made: FormDefinition) -> None:
    """Refused when a question takes over what the record on whose page the form stands does not have."""
    for each in questions_in(made.sections):
        if each.prefill:
            if host is None:
                raise Refused("form.no_host", field="definition", name=each.field)
            with blamed_on("definition"):
                check(parse(each.prefill), EntityScope(tx.catalog, host, lists=False), expect=ANY)


def refuse_unsound_named(entity: Entity | None, made: FormDefinition) -> None:
    """Invalid that lists why a form of a task or a request cannot be used; else nothing."""
    odd = [
        Refused("form.question_type", field="sections", name=each.field)
        for each in questions_in(made.sections)
        if each.asks is not None and (each.asks.type not in DECLARABLE or not each.field.isidentifier())
    ]
    _all(odd)
    fields = fields_asked(entity, made)
    _all([*field_faults(made.sections, fields), *rule_faults(made.rules, made.sections, fields)])


def refuse_unsound_design(entity: Entity, made: FormDef) -> None:
    """Invalid that lists why a form cannot be that of an entity's page or quick creation; else nothing."""
    declared = [each.field for each in questions_in(made.sections) if each.asks is not None]
    _all([Refused("form.question_type", field="sections", name=name) for name in declared])
    prove_form(entity, made)


def _all(faults: list[Refused]) -> None:
    if faults:
        raise Invalid(faults)


def _refuse_question(entity: Entity, question: FormField, asked: set[str]) -> None:
    name = question.field
    field = entity.fields.get(name)
    closed = field is None or field.type.key not in ASKABLE or field.definition.read_only or field.definition.computed
    if closed or question.asks is not None:
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
