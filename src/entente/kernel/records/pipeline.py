"""The stages of one write, before the database is touched: clean, complete, derive, amend, check."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from entente.kernel.access.fields import editable
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Invalid, Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.forms import Rule
from entente.kernel.metadata.tables import Field
from entente.kernel.records.duplicates import refuse_blocked
from entente.kernel.records.form_rules import broken_rules, set_by_rules
from entente.kernel.records.formulas import holds, worked_out
from entente.kernel.records.record import Draft, Record


def take_values(
    tx: Tx, entity: Entity, draft: Draft, values: Mapping[str, Any], *, trusted: bool, clean: bool = False
) -> None:
    """Put cleaned values into the draft; Invalid lists every field at fault, also those one may not write.

    A trusted writer (behaviours, actions, the engine) may also write read-only fields and skip field rights.
    """
    faults: list[Refused] = []
    for name, raw in values.items():
        field = entity.fields.get(name)
        if field is None:
            faults.append(Refused("field.unknown", field=name))
        elif not trusted and not editable(tx, entity, field):
            faults.append(Refused("field.read_only", field=name))
        else:
            try:
                draft[name] = raw if clean else field.type.clean(name, field.definition, raw)
            except Refused as fault:
                faults += _each(fault)
    if faults:
        raise _as_one(faults)
    draft.given = frozenset(values)


def take_defaults(tx: Tx, entity: Entity, draft: Draft) -> None:
    """Give a new record the declared defaults of the fields that were left out, and its owner."""
    for field in entity.facets.defaulted:
        if field.name in draft.given:
            continue
        if field.name in entity.facets.constants:
            draft[field.name] = entity.facets.constants[field.name]
        elif field.definition.default is not None:
            draft[field.name] = field.type.clean(field.name, field.definition, _default(tx, field.definition.default))
        else:
            draft[field.name] = False
    if entity.definition.access == "owned":
        _take_owner(tx, draft)


def _default(tx: Tx, declared: Any) -> Any:
    if declared == "today()":
        return tx.clock.now().date()
    return tx.clock.now() if declared == "now()" else declared


def _take_owner(tx: Tx, draft: Draft) -> None:
    person = tx.principal
    if "owner" not in draft.given and person.user_id is not None:
        draft["owner"] = person.user_id
    mine = draft["owner"] is not None and draft["owner"] == person.user_id
    if mine and "team" not in draft.given and person.team_ids:
        draft["team"] = person.team_ids[0]
    if "unit" not in draft.given and person.unit_id is not None:
        draft["unit"] = person.unit_id


def run_stages(tx: Tx, entity: Entity, old: Record | None, draft: Draft, rules: Sequence[Rule] = ()) -> None:
    """Run the form's rules, prepare, derive, formulas and checks; Invalid or Refused when it may not become so."""
    set_by_rules(tx, entity, tuple(rules), old, draft)
    _complete(tx, entity, old, draft)
    amended = [made.function(tx, old, draft) for made in entity.own_code("amend")]
    if any(amended):
        _complete(tx, entity, old, draft)
    _check(tx, entity, old, draft, tuple(rules))


def _complete(tx: Tx, entity: Entity, old: Record | None, draft: Draft) -> None:
    for behaviour in (*entity.own_code("prepare"), *entity.own_code("derive")):
        behaviour.function(tx, old, draft)
    _work_out(tx, entity, draft)


def _work_out(tx: Tx, entity: Entity, draft: Draft) -> None:
    for field in entity.facets.worked_out:
        if isinstance(field.definition.computed, str):
            draft[field.name] = worked_out(tx, entity, field, draft)
        else:
            draft[field.name] = " ".join(str(draft[part]) for part in field.definition.parts if draft[part]) or None


def _check(tx: Tx, entity: Entity, old: Record | None, draft: Draft, rules: tuple[Rule, ...]) -> None:
    faults = [
        Refused("field.required", field=field.name)
        for field in entity.facets.needed
        if _is_missing(tx, entity, field, draft)
    ]
    missing = {fault.field for fault in faults}
    if rules:
        faults += [fault for fault in broken_rules(tx, entity, rules, old, draft) if fault.field not in missing]
    if faults:
        raise _as_one(faults)
    checks = (partial(behaviour.function, tx, old, draft) for behaviour in entity.own_code("check"))
    for check in (*checks, partial(refuse_blocked, tx, entity, draft, creating=old is None)):
        try:
            check()
        except Refused as fault:
            faults += _each(fault)
    if faults:
        raise _as_one(faults)


def _is_missing(tx: Tx, entity: Entity, field: Field, draft: Draft) -> bool:
    made = field.definition
    if not field.type.is_empty(draft[field.name]):
        return False
    return made.required or holds(tx, entity, made.required_if or "false", draft)


def _each(fault: Refused) -> Sequence[Refused]:
    return fault.faults if isinstance(fault, Invalid) else [fault]


def _as_one(faults: list[Refused]) -> Refused:
    return faults[0] if len(faults) == 1 and faults[0].status != 422 else Invalid(faults)
