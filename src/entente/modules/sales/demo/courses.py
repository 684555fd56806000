"""The process of lead management in the invented company: deployed, and at work on some of its prospects."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.identity.authenticate import principal_of
from entente.kernel.kit.clock import SetClock
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.kernel.seeding import seed_id
from entente.modules.base.lookup import matching
from entente.services.processes.decisions.versions import deploy_decisions, import_decisions
from entente.services.processes.definitions import deploy, import_model
from entente.services.processes.instances import start
from entente.services.processes.showing import open_tasks
from entente.services.processes.tasks import complete_task
from entente.services.worklist.declared import Given

MODELS = Path(__file__).parent.parent / "processes"
LEADS = "lead_management"
CHIEF = "helene.marchetti"
ADMINISTRATOR = "admin"
# Who answers what is not for the prospect's owner.
OTHERS = {"decide": CHIEF, "poc_check": "sofiane.belkacem"}


class Answer(msgspec.Struct, frozen=True):
    """What someone says to a task, and how many hours after the one before."""

    task: str
    outcome: str
    hours: int
    values: Mapping[str, Any] = {}
    comment: str = ""


CHOSEN = Answer("decide", "keep", 2, comment="Autre projet, autre service.")
POC = Answer("qualify", "pursued", 30, {"wants_poc": True, "wants_meeting": True}, "Budget confirmé pour 35 personnes.")
VISIT = Answer("qualify", "pursued", 20, {"wants_poc": False, "wants_meeting": True})
PLAIN = Answer("qualify", "pursued", 9, {"wants_poc": False, "wants_meeting": False})
NO = Answer("qualify", "dropped", 12, comment="Projet reporté sans date.")
PLAN, HELD = Answer("meet_plan", "done", 5), Answer("meet_hold", "done", 40)
TRIAL, REDO = (
    Answer("poc_prepare", "done", 26),
    Answer("poc_check", "rejected", 18, comment="Jeu de données incomplet."),
)
FINE, OFFER = Answer("poc_check", "approved", 16), Answer("offer", "done", 22)
# How far each of the prospects has come, oldest first.
COURSES: tuple[tuple[Answer, ...], ...] = (
    (POC, PLAN, TRIAL, REDO, TRIAL, FINE, HELD, OFFER),
    (PLAIN, OFFER),
    (VISIT, PLAN, HELD, OFFER),
    (NO,),
    (POC, PLAN, TRIAL, REDO),
    (VISIT, PLAN),
    (POC, TRIAL),
    (VISIT,),
    (PLAIN,),
    (),
    (),
    (),
)


def show_processes(tx: Tx) -> int:
    """How many prospects a process was started on, some ended, most under way, one stopped by an incident."""
    chief = _as(tx, ADMINISTRATOR, tx.clock.now() - timedelta(days=20))
    for file in sorted(MODELS.glob("*.dmn")):
        deploy_decisions(chief, import_decisions(chief, file.read_bytes()).id)
    for file in sorted(MODELS.glob("*.bpmn")):
        deploy(chief, import_model(chief, file.read_bytes()).id)
    worked = matching(tx, "lead", 'state = "open" and owner != null', sort="-assigned_at", limit=len(COURSES) + 1)
    fresh = matching(tx, "lead", 'status = "new"', sort="-created_at", limit=4)
    for at, (lead, answers) in enumerate(zip(reversed(worked), ((NO,), *COURSES), strict=False)):
        _play(tx, lead, answers, stumbles=at == 0)
    for lead in fresh:
        _play(tx, lead, (CHOSEN,))
    return len(worked) + len(fresh)


def _play(tx: Tx, lead: Record, answers: tuple[Answer, ...], *, stumbles: bool = False) -> None:
    now = tx.clock.now()
    since = min(max(lead["created_at"] + timedelta(minutes=4), now - timedelta(days=19)), now)
    wanted = timedelta(hours=sum(each.hours for each in answers) or 1)
    pace = min(1.0, (now - since) / wanted * 0.9)
    chief = _as(tx, CHIEF, since)
    instance = start(chief, LEADS, entity="lead", record=lead.id, business_key=lead["number"])
    if stumbles:
        # Given up by hand behind the back of the process: what it wants to do then is refused.
        lost = {"status": "dead", "disqualify_reason": "lost"}
        save(_as(tx, CHIEF, since + timedelta(hours=1) * pace), "lead", lost, id=lead.id)
    at = since
    for answer in answers:
        at += timedelta(hours=answer.hours) * pace
        _answer(tx, lead, instance.id, answer, at)


def _answer(tx: Tx, lead: Record, instance: UUID, answer: Answer, at: datetime) -> None:
    task = next((each for each in open_tasks(tx, instance) if each["element"] == answer.task), None)
    if task is None:
        return
    person = _as(tx, OTHERS.get(answer.task), at, lead)
    said = Given(outcome=answer.outcome, comment=answer.comment, values=dict(answer.values))
    complete_task(person, task["id"], said)


def _as(tx: Tx, login: str | None, at: datetime, lead: Record | None = None) -> Tx:
    """The transaction in somebody's name at a moment; without a login in the name of the lead's owner."""
    who = lead["owner"] if login is None and lead is not None else seed_id("user", login or CHIEF)
    person = principal_of(tx, who)
    then = tx.acting_as(person or tx.principal)
    then.clock = SetClock(at)
    return then
