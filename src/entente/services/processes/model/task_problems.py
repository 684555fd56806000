"""What keeps a user task from being done as it declares: its rules, its expressions, more answers than people."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import get_args

from entente.kernel.expressions.literals import read_duration
from entente.kernel.expressions.parser import parse
from entente.kernel.kit.refusal import Refused
from entente.kernel.kit.words import LANGUAGES
from entente.services.processes.engine.timers import is_iso
from entente.services.processes.model.graph import Element
from entente.services.worklist.calendars import Calendar
from entente.services.worklist.deciding import default_rule, parse_rule, satisfiable
from entente.services.worklist.declared import PRIORITIES, Escalation, Plan
from entente.services.worklist.escalating import moment_of

Fault = tuple[str, str]
TEXTS = ("subject", *(f"subject_{language}" for language in LANGUAGES), "instructions")
MOMENTS = ("due", "followUp")
SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)


def task_faults(element: Element) -> Iterator[Fault]:
    """The codes of what is wrong with a user task, each with the text at fault."""
    given = element.settings
    if given.get("plan", "once") not in get_args(Plan):
        yield "task_plan", given["plan"]
    if given.get("idle") and not isinstance(read_duration(given["idle"]), timedelta):
        yield "task_idle", given["idle"]
    yield from _of_rules(element)
    for text in _expressions(element):
        if not _parses(text):
            yield "expression", text
    for each in element.tasking.escalations:
        yield from _of_escalation(element, each)


def _of_rules(element: Element) -> Iterator[Fault]:
    given, outcomes = element.settings, element.tasking.outcomes
    if outcomes and given.get("default") and given["default"] not in {each.key for each in outcomes}:
        yield "task_outcome", given["default"]
    slots = _slots(element)
    people = _people(element)
    if slots is not None and people is not None and given.get("plan", "once") == "once" and slots > people:
        yield "task_slots", str(slots)
    rules = {each.rule for each in outcomes if each.rule} | ({given["rule"]} if given.get("rule") else set())
    for rule in rules or {default_rule(slots or 1)}:
        try:
            if slots is not None and not satisfiable(rule, slots):
                yield "task_unsatisfiable", rule
        except Refused:
            yield "task_rule", rule
            continue
        if slots is None and not _is_rule(rule):
            yield "task_rule", rule


def _is_rule(rule: str) -> bool:
    try:
        parse_rule(rule)
    except Refused:
        return False
    return True


def _slots(element: Element) -> int | None:
    """How many have to act, as far as the model says it in figures."""
    text = element.settings.get("slots", "")
    if element.settings.get("plan", "once") != "once" or text == "each":
        return _people(element)
    return 1 if not text else int(text) if text.isascii() and text.isdigit() else None


def _people(element: Element) -> int | None:
    """How many people a task reaches, when it names all of them."""
    found = element.tasking.destinations
    named = found and all(each.kind == "user" and not each.when for each in found)
    return len(found) if named else None


def _expressions(element: Element) -> Iterator[str]:
    given = element.settings
    for name in TEXTS:
        if given.get(name, "").startswith("="):
            yield given[name][1:]
    for name in MOMENTS:
        text = given.get(name, "")
        if text and not is_iso("duration", text) and not is_iso("date", text):
            yield text.removeprefix("=")
    if given.get("priority") and given["priority"] not in PRIORITIES:
        yield given["priority"].removeprefix("=")
    for whom in (*element.tasking.destinations, *element.tasking.fallback):
        if whom.when:
            yield whom.when
        if whom.kind == "expression":
            yield whom.value
    yield from (each.when for each in element.tasking.escalations if each.when)


def _parses(text: str) -> bool:
    try:
        parse(text)
    except Refused:
        return False
    return True


def _of_escalation(element: Element, made: Escalation) -> Iterator[Fault]:
    if made.at.startswith("="):
        yield from [("expression", made.at)] if not _parses(made.at[1:]) else []
    elif moment_of(made.at, Calendar(), SOME_DAY, SOME_DAY) is None:
        yield "task_escalation", made.at
    if made.every and not is_iso("duration", made.every):
        yield "task_escalation", made.every
    if made.action == "redirect" and not made.to:
        yield "task_escalation", made.action
    if made.action == "escalate" and not made.code:
        yield "task_escalation", made.action
    known = {each.key for each in element.tasking.outcomes}
    if made.action == "complete" and known and made.outcome not in known:
        yield "task_outcome", made.outcome
