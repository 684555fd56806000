"""The rules of an entity's form in the one write path: what a person writes by any door keeps them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from entente.kernel.access.fields import editable
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.effects import Effects, Surroundings, effects, names_read
from entente.kernel.metadata.forms import FormDef, Rule, spelt_out
from entente.kernel.metadata.tables import Field
from entente.kernel.records.formulas import moment_of, plain_value, user_values
from entente.kernel.records.record import Draft, Record

Values = Mapping[str, Any]


def record_form(tx: Tx, entity: Entity) -> FormDef | None:
    """The form of an entity's page, when it has one."""
    screens = tx.catalog.screens.get(entity.name)
    return next((made for made in screens.forms if made.key == "record"), None) if screens else None


def rules_of(tx: Tx, entity: Entity) -> tuple[Rule, ...]:
    """The rules that every record of an entity keeps: those of its page's form, their sections spelt out."""
    form = record_form(tx, entity)
    return spelt_out(form.rules, form.sections) if form and form.rules else ()


def surroundings_of(tx: Tx) -> Surroundings:
    """What rules see beside the values: whoever is asking, and now."""
    return Surroundings(user_values(tx), moment_of(tx))


def plain_values(entity: Entity, names: Iterable[str], values: Values) -> dict[str, Any]:
    """The values of some fields as expressions know them."""
    known = {name: entity.fields[name] for name in names if name in entity.fields}
    return {name: plain_value(field, values.get(name)) for name, field in known.items()}


def effects_on(tx: Tx, entity: Entity, rules: tuple[Rule, ...], values: Values, base: Values | None = None) -> Effects:
    """What rules do to a record's fields; `base` is the record as it is stored (left out: the values themselves)."""
    names = names_read(rules)
    now = plain_values(entity, names, values)
    before = now if base is None else plain_values(entity, names, base)
    return effects(rules, now, before, surroundings_of(tx))


def set_by_rules(tx: Tx, entity: Entity, rules: tuple[Rule, ...], old: Record | None, draft: Draft) -> None:
    """Give the draft the values that the rules hold fields at, where the person may write them.

    Refused when a value does not fit its field.
    """
    if not any(rule.then == "set" for rule in rules):
        return
    for name, value in effects_on(tx, entity, rules, draft, old or {}).values.items():
        field = entity.fields[name]
        if editable(tx, entity, field) and plain_value(field, draft[name]) != value:
            draft[name] = field.type.clean(name, field.definition, value)


def broken_rules(
    tx: Tx, entity: Entity, rules: tuple[Rule, ...], old: Record | None, draft: Draft
) -> Iterator[Refused]:
    """Every way in which a draft does not keep the rules, each naming its field."""
    found = effects_on(tx, entity, rules, draft, old or {})
    for name in sorted(draft.given & found.closed - found.values.keys()):
        if draft.changes(name) and not (old is None and _is_untouched(entity.fields[name], draft)):
            yield Refused("field.locked_by_rule", field=name)
    for name in sorted(found.required):
        field = entity.fields[name]
        if field.type.is_empty(draft[name]) and editable(tx, entity, field):
            yield Refused("field.required", field=name)
    for name, options in sorted(found.limits.items()):
        if draft.changes(name) and not offered(entity.fields[name], draft[name], options):
            yield Refused("field.not_offered", field=name)


def _is_untouched(field: Field, draft: Draft) -> bool:
    """Whether a new record's field holds no more than it would have without being given."""
    value = draft[field.name]
    if field.type.is_empty(value) or value is False:
        return True
    default = field.definition.default
    return default is not None and value == field.type.clean(field.name, field.definition, default)


def offered(field: Field, value: Any, options: Iterable[str]) -> bool:
    """Whether a value is empty or made of options that are left."""
    if field.type.is_empty(value):
        return True
    chosen = value if isinstance(value, tuple | list) else (value,)
    return set(chosen) <= set(options)
