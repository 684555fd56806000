"""Before a save: rules that set fields of what is about to be written, or refuse it, in the writer's transaction.

An entity without such rules costs one look into memory.
"""

from collections.abc import Mapping
from typing import Any

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.behaviours import amend
from entente.kernel.records.formulas import evaluate
from entente.kernel.records.pipeline import take_values
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.writing import title_of
from entente.services.automation.conditions import Traced, traced
from entente.services.automation.event import Event, in_scope
from entente.services.automation.log import StepDone, new_run, write_run
from entente.services.automation.matching import concerns
from entente.services.automation.rules import Rule, rules_of
from entente.services.automation.running import Ended, reader_of
from entente.services.automation.steps.kinds import Refuse, Update
from entente.services.automation.steps.work import Work, filled


@amend("*")
def rules_have_their_say(tx: Tx, old: Record | None, draft: Draft) -> bool:
    """Rules before saving set fields or refuse; whether any field was set."""
    rules = rules_of(tx).before.get(draft.entity)
    if not rules:
        return False
    entity = tx.catalog.entity(draft.entity)
    applied = [_applied(tx, entity, rule, old, draft) for rule in rules]
    return any(applied)


def _applied(tx: Tx, entity: Entity, rule: Rule, old: Record | None, draft: Draft) -> bool:
    changes = _plain(entity, old, draft)
    deed = "create" if old is None else "update"
    if not concerns(tx, rule, deed, changes) or not in_scope(rule, draft):
        return False
    event = Event(
        occasion=rule.trigger,
        record=draft.id,
        title=title_of(entity, draft),
        changes=changes,
        is_new=old is None,
        actor=tx.principal.user_id,
        actor_name=tx.principal.name,
        cause=tx.cause.id,
        depth=tx.cause.depth,
    )
    try:
        reader = tx.acting_as(reader_of(tx, rule, event))
    except Ended:
        return False
    condition = traced(reader, entity, rule.condition, draft, old)
    return condition.holds and _done(reader, entity, rule, event, old, draft, condition)


def _plain(entity: Entity, old: Record | None, draft: Draft) -> dict[str, Any]:
    """What changes, in the journal's form."""
    return {
        name: [entity.fields[name].type.plain(draft.before(name)), entity.fields[name].type.plain(value)]
        for name, value in draft.changed().items()
        if old is not None or not entity.fields[name].type.is_empty(value)
    }


def _done(
    tx: Tx, entity: Entity, rule: Rule, event: Event, old: Record | None, draft: Draft, condition: Traced
) -> bool:
    line = new_run(
        tx,
        automation=rule.id,
        occasion=event.occasion,
        outcome="done",
        entity=entity.name,
        record=draft.id,
        title=event.title,
        actor=event.actor,
        actor_name=event.actor_name,
        cause=event.cause,
        depth=event.depth,
        changes=event.changes,
        condition=condition if rule.condition else None,
        steps=tuple(
            StepDone(kind="update", key="automation.did.update", values={"fields": ", ".join(step.values)})
            for step in rule.actions
            if isinstance(step, Update)
        ),
    )
    record = Record(draft.entity, draft.id, 0, dict(draft))
    work = Work(tx=tx, rule=rule, entity=entity, record=record, old=old, event=event, run=line.id)
    before = draft.changed()
    for step in rule.actions:
        _step(work, step, draft)
    write_run(tx, line)
    return draft.changed() != before


def _step(work: Work, step: Any, draft: Draft) -> None:
    match step:
        case Refuse():
            message = filled(work, step.fr if work.tx.language == "fr" else step.en)
            if not step.field:
                message = work.tx.say("automation.refused_by", message=message, rule=work.rule.name)
            raise Refused("automation.refused", field=step.field or None, message=message, rule=work.rule.name)
        case Update():
            given = draft.given
            take_values(work.tx, work.entity, draft, _values(work, step.values, draft), trusted=False)
            draft.given |= given


def _values(work: Work, given: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
    """The values to set; expressions read the record as it is about to be saved."""
    return {
        name: evaluate(work.tx, work.entity, value[1:], draft, work.old)
        if isinstance(value, str) and value.startswith("=")
        else filled(work, value)
        if isinstance(value, str)
        else value
        for name, value in given.items()
    }
