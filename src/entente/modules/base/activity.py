"""Tasks, calls, meetings and notes: what is done gets its moment, and what they regard knows of it."""

from datetime import datetime
from typing import Any

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.sanitiser import plain_text
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.behaviours import action, derive, prepare, react
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.save import save
from entente.modules.base.lookup import known

DONE = {"task": "completed", "call": "held", "meeting": "held"}
OPEN = {"task": "not_started", "call": "planned", "meeting": "planned"}
TITLE_LENGTH = 80


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """What is noted when an activity is done; the time spent is in minutes."""

    result: str | None = None
    time_spent: int | None = None


def is_done(tx: Tx, values: Record | Draft) -> bool:
    """Whether an activity’s status is one of the final ones."""
    choices = tx.catalog.entity(values.entity).field("status").definition.choices
    return any(choice.key == values["status"] and choice.group == "done" for choice in choices)


def has_happened(activity: Record) -> bool:
    """Whether an activity is over because somebody did it: what was taken back counts as nothing done."""
    return activity["done_at"] is not None and activity["status"] != "canceled"


@prepare("task")
@prepare("call")
@prepare("meeting")
def done_is_stamped(tx: Tx, old: Record | None, new: Draft) -> None:
    """An activity that is over has the moment when it was; it counts for the account of what it regards."""
    if not is_done(tx, new):
        new["done_at"] = None
    elif new["done_at"] is None:
        new["done_at"] = new.at
    if new.changes("regarding"):
        new["account"] = _account_of(tx, new["regarding"])


def _account_of(tx: Tx, regarding: Ref | None) -> Any:
    """The account that an activity counts for: the regarded record itself, or the account that it points to."""
    if regarding is None or regarding.entity == "account":
        return regarding and regarding.id
    fields = tx.catalog.entity(regarding.entity).fields
    name = next((name for name in ("account", "created_account", "existing_account") if name in fields), None)
    record = known(tx, regarding.entity, regarding.id) if name else None
    return record[name] if record and name else None


@derive("note", sets=("title",))
def note_is_called(tx: Tx, old: Record | None, new: Draft) -> None:
    """A note is called by its first words."""
    text = " ".join(plain_text(str(new["body"] or "")).split())
    cut = text[:TITLE_LENGTH].rsplit(" ", 1)[0] if len(text) > TITLE_LENGTH else text
    new["title"] = f"{cut}…" if cut != text else cut or None


@react("task")
@react("call")
@react("meeting")
def done_is_activity(tx: Tx, old: Record | None, activity: Record) -> None:
    """What was done is the last activity of what it regards, and of the account."""
    if not has_happened(activity) or (old is not None and old["done_at"] == activity["done_at"]):
        return
    reached = [activity["regarding"]] if activity["regarding"] else []
    if activity["account"]:
        reached.append(Ref("account", activity["account"]))
    for regarding in dict.fromkeys(reached):
        touch(tx, regarding, activity["done_at"])


@react("note")
def note_is_activity(tx: Tx, old: Record | None, note: Record) -> None:
    """A note is the last activity of what it regards."""
    if old is None and note["regarding"]:
        touch(tx, note["regarding"], note["created_at"])


def touch(tx: Tx, regarding: Ref, at: datetime) -> None:
    """Move the last activity of a record forward to a moment, never back."""
    if "last_activity_at" not in tx.catalog.entity(regarding.entity).fields:
        return
    record = known(tx, regarding.entity, regarding.id)
    if record and (record["last_activity_at"] is None or record["last_activity_at"] < at):
        save(tx, regarding.entity, {"last_activity_at": at}, id=regarding.id, trusted=True)


@action("call", scope="each", show_if="done_at = null", icon="check", tone="primary")
@action("meeting", scope="each", show_if="done_at = null", icon="check", tone="primary")
def complete(tx: Tx, activity: Record, wish: Completion) -> Record:
    """The activity as done, with its outcome and the time spent."""
    if is_done(tx, activity):
        raise Refused("activity.already_done", field="status")
    values = {name: value for name, value in msgspec.structs.asdict(wish).items() if value is not None}
    return save(tx, activity.entity, {"status": DONE[activity.entity], **values}, id=activity.id)


@action("call", show_if="done_at != null", icon="rotate")
@action("meeting", show_if="done_at != null", icon="rotate")
def reopen(tx: Tx, activity: Record) -> Record:
    """The activity as still to be done."""
    if not is_done(tx, activity):
        raise Refused("activity.not_done", field="status")
    return save(tx, activity.entity, {"status": OPEN[activity.entity]}, id=activity.id)
