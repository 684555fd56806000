"""Steps that write records: this one, a new one, related ones, its owner, its labels; any action."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Catalog, Entity
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.actions import perform
from entente.kernel.records.query import Ask, find, page, titles
from entente.kernel.records.reading import linked
from entente.kernel.records.record import Record
from entente.kernel.records.save import Write, save, save_many
from entente.kernel.records.writing import title_of
from entente.services.automation.assignment import propose, take_turns
from entente.services.automation.log import StepDone
from entente.services.automation.steps.kinds import Activity, Assign, Create, Label, Perform, Related, Step, Update
from entente.services.automation.steps.work import Work, as_link, meant, meant_values, pointing_field

MOST_RELATED = 200


def update(work: Work, step: Update) -> StepDone:
    """The record with other values."""
    values = meant_values(work, step.values)
    save(work.tx, work.entity.name, values, id=work.record.id)
    return StepDone(kind="update", key="automation.did.update", values={"fields": ", ".join(values)})


def create(work: Work, step: Create) -> StepDone:
    """A new record, pointing back to this one when it is to."""
    values = meant_values(work, step.values)
    if step.link:
        field = pointing_field(work.tx.catalog.entity(step.entity), work.entity.name, step.link)
        values[field.name] = as_link(field, work.ref)
    return told("create", work, save(work.tx, step.entity, values))


def told(kind: str, work: Work, made: Record) -> StepDone:
    """That a record was made."""
    title = title_of(work.tx.catalog.entity(made.entity), made)
    return StepDone(kind=kind, key="automation.did.create", values={"title": title}, entity=made.entity, record=made.id)


def related(work: Work, step: Related) -> StepDone:
    """The record behind a link, or those that point here, with other values."""
    found = _targets(work, step.field)
    values = meant_values(work, step.values)
    by_entity: dict[str, list[Write]] = {}
    for each in found:
        by_entity.setdefault(each.entity, []).append(Write(values=values, id=each.id))
    for entity, writes in by_entity.items():
        save_many(work.tx, entity, writes)
    return StepDone(kind="related", key="automation.did.related", values={"count": len(found)})


def written_by(catalog: Catalog, entity: Entity, step: Step) -> Entity:
    """The entity of the records that a step writes; the rule's own for a step that writes none."""
    if isinstance(step, Activity | Create):
        return catalog.entities.get(step.entity, entity)
    if isinstance(step, Related):
        other, dot, _ = step.field.partition(".")
        name = other if dot else targets(entity.field(other).definition)[0]
        return catalog.entities.get(name, entity)
    return entity


def _targets(work: Work, name: str) -> list[Ref]:
    other, dot, field_name = name.partition(".")
    if dot:
        ask = Ask(entity=other, fields=(field_name,), filter=f'{field_name} = "{work.record.id}"', limit=MOST_RELATED)
        return [Ref(other, each.id) for each in page(work.tx, ask).records]
    field = work.entity.field(name)
    value = work.record.get(name)
    if not value:
        return []
    if field.type.key == "polymorphic":
        return [value]
    return [Ref(targets(field.definition)[0], each) for each in (value if isinstance(value, tuple) else (value,))]


def assign(work: Work, step: Assign) -> StepDone:
    """The record with the owner that the assignment rules name; Refused when they name nobody."""
    proposal = propose(work.tx, work.entity.name, [work.record])[0]
    if proposal.owner is None:
        raise Refused("automation.nobody_to_assign")
    save(work.tx, work.entity.name, {"owner": proposal.owner}, id=work.record.id)
    take_turns(work.tx, work.entity.name, [proposal])
    return StepDone(kind="assign", key="automation.did.assign", values={"name": proposal.name})


def label(work: Work, step: Label) -> StepDone:
    """The record with some links more and some less."""
    field = work.entity.field(step.field)
    known = linked(work.tx, work.entity, field, [work.record.id]).get(work.record.id, [])
    add, remove = _named(work, field, step.add), set(_named(work, field, step.remove))
    kept = [each for each in dict.fromkeys([*known, *add]) if each not in remove]
    if set(kept) != set(known):
        save(work.tx, work.entity.name, {field.name: tuple(kept)}, id=work.record.id)
    called = titles(work.tx, targets(field.definition)[0], [*add, *remove])
    names = ", ".join(called.get(each, str(each)) for each in (*add, *remove))
    return StepDone(kind="label", key="automation.did.label", values={"names": names})


def _named(work: Work, field: Field, names: Iterable[str]) -> list[UUID]:
    """The records of those ids or titles; Refused names the one that there is none of."""
    target = work.tx.catalog.entity(targets(field.definition)[0])
    found = []
    for name in names:
        identity = parse_id(name)
        if identity is None:
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            ask = Ask(entity=target.name, filter=f'{target.definition.title} = "{quoted}"', limit=1)
            identity = next((each.id for each in page(work.tx, ask).records), None)
        if identity is None:
            raise Refused("automation.no_such_label", name=name)
        found.append(identity)
    return found


def act(work: Work, step: Perform) -> StepDone:
    """What an action of the entity did with the record."""
    wish = {name: meant(work, value) for name, value in step.wish.items()}
    outcome = perform(work.tx, work.entity.name, step.action, [work.record.id], wish)
    key = work.tx.catalog.action(work.entity.name, step.action).key
    made: Any = outcome.results[0] if outcome.results else None
    if isinstance(made, Record) and (made.entity, made.id) != (work.entity.name, work.record.id):
        return told("action", work, find(work.tx, made.entity, made.id))
    return StepDone(kind="action", key="automation.did.action", values={"action": key})
