"""Who takes part in a meeting, and what he answered: colleagues, contacts and whoever else a module adds."""

from collections.abc import Mapping
from uuid import UUID

from entente.kernel.db.tx import Tx
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.behaviours import action, derive, prepare, react
from entente.kernel.records.query import find, titles
from entente.kernel.records.record import Draft, Record
from entente.kernel.records.save import Write, delete, save, save_many
from entente.modules.base.lookup import as_system, known, matching

# The lists of a meeting whose people are attendees by themselves.
LISTS: Mapping[str, str] = {"user": "attendees", "contact": "contacts"}


def _rows(tx: Tx, meeting: UUID) -> list[Record]:
    return matching(tx, "meeting_attendee", f'meeting = "{meeting}"')


def _listed(tx: Tx, meeting: UUID) -> Mapping[str, list[UUID]]:
    """By kind, whom the meeting lists."""
    found = find(as_system(tx), "meeting", meeting)
    return {kind: list(found[name] or ()) for kind, name in LISTS.items()}


@react("meeting")
def listed_ones_are_attendees(tx: Tx, old: Record | None, meeting: Record) -> None:
    """Colleagues and contacts of a meeting are its attendees; who is taken off the list is none any more."""
    listed = _listed(tx, meeting.id)
    wanted = {Ref(kind, person) for kind, people in listed.items() for person in people}
    rows = _rows(tx, meeting.id) if old is not None else []
    there = {row["attendee"] for row in rows}
    for row in rows:
        if row["attendee"].entity in LISTS and row["attendee"] not in wanted:
            delete(tx, "meeting_attendee", row.id, trusted=True)
    invited = sorted(wanted - there, key=str)
    if invited:
        writes = [Write(values={"meeting": meeting.id, "attendee": person}) for person in invited]
        save_many(tx, "meeting_attendee", writes, trusted=True)


@derive("meeting_attendee", sets=("name",))
def attendee_is_called(tx: Tx, old: Record | None, new: Draft) -> None:
    """An attendee is called as the person is."""
    person = new["attendee"]
    new["name"] = titles(as_system(tx), person.entity, [person.id]).get(person.id) if person else None


@prepare("meeting_attendee")
def answer_is_dated(tx: Tx, old: Record | None, new: Draft) -> None:
    """An answer has the moment when it was given; none has none."""
    if new.changes("answer"):
        new["answered_at"] = None if new["answer"] == "none" else new.at


@react("meeting_attendee")
def attendee_is_listed(tx: Tx, old: Record | None, attendee: Record) -> None:
    """A colleague or contact who was added as an attendee is on the meeting’s list too, and is reminded of it."""
    person = attendee["attendee"]
    if old is not None or person.entity not in LISTS:
        return
    listed = _listed(tx, attendee["meeting"])[person.entity]
    if person.id not in listed:
        save(tx, "meeting", {LISTS[person.entity]: [*listed, person.id]}, id=attendee["meeting"], trusted=True)


@react("meeting_attendee", binned=True)
def removed_one_is_listed_no_more(tx: Tx, attendee: Record) -> None:
    """A colleague or contact who is no attendee any more leaves the meeting’s list."""
    person = attendee["attendee"]
    if person.entity not in LISTS or known(tx, "meeting", attendee["meeting"]) is None:
        return
    listed = _listed(tx, attendee["meeting"])[person.entity]
    if person.id in listed and all(row["attendee"] != person for row in _rows(tx, attendee["meeting"])):
        left = [each for each in listed if each != person.id]
        save(tx, "meeting", {LISTS[person.entity]: left}, id=attendee["meeting"], trusted=True)


def _own(tx: Tx, meeting: Record) -> Record | None:
    me = Ref("user", tx.principal.user_id) if tx.principal.user_id else None
    return next((row for row in _rows(tx, meeting.id) if row["attendee"] == me), None)


def is_invited(tx: Tx, meeting: Record) -> bool:
    """Whether the one who asks is an attendee of the meeting."""
    return _own(tx, meeting) is not None


def _answered(tx: Tx, meeting: Record, answer: str) -> Record:
    row = _own(tx, meeting)
    if row is not None:
        save(tx, "meeting_attendee", {"answer": answer}, id=row.id, trusted=True)
    return meeting


@action("meeting", show_if="done_at = null", icon="check", admits=is_invited)
def accept(tx: Tx, meeting: Record) -> Record:
    """The meeting, in which the attendee takes part."""
    return _answered(tx, meeting, "accepted")


@action("meeting", show_if="done_at = null", icon="message-question", admits=is_invited)
def perhaps(tx: Tx, meeting: Record) -> Record:
    """The meeting, in which the attendee perhaps takes part."""
    return _answered(tx, meeting, "tentative")


@action("meeting", show_if="done_at = null", icon="message-x", admits=is_invited)
def decline(tx: Tx, meeting: Record) -> Record:
    """The meeting, in which the attendee does not take part."""
    return _answered(tx, meeting, "declined")
