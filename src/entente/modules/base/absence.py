"""Absences: who stands in for whom, from when until when; and the working calendars that durations count in."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from entente.kernel.db.tx import Tx
from entente.kernel.kit.normal import fold
from entente.kernel.kit.refusal import Forbidden, Refused
from entente.kernel.proving import blamed_on, prove_condition
from entente.kernel.records.behaviours import check, derive, prepare, react
from entente.kernel.records.record import Draft, Record
from entente.modules.base.lookup import known
from entente.services.processes.definitions import Definition, deployed, graph_of
from entente.services.stream.wording import day_in_words
from entente.services.worklist.absences import is_above, match_exception
from entente.services.worklist.calendars import read_calendar


@prepare("absence")
def absence_belongs_to_absent(tx: Tx, old: Record | None, new: Draft) -> None:
    """An absence is owned by the person who is away."""
    if new.changes("person"):
        new["owner"] = new["person"]


@derive("absence", sets=("title",))
def absence_is_called(tx: Tx, old: Record | None, new: Draft) -> None:
    """An absence is called by its person and its days, as that person writes them."""
    person = known(tx, "user", new["person"])
    if person is None or new["starts_at"] is None or new["ends_at"] is None:
        return
    zone = ZoneInfo(person["timezone"] or "UTC")
    writer = tx.acting_as(tx.principal)
    writer.language = person["language"] or tx.language
    first, last = (day_in_words(writer, new[name].astimezone(zone).date()) for name in ("starts_at", "ends_at"))
    new["title"] = f"{person['name']}, {first} – {last}"


@check("absence")
def absence_is_sound(tx: Tx, old: Record | None, new: Draft) -> None:
    """An absence ends after it begins, is one's own or one's people's, and nobody stands in for himself."""
    if new["starts_at"] and new["ends_at"] and new["ends_at"] <= new["starts_at"]:
        raise Refused("absence.order", field="ends_at")
    if new["person"] in (new["substitutes"] or ()):
        raise Refused("absence.oneself", field="substitutes")
    _may_write_for(tx, {new["person"], old["person"]} if old else {new["person"]})


def _may_write_for(tx: Tx, people: set[Any]) -> None:
    person = tx.principal
    if person.is_system or person.is_admin:
        return
    if not all(each == person.user_id or is_above(tx, each) for each in people if isinstance(each, UUID)):
        raise Forbidden("absence.not_yours", field="person")


@prepare("absence_exception")
def exception_finds_its_process(tx: Tx, old: Record | None, new: Draft) -> None:
    """A process and a step may be given by name; Refused with those that there are when there is none of that name."""
    if not new["process"] or not (new.changes("process") or new.changes("element")):
        return
    known_ones = deployed(tx)
    found = _called(new["process"], {each.key: (each.name,) for each in known_ones})
    if found is None:
        raise Refused("absence.no_process", field="process", known=", ".join(each.name for each in known_ones)[:500])
    new["process"] = found
    if new["element"]:
        tasks = {key: names for each in known_ones if each.key == found for key, names in _tasks(tx, each).items()}
        step = _called(new["element"], tasks)
        if step is None:
            raise Refused(
                "absence.no_step", field="element", known=", ".join(names[0] for names in tasks.values())[:500]
            )
        new["element"] = step


def _called(text: str, names: Mapping[str, tuple[str, ...]]) -> str | None:
    """The key that a text is, or that is called so."""
    said = fold(text.strip())
    return next((key for key, called in names.items() if text.strip() == key or said in map(fold, called)), None)


def _tasks(tx: Tx, process: Definition) -> dict[str, tuple[str, ...]]:
    """The steps of a process that people do, with what they are called in its languages."""
    return {
        each.id: (each.name or each.id, each.settings.get("name_en", ""), each.settings.get("name_fr", ""))
        for each in graph_of(tx, process.id).elements.values()
        if each.kind == "userTask"
    }


@derive("absence_exception", sets=("title",))
def exception_is_called(tx: Tx, old: Record | None, new: Draft) -> None:
    """An exception is called by what it is for."""
    new["title"] = " ".join(filter(None, (new["process"], new["element"], new["condition"])))[:250] or None


@check("absence_exception")
def exception_is_sound(tx: Tx, old: Record | None, new: Draft) -> None:
    """The condition of an exception is one over tasks."""
    if new["condition"] and new.changes("condition"):
        with blamed_on("condition"):
            prove_condition(tx.catalog, tx.catalog.entity("task"), new["condition"])


@react("absence_exception")
def exception_is_matched(tx: Tx, old: Record | None, exception: Record) -> None:
    """Open tasks that fit the condition are known from now on."""
    absence = known(tx, "absence", exception["absence"])
    if absence is not None:
        match_exception(tx, exception.id, absence["person"], exception["condition"] or "")


@check("calendar")
def calendar_is_sound(tx: Tx, old: Record | None, new: Draft) -> None:
    """A working calendar has a time zone, hours and days off that are understood."""
    read_calendar(new["timezone"] or "", new["hours"], new["holidays"])
