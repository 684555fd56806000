"""A step at work: for whom it acts, on which record, and what the texts and values of the step mean there."""

from collections.abc import Mapping
from datetime import date, datetime
from html import escape
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency

from entente.kernel.db.tx import Tx
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.kit.money import Money
from entente.kernel.kit.refusal import NotFound, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.formulas import evaluate, user_values
from entente.kernel.records.query import find, titles
from entente.kernel.records.record import Record
from entente.services.automation.event import Event
from entente.services.automation.rules import Rule
from entente.services.mail.templates import render_template


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a rule on a record; `tx` has the rights with which it acts, `run` is its id in the log."""

    tx: Tx
    rule: Rule
    entity: Entity
    record: Record
    old: Mapping[str, Any] | None
    event: Event
    run: UUID

    @property
    def ref(self) -> Ref:
        """The record, by entity and id."""
        return Ref(self.entity.name, self.record.id)


def meant(work: Work, given: Any) -> Any:
    """What a value of a step means: the result of an expression, a filled-in text, or the value as it stands."""
    if not isinstance(given, str):
        return given
    if given.startswith("="):
        return evaluate(work.tx, work.entity, given[1:], work.record, work.old)
    return filled(work, given)


def filled(work: Work, text: str, *, html: bool = False) -> str:
    """A text with the record's fields filled in; Refused says what is wrong with it."""
    if "{{" not in text and "{%" not in text:
        return escape(text) if html else text
    return render_template(text, template_values(work, text), html=html)


def written_in(tx: Tx, rule: Rule) -> str:
    """The language of a rule's texts, and so of the amounts, days and labels in them: that of whoever owns it."""
    owner = principal_of(tx, rule.owner) if rule.owner else None
    return owner.language if owner else tx.language


def template_values(work: Work, text: str = "") -> dict[str, Any]:
    """What a text may name: the record's fields in words, `user`, and the record's address; links that it names."""
    tx = work.tx.acting_as(work.tx.principal)
    tx.language = written_in(tx, work.rule)
    values = {
        name: field_words(tx, field, work.record[name], links=name in text)
        for name, field in work.entity.fields.items()
        if name in work.record
    }
    values |= _part_values(work, text)
    path = f"{tx.settings.address}/{work.entity.definition.path}/{work.record.id}"
    known = {**values, "record": values, "user": user_values(tx), "url": path, "actor": work.event.actor_name}
    return known | ({"mail": work.event.mail} if work.event.mail else {})


def _part_values(work: Work, text: str) -> dict[str, Any]:
    """The fields, in words, of the record of its own to which something happened, by the name of its entity.

    Where the text names none of them, a field of that name keeps its meaning.
    """
    if work.event.part is None or f"{work.event.part[0]}." not in text:
        return {}
    name, identity = work.event.part
    try:
        part = find(work.tx, name, identity)
    except NotFound:
        return {}
    fields = work.tx.catalog.entity(name).fields
    return {name: {each: field_words(work.tx, fields[each], part[each], links=each in text) for each in part}}


def field_words(tx: Tx, field: Field, value: Any, *, links: bool) -> str:
    """A field's value as people read it; a link by the title of its record, where that may be read."""
    if field.type.is_empty(value):
        return ""
    if field.type.key == "choice":
        found = next((each for each in field.definition.choices if each.key == value), None)
        return found.label.to(tx.language) if found else str(value)
    if field.type.key == "link":
        found_title = titles(tx, targets(field.definition)[0], [value]).get(value, "") if links else ""
        return found_title or str(value)
    if field.type.key == "polymorphic":
        return titles(tx, value.entity, [value.id]).get(value.id, "") if links else str(value.id)
    return _formatted(tx, value) or field.type.words(value)


def _formatted(tx: Tx, value: Any) -> str:
    """Amounts, dates and moments as the reader writes them; empty for all else."""
    match value:
        case Money():
            return format_currency(value.amount, value.currency, locale=tx.language) if value.currency else ""
        case datetime():
            return format_datetime(value, "short", tzinfo=ZoneInfo(tx.principal.timezone), locale=tx.language)
        case date():
            return format_date(value, "long", locale=tx.language)
    return ""


def meant_values(work: Work, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of several fields."""
    return {name: meant(work, value) for name, value in given.items()}


def pointing_field(entity: Entity, target: str, wanted: str = "") -> Field:
    """The field of an entity that points to records of another; Refused when it has none."""
    for field in entity.fields.values():
        if field.name == wanted or (not wanted and _points(field, target)):
            return field
    raise Refused("automation.no_link", entity=entity.name, target=target)


def _points(field: Field, target: str) -> bool:
    made = field.definition
    return field.type.key in ("polymorphic", "link") and target in targets(made) and not made.read_only


def as_link(field: Field, ref: Ref) -> Any:
    """The value with which a field points to a record."""
    return ref if field.type.key == "polymorphic" else ref.id
