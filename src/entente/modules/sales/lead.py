"""Leads: what they are called, where they stand, who works on them, how they end."""

from datetime import date
from functools import lru_cache
from html import escape
from typing import Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.jobs.queue import job
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Catalog
from entente.kernel.metadata.types.links import Ref
from entente.kernel.metadata.types.sets import primary
from entente.kernel.records.behaviours import action, check, derive, prepare, react
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.save import save
from entente.kernel.undoing import DEED as UNDO
from entente.modules.base.activity import has_happened
from entente.modules.base.lookup import known, matching

GRADES = ((75, "a"), (50, "b"), (25, "c"), (0, "d"))
Reason = Literal["lost", "cannot_contact", "not_interested", "canceled", "duplicate", "spam"]
Priority = Literal["low", "normal", "high", "urgent"]


class Disqualification(msgspec.Struct, frozen=True, kw_only=True):
    """Why a lead is given up, and when to take it up again, if ever."""

    disqualify_reason: Reason
    recycle_on: date | None = None
    comment: str | None = None


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """To whom a lead is given, how urgent it is, and what he should know."""

    owner: UUID
    priority: Priority | None = None
    comment: str | None = None


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """How urgent a lead is thought to be."""

    priority: Priority


@prepare("lead")
def owner_makes_it_assigned(tx: Tx, old: Record | None, new: Draft) -> None:
    """A new lead that gets an owner is assigned, and knows since when."""
    if not new.changes("owner"):
        return
    new["assigned_at"] = new.at if new["owner"] else None
    if new["owner"] and new["status"] == "new" and "status" not in new.given:
        new["status"] = "assigned"


@prepare("lead")
def open_lead_has_no_end(tx: Tx, old: Record | None, new: Draft) -> None:
    """A lead that is taken up again loses the reason why it was given up."""
    if state_of(tx, new) == "open":
        new["disqualify_reason"] = None
        new["recycle_on"] = None


@derive("lead", sets=("name",))
def lead_is_called(tx: Tx, old: Record | None, new: Draft) -> None:
    """A lead is called by the person’s name, else by the company, else by the e-mail address."""
    person = " ".join(str(new[part]) for part in ("first_name", "last_name") if new[part])
    new["name"] = person or new["company_name"] or primary(new["emails"] or ())


@derive("lead", sets=("state",))
def state_follows_status(tx: Tx, old: Record | None, new: Draft) -> None:
    """The state is the one that the status belongs to, so that new statuses need no code."""
    new["state"] = state_of(tx, new)


def state_of(tx: Tx, values: Record | Draft) -> str:
    """The state that a lead’s status belongs to."""
    return _states(tx.catalog).get(values["status"], "open")


@lru_cache(maxsize=64)
def _states(catalog: Catalog) -> dict[str, str]:
    choices = catalog.entity("lead").field("status").definition.choices
    return {choice.key: choice.group for choice in choices if choice.group}


@derive("lead", sets=("grade",))
def grade_follows_score(tx: Tx, old: Record | None, new: Draft) -> None:
    """The grade is the quarter of the hundred points that the score lies in."""
    score = new["score"] or 0
    new["grade"] = next(grade for floor, grade in GRADES if score >= floor)


@check("lead")
def lead_is_somebody(tx: Tx, old: Record | None, new: Draft) -> None:
    """A lead has a last name, a company or an e-mail address."""
    if not (new["last_name"] or new["company_name"] or new["emails"]):
        raise Refused("lead.nobody", field="last_name")


@check("lead")
def states_follow_each_other(tx: Tx, old: Record | None, new: Draft) -> None:
    """Open leads are converted or disqualified, disqualified ones reopened; nothing else (`reference/crm.md` 4.16)."""
    before = old["state"] if old is not None else "open"
    after = new["state"]
    if before == after or tx.cause.deed == UNDO:
        return
    if before == "qualified":
        raise Refused("lead.closed", field="status")
    if after == "qualified" and before == "disqualified":
        raise Refused("lead.reopen_first", field="status")
    if after == "qualified" and new["converted_at"] is None:
        raise Refused("lead.convert_only", field="status")


@check("lead")
def recycling_lies_ahead(tx: Tx, old: Record | None, new: Draft) -> None:
    """A lead is recycled on a day to come."""
    if new.changes("recycle_on") and new["recycle_on"] and new["recycle_on"] <= new.at.date():
        raise Refused("lead.recycle_in_past", field="recycle_on")


@react("task")
@react("call")
@react("meeting")
def first_answer_is_noted(tx: Tx, old: Record | None, activity: Record) -> None:
    """The first thing done with a lead is its first response; a lead that is worked on is in process.

    The tasks of a process about a lead that nobody has are about finding him somebody, and answer him nothing.
    """
    regarding = activity["regarding"]
    if not has_happened(activity) or regarding is None or regarding.entity != "lead":
        return
    lead = known(tx, "lead", regarding.id)
    if lead is None or lead["state"] != "open" or (activity.get("process_instance") and lead["owner"] is None):
        return
    values = {} if lead["first_response_at"] else {"first_response_at": activity["done_at"]}
    if lead["status"] in ("new", "assigned"):
        values |= {"status": "in_process"}
    if values:
        save(tx, "lead", values, id=lead.id, trusted=True)


@action("lead", scope="each", show_if='state = "open"', icon="user-x", tone="danger")
def disqualify(tx: Tx, lead: Record, wish: Disqualification) -> Record:
    """The lead given up for a reason: dead, or recycled on a day."""
    if lead["state"] != "open":
        raise Refused("lead.not_open", field="status")
    status = "recycled" if wish.recycle_on else "dead"
    values = {"status": status, "disqualify_reason": wish.disqualify_reason, "recycle_on": wish.recycle_on}
    done = save(tx, "lead", values, id=lead.id)
    note_on(tx, done, wish.comment)
    return done


@action("lead", scope="each", show_if='state = "disqualified"', icon="rotate")
def reopen(tx: Tx, lead: Record) -> Record:
    """The disqualified lead, open again with all its history."""
    if lead["state"] != "disqualified":
        raise Refused("lead.not_disqualified", field="status")
    return save(tx, "lead", {"status": "assigned" if lead["owner"] else "new"}, id=lead.id)


@action("lead", scope="each", show_if='state = "open"', icon="flag", shown=False)
def raise_priority(tx: Tx, lead: Record, wish: Weight) -> Record:
    """The lead with this priority, unless it has a higher one already."""
    order = [choice.key for choice in tx.catalog.entity("lead").field("priority").definition.choices]
    if order.index(wish.priority) <= order.index(lead["priority"]):
        return lead
    return save(tx, "lead", {"priority": wish.priority}, id=lead.id)


@action("lead", requires="assign", scope="each", show_if='state = "open"', icon="user-plus")
def assign(tx: Tx, lead: Record, wish: Assignment) -> Record:
    """The lead in the hands of someone, with a priority, and a note for him when there is something to say."""
    owner = known(tx, "user", wish.owner)
    if owner is None or not owner["active"]:
        raise Refused("lead.assignee_inactive", field="owner", name=owner["name"] if owner else "")
    reason = tx.say("lead.assigned_by", name=tx.principal.name)
    values = {"owner": wish.owner, "priority": wish.priority or lead["priority"], "assignment_reason": reason}
    done = save(tx, "lead", values, id=lead.id, trusted=True)
    note_on(tx, done, wish.comment)
    return done


def note_on(tx: Tx, lead: Record, comment: str | None) -> None:
    """Keep a comment as a note on the lead’s timeline."""
    if comment and comment.strip():
        body = f"<p>{escape(comment.strip())}</p>"
        save(tx, "note", {"body": body, "regarding": Ref("lead", lead.id)}, trusted=True)


@job("sales.recycle_leads", every="10 4 * * *")
def recycle_due(tx: Tx) -> int:
    """How many recycled leads were opened again because their day has come; run daily."""
    due = matching(tx, "lead", 'status = "recycled" and recycle_on <= today()')
    for lead in due:
        reopen(tx, lead)
    return len(due)
