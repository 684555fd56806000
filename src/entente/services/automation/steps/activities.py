"""Steps that put something on the record's timeline: activities and posts."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from entente.kernel.kit.sanitiser import plain_text
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field
from entente.kernel.records.formulas import moment_of
from entente.kernel.records.save import save
from entente.services.automation.assignment import propose, take_turns
from entente.services.automation.log import StepDone
from entente.services.automation.steps.kinds import Activity, Post
from entente.services.automation.steps.people import people
from entente.services.automation.steps.records import told
from entente.services.automation.steps.work import Work, as_link, filled, meant_values, pointing_field
from entente.services.stream.notes import post_note

BY_RULE = "rule"
MORNING = time(9)
SATURDAY = 5


def activity(work: Work, step: Activity) -> StepDone:
    """An activity on the record, for whom the step names, due when it says."""
    made = work.tx.catalog.entity(step.entity)
    link = pointing_field(made, work.entity.name)
    values: dict[str, Any] = {
        made.definition.title: filled(work, step.subject),
        link.name: as_link(link, work.ref),
        **_due(work, made, step),
        **meant_values(work, step.values),
    }
    owner = _owner(work, step)
    if owner is not None and "owner" in made.fields:
        values["owner"] = owner
    return told("activity", work, save(work.tx, step.entity, values))


def _owner(work: Work, step: Activity) -> UUID | None:
    if step.assignee == BY_RULE:
        for name, record in ((step.entity, work.record), (work.entity.name, work.record)):
            proposal = propose(work.tx, name, [record])[0]
            if proposal.owner is not None:
                take_turns(work.tx, name, [proposal])
                return proposal.owner
        return work.record.get("owner")
    found = people(work, [step.assignee])
    return found[0] if found else None


def _due(work: Work, made: Entity, step: Activity) -> dict[str, Any]:
    field = due_field(made)
    if field is None or (step.due is None and not field.definition.required):
        return {}
    day = due_day(moment_of(work.tx).today(), step.due or 0, working=step.due_unit == "working_days")
    if field.type.key == "date":
        return {field.name: day}
    return {field.name: datetime.combine(day, MORNING, ZoneInfo(work.tx.principal.timezone))}


def due_field(made: Entity) -> Field | None:
    """The field that says until when an activity is to be done, or when it begins."""
    if made.definition.due:
        return made.fields[made.definition.due]
    own = [field for field in made.fields.values() if field.name in made.definition.fields]
    for kind in ("date", "datetime"):
        for field in own:
            if field.type.key == kind and not field.definition.read_only:
                return field
    return None


def due_day(today: date, days: int, *, working: bool) -> date:
    """The day some days ahead; working days leave out Saturdays and Sundays."""
    if not working:
        return today + timedelta(days=days)
    day = today
    for _ in range(days):
        day += timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
    return day


def post(work: Work, step: Post) -> StepDone:
    """A note on the record's stream."""
    note = post_note(work.tx, work.ref, f"<p>{filled(work, step.body, html=True)}</p>")
    shown = plain_text(str(note["body"] or ""))[:120]
    return StepDone(kind="post", key="automation.did.post", values={"text": shown}, entity=note.entity, record=note.id)
