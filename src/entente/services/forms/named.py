"""Named forms: asked by the tasks and starts of processes, and as requests on a record; each version stays as it is."""

from collections.abc import Callable, Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec

from entente.kernel.access.fields import editable, level
from entente.kernel.db.tx import Tx
from entente.kernel.kit.principal import system
from entente.kernel.kit.refusal import Invalid, NotFound, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.forms import FormField
from entente.kernel.metadata.screens import Sort
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.actions import perform
from entente.kernel.records.formulas import evaluate
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.forms.answers import Answers, fields_asked, questions_in, read_form
from entente.services.forms.definition import FormDefinition

ENTITY, VERSION = "form", "form_version"
Starts = Literal["save", "action", "process", "none"]
Starter = Callable[[Tx, str, Record | None, Mapping[str, Any]], Any]


class NamedForm(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a named form: what it asks, about which entity if any, and what sending it does."""

    id: UUID
    key: str
    name: str
    entity: str | None
    version: int
    definition: FormDefinition
    starts: Starts = "none"
    deed: str = ""
    host: str | None = None
    embedded: tuple[str, ...] = ()


def form_of(tx: Tx, key: str, version: int | None = None) -> NamedForm:
    """The newest published version of a form, or a pinned one; NotFound when there is none."""
    reader = tx.acting_as(system("form"))
    found = page(reader, Ask(entity=ENTITY, filter=f'key = {_quoted(key)} and kind = "named" and active', limit=1))
    if not found.records:
        raise NotFound("form.unknown")
    return _version(reader, found.records[0], version)


def _version(tx: Tx, row: Record, version: int | None) -> NamedForm:
    pinned = f" and record.number = {version}" if version is not None else ""
    newest = Ask(entity=VERSION, filter=f'form = "{row.id}"{pinned}', sort=(Sort("number", True),), limit=1)
    found = page(tx, newest).records
    if not found:
        raise NotFound("form.unknown")
    return NamedForm(
        id=row.id,
        key=row["key"],
        name=tx.words.called(tx.language, row.id, row["name"]),
        entity=row["entity"] or None,
        version=found[0]["number"],
        definition=msgspec.convert(found[0]["definition"], FormDefinition),
        starts=row["starts"],
        deed=row["deed"] or "",
        host=row["host"] or row["entity"] or None,
        embedded=tuple(row["embedded"] or ()),
    )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"')[:120] + '"'


def placed_on(tx: Tx, entity: str) -> list[NamedForm]:
    """The forms that are offered on the pages of an entity's records, by name."""
    own = f"(host = {_quoted(entity)} or (host = null and entity = {_quoted(entity)}))"
    return _published(tx, f"placed and {own}")


def embedded_in(tx: Tx, place: str, entity: str = "") -> list[NamedForm]:
    """The forms that stand in a place: a `panel` on the pages of an entity's records, or the `home` page; by name."""
    found = [each for each in _published(tx, "embedded != null") if place in each.embedded]
    return [each for each in found if each.starts != "none" and (not entity or each.host == entity)]


def _published(tx: Tx, where: str) -> list[NamedForm]:
    reader = tx.acting_as(system("form"))
    wanted = f'{where} and kind = "named" and active'
    rows = page(reader, Ask(entity=ENTITY, filter=wanted, sort=(Sort("name"),), limit=40)).records
    found = []
    for row in rows:
        try:
            found.append(_version(reader, row, None))
        except NotFound:
            continue  # not published yet
    return found


def entity_of(tx: Tx, form: NamedForm) -> Entity | None:
    """The entity that a form is about, if any; NotFound when it is gone."""
    return tx.catalog.entity(form.entity) if form.entity else None


def fields_of(tx: Tx, form: NamedForm) -> dict[str, Field]:
    """Every field that the form may ask for or read: the entity's that the asker may see, and its own questions."""
    entity = entity_of(tx, form)
    fields = fields_asked(entity, form.definition)
    return {name: field for name, field in fields.items() if _is_shown(tx, entity, field)}


def _is_shown(tx: Tx, entity: Entity | None, field: Field) -> bool:
    if entity is None or entity.fields.get(field.name) is not field:
        return True
    return level(tx, entity.name, field.name) in ("read", "edit")


def may_answer(tx: Tx, form: NamedForm, question: FormField, field: Field) -> bool:
    """Whether the asker may answer a question: a form gives nobody more rights than he has."""
    entity = entity_of(tx, form)
    if question.read_only:
        return False
    return entity is None or question.asks is not None or editable(tx, entity, field)


def read_answers(
    tx: Tx, form: NamedForm, record: Record | None, body: Mapping[str, Any], *, known: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The cleaned answers by name, those that the asker may give; Invalid lists the answers at fault.

    `known` are the values that the form's own questions have already: the variables of the process.
    """
    answers = _answers(tx, form, record, body, known or {})
    if answers.faults:
        raise Invalid(answers.faults)
    return dict(answers.values)


def _answers(
    tx: Tx, form: NamedForm, record: Record | None, body: Mapping[str, Any], known: Mapping[str, Any]
) -> Answers:
    fields = fields_of(tx, form)
    definition = visible_part(form.definition, fields)
    return read_form(
        tx,
        definition,
        fields,
        body,
        base={**known, **(record or {})},
        writable=lambda question, field: may_answer(tx, form, question, field),
    )


def visible_part(definition: FormDefinition, fields: Mapping[str, Field]) -> FormDefinition:
    """The form without the questions whose fields the asker may not see."""
    sections = tuple(
        msgspec.structs.replace(each, fields=tuple(made for made in each.questions if made.field in fields))
        for each in definition.sections
    )
    rules = tuple(
        msgspec.structs.replace(rule, fields=tuple(name for name in rule.fields if name in fields))
        for rule in definition.rules
    )
    return msgspec.structs.replace(definition, sections=sections, rules=rules)


def apart(tx: Tx, form: NamedForm, answers: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answers that are fields of the record, and those that are variables of the process."""
    declared = {made.field for section in form.definition.sections for made in section.questions if made.asks}
    own = {name: value for name, value in answers.items() if name not in declared}
    return own, {name: value for name, value in answers.items() if name in declared}


def send(
    tx: Tx,
    form: NamedForm,
    record: Record | None,
    body: Mapping[str, Any],
    start: Starter,
    *,
    host: Record | None = None,
) -> Record | None:
    """Do what the form is bound to with its answers; the record that was written, if one was.

    `start` begins a process by its key with a record and variables; `host` is the record on whose page the form stands,
    to which a new record points. Invalid, Refused or Forbidden as for any write.
    """
    answers = read_answers(tx, form, record, body)
    values, variables = apart(tx, form, answers)
    if form.starts == "save" and form.entity:
        changed = {name: value for name, value in values.items() if record is None or record.get(name) != value}
        changed = link_to(tx, form, host) | changed if host is not None and record is None else changed
        return save(tx, form.entity, changed, id=record.id if record else None)
    if form.starts == "action" and form.entity:
        if record is None:
            raise Refused("form.needs_record")
        wish = {name: value for name, value in answers.items() if value not in (None, "", ())}
        perform(tx, form.entity, form.deed, [record.id], wish)
        return record
    if form.starts == "process":
        start(tx, form.deed, record or host, plain_answers(tx, form, {**values, **variables}))
        return record or host
    raise Refused("form.not_startable", what=form.deed or form.starts)


def link_to(tx: Tx, form: NamedForm, host: Record) -> dict[str, Any]:
    """The value by which a new record of the form points to the record on whose page it stands, if it can."""
    entity = entity_of(tx, form)
    for field in entity.fields.values() if entity else ():
        if field.type.key in ("link", "polymorphic") and editable_link(tx, form, field, host.entity):
            return {field.name: Ref(host.entity, host.id) if field.type.key == "polymorphic" else host.id}
    return {}


def editable_link(tx: Tx, form: NamedForm, field: Field, target: str) -> bool:
    """Whether the asker may let a field of the form's entity point to a record of another."""
    entity = entity_of(tx, form)
    return entity is not None and target in targets(field.definition) and editable(tx, entity, field)


def prefilled(tx: Tx, form: NamedForm, host: Record | None) -> dict[str, Any]:
    """What the form is filled with at first: the link to its host, and what its questions take over from it."""
    if host is None:
        return {}
    entity = tx.catalog.entity(host.entity)
    fields = fields_of(tx, form)
    found = link_to(tx, form, host) if form.starts == "save" else {}
    for question in questions_in(form.definition.sections):
        if question.prefill and question.field in fields:
            field = fields[question.field]
            try:
                value = evaluate(tx, entity, question.prefill, host)
                found[field.name] = field.type.clean(field.name, field.definition, value)
            except Refused:
                continue  # what does not fit is left to whoever fills the form in
    return found


def plain_answers(tx: Tx, form: NamedForm, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers as variables of a process keep them: JSON's own types."""
    fields = fields_of(tx, form)
    return {name: fields[name].type.plain(value) for name, value in answers.items()}
