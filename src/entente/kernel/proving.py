"""Expressions proved when declared or saved: their names and types against the metadata and the writer's rights.

What is proved here cannot fail for a wrong name or type when a list, a form or a rule uses it later.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec

from entente.kernel.access.fields import may_use
from entente.kernel.db.tx import Tx
from entente.kernel.expressions.check import check
from entente.kernel.expressions.depends import free_names
from entente.kernel.expressions.types import BOOLEAN, CONTEXT, ID, STRING, Type, list_of, named
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.catalog import Catalog, Entity
from entente.kernel.metadata.forms import FormDef, Rule, Section, aimed_at
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.metadata.types.others import AddressType
from entente.kernel.records.columns import condition, parsed

Path = tuple[str, ...]
MayUse = Callable[[str, str], bool]
ADDRESS_PARTS = AddressType.parts

USER: dict[Path, Type] = {
    (): CONTEXT,
    ("id",): ID,
    ("name",): STRING,
    ("login",): STRING,
    ("team",): ID,
    ("teams",): list_of(ID),
    ("unit",): ID,
    ("units",): list_of(ID),
    ("groups",): list_of(ID),
    ("language",): STRING,
}


def _everything(entity: str, field: str) -> bool:
    return True


class EntityScope:
    """What an expression over one record may read: its fields, those behind its links, `user`, and lists if wanted.

    `lists`: many links and related lists are rows with fields, as the database sees them; without, a field of many
    links is a list of ids and related lists are unknown, as for a single record.
    """

    def __init__(self, catalog: Catalog, entity: Entity, *, lists: bool, usable: MayUse = _everything) -> None:
        self._catalog = catalog
        self._entity = entity
        self._lists = lists
        self._usable = usable

    def type_of(self, path: Path) -> Type | None:
        """The type of a field; of a field behind a list, the type it has in each element; nothing when unknown."""
        if path[0] == "user":
            return USER.get(path[1:])
        if path == ("record",) and "record" not in self._entity.fields:
            return CONTEXT
        if path == ("id",):
            return ID
        field = self._entity.fields.get(path[0])
        if field is None:
            return self._related(path)
        if not self._usable(self._entity.name, field.name):
            return None
        return self._own(field) if len(path) == 1 else self._behind(field, path[1:])

    def _own(self, field: Field) -> Type | None:
        if field.type.virtual and self._lists:
            return list_of(CONTEXT) if field.name in self._entity.pairs else None
        return named(field.type.kind)

    def _behind(self, field: Field, rest: Path) -> Type | None:
        if field.type.key == "address":
            return STRING if len(rest) == 1 and rest[0] in ADDRESS_PARTS else None
        if field.type.key == "link" or (field.type.virtual and self._lists):
            return self._one(self._catalog.entity(targets(field.definition)[0]), rest)
        return None

    def _one(self, target: Entity, rest: Path) -> Type | None:
        """The type of a field of a record that is reached from this one; its own lists are out of reach."""
        first = target.fields.get(rest[0])
        if first is None and rest != ("id",):
            return None
        if first is not None and first.type.virtual:
            return None
        return EntityScope(self._catalog, target, lists=False, usable=self._usable).type_of(rest)

    def _related(self, path: Path) -> Type | None:
        if not self._lists:
            return None
        for entity, field in self._catalog.pointing_to(self._entity.name):
            if entity.definition.path.replace("-", "_") == path[0] and self._usable(entity.name, field.name):
                return list_of(CONTEXT) if len(path) == 1 else self._one(entity, path[1:])
        return None


def prove_condition(catalog: Catalog, entity: Entity, text: str, *, history: bool = False) -> None:
    """Refused or Invalid when a condition over one record has a wrong name or type, or is no condition.

    `old` and `changed(…)` are known only with `history`.
    """
    _prove(EntityScope(catalog, entity, lists=False), text, history=history)


def prove_filter(tx: Tx, entity: Entity, text: str) -> None:
    """Refused or Invalid when a filter has a wrong name or type, reads what its writer may not, or has no SQL."""
    scope = EntityScope(tx.catalog, entity, lists=True, usable=lambda name, field: may_use(tx, name, field))
    _prove(scope, text)
    condition(tx, entity, text)


def _prove(scope: EntityScope, text: str, *, expect: Type = BOOLEAN, history: bool = False) -> None:
    node = parsed(text)
    if not history and "old" in free_names(node):
        raise Refused("expression_unknown_field", name="old")
    check(node, scope, expect=expect)


@contextmanager
def blamed_on(field: str) -> Iterator[None]:
    """Give the refusals of a block to a field, so that the form shows them where the expression was typed."""
    try:
        yield
    except Invalid as many:
        raise Invalid([Refused(each.code, field=field, **each.values) for each in many.faults]) from None
    except Refused as one:
        raise Refused(one.code, field=field, **one.values) from None


MOST_FIELDS = 200
MOST_RULES = 60
TargetTypes = Mapping[str, Field]


class RuleScope:
    """What the rules of a form may read: single values of its own fields, and the user; so that a browser can too."""

    def __init__(self, fields: TargetTypes) -> None:
        self._fields = fields

    def type_of(self, path: Path) -> Type | None:
        """The type of a field or of a fact about the user; nothing for all else."""
        if path[0] == "user":
            return USER.get(path[1:])
        if path == ("record",):
            return CONTEXT
        field = self._fields.get(path[0])
        return named(field.type.kind) if field is not None and len(path) == 1 and path[0] != "old" else None


def prove_form(entity: Entity, form: FormDef) -> None:
    """Invalid that lists what is wrong with a form of an entity: its fields, its conditions, its rules."""
    faults = [*field_faults(form.sections, entity.fields), *rule_faults(form.rules, form.sections, entity.fields)]
    if form.rules and form.key != "record":
        faults.append(Refused("form.rules_belong_to_the_page", field="rules"))
    if faults:
        raise Invalid(faults)


def field_faults(sections: Sequence[Section], fields: TargetTypes) -> Iterator[Refused]:
    """What is wrong with the sections of a form over the fields that it may ask for."""
    names = [name for section in sections for name in section.names]
    if len(names) > MOST_FIELDS:
        yield Refused("form.too_long", field="sections", most=MOST_FIELDS)
    for name, times in Counter(section.key for section in sections).items():
        if times > 1:
            yield Refused("form.section_twice", field="sections", name=name)
    for name, times in Counter(names).items():
        if name not in fields:
            yield Refused("field.unknown", field="sections", name=name)
        elif times > 1:
            yield Refused("form.asked_twice", field="sections", name=name)
    for section in sections:
        for text in section.conditions:
            yield from _text_faults(text, fields, BOOLEAN, "sections")


def rule_faults(rules: Sequence[Rule], sections: Sequence[Section], fields: TargetTypes) -> Iterator[Refused]:
    """What is wrong with the rules of a form, each fault with the number of its rule."""
    if len(rules) > MOST_RULES:
        yield Refused("form.too_many_rules", field="rules", most=MOST_RULES)
    for at, rule in enumerate(rules):
        for fault in _rule_faults(rule, sections, fields):
            yield Refused(fault.code, field=f"rules.{at}", **fault.values)


def _rule_faults(rule: Rule, sections: Sequence[Section], fields: TargetTypes) -> Iterator[Refused]:
    yield from _text_faults(rule.when, fields, BOOLEAN, "rules")
    aims = [*rule.fields, *(key for key in rule.sections if key not in {section.key for section in sections})]
    unknown = [name for name in aims if name not in fields]
    for name in unknown:
        yield Refused("field.unknown", name=name)
    if rule.then in ("message", "confirm"):
        if rule.text is None or not (rule.text.en.strip() and rule.text.fr.strip()):
            yield Refused("form.rule_needs_text")
    elif not aimed_at(rule, sections):
        yield Refused("form.rule_needs_fields")
    aimed = [fields[name] for name in aimed_at(rule, sections) if name in fields]
    if rule.then in ("set", "limit", "require"):
        yield from (Refused("form.field_is_computed", name=each.name) for each in aimed if _is_fixed(each))
    if rule.then == "limit":
        yield from (Refused("form.rule_options", name=each.name) for each in aimed if not _has_options(each, rule))
    if rule.then == "set" and not rule.value:
        yield Refused("form.rule_needs_value")
    elif rule.then == "set":
        for each in aimed:
            yield from _text_faults(rule.value or "", fields, named(each.type.kind), "rules")


def _is_fixed(field: Field) -> bool:
    return field.definition.read_only or bool(field.definition.computed)


def _has_options(field: Field, rule: Rule) -> bool:
    return bool(rule.options) and set(rule.options) <= {choice.key for choice in field.definition.choices}


def _text_faults(text: str, fields: TargetTypes, expect: Type, place: str) -> Iterator[Refused]:
    try:
        node = parsed(text)
        if "old" in free_names(node):
            raise Refused("expression_unknown_field", name="old")
        check(node, RuleScope(fields), expect=expect)
    except Invalid as many:
        yield from (Refused(each.code, field=place, **each.values) for each in many.faults)
    except Refused as one:
        yield Refused(one.code, field=place, **one.values)


class _Declared(msgspec.Struct, frozen=True):
    """An expression of the catalog and where it stands; many places have none."""

    where: str
    entity: Entity
    text: str | None
    expect: Type = BOOLEAN
    lists: bool = False


def prove_catalog(catalog: Catalog) -> None:
    """ValueError that lists every declared expression with a wrong name or type; nothing when all are right."""
    faults = [fault for made in _declared(catalog) for fault in _faults(catalog, made)]
    for name, screens in catalog.screens.items():
        for form in screens.forms:
            found = rule_faults(form.rules, form.sections, catalog.entity(name).fields)
            faults += [f"{name} form {form.key} {each.field}: {each.code} {dict(each.values)}" for each in found]
    if faults:
        raise ValueError("; ".join(faults))


def _faults(catalog: Catalog, made: _Declared) -> list[str]:
    if not made.text:
        return []
    scope = EntityScope(catalog, made.entity, lists=made.lists)
    try:
        _prove(scope, made.text, expect=made.expect)
    except Invalid as many:
        return [_fault(made, each) for each in many.faults]
    except Refused as one:
        return [_fault(made, one)]
    return []


def _fault(made: _Declared, refusal: Refused) -> str:
    return f"{made.where}: {refusal.code} {dict(refusal.values)} in {made.text!r}"


def _declared(catalog: Catalog) -> Iterator[_Declared]:
    for entity in catalog.entities.values():
        for field in entity.fields.values():
            yield from _of_field(entity, field)
        yield _Declared(f"{entity.name} kept_while", entity, entity.definition.kept_while)
        yield from (_Declared(f"{entity.name} unique", entity, rule.where) for rule in entity.definition.unique)
    for name in catalog.screens:
        yield from _of_screens(catalog, name)
    for action in catalog.actions.values():
        yield from (_Declared(f"{action.key} show_if", each, action.show_if) for each in _meant(catalog, action.entity))


def _of_field(entity: Entity, field: Field) -> Iterator[_Declared]:
    made = field.definition
    place = f"{entity.name}.{field.name}"
    yield _Declared(f"{place} show_if", entity, made.show_if)
    yield _Declared(f"{place} required_if", entity, made.required_if)
    if isinstance(made.computed, str):
        yield _Declared(f"{place} computed", entity, made.computed, named(field.type.kind))


def _of_screens(catalog: Catalog, name: str) -> Iterator[_Declared]:
    screens, entity = catalog.screens[name], catalog.entity(name)
    for made in screens.lists:
        yield _Declared(f"{name} list {made.key}", entity, made.filter, lists=True)
    for form in screens.forms:
        for section in form.sections:
            yield _Declared(f"{name} form {form.key} {section.key}", entity, section.show_if)


def _meant(catalog: Catalog, name: str) -> Iterable[Entity]:
    return catalog.entities.values() if name == "*" else (catalog.entity(name),)
