"""User tasks between engine and worklist: one for each token that a person has to move, none for those gone."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx
from entente.kernel.expressions.literals import read_duration
from entente.kernel.kit.ids import parse_id
from entente.services.processes.definitions import Basis
from entente.services.processes.engine.state import Fault, State, Token, element_of, evaluate, fail
from entente.services.processes.engine.timers import due_of, is_iso
from entente.services.processes.keeping import Kept
from entente.services.processes.model.graph import names_of
from entente.services.processes.model.tasking import Whom
from entente.services.processes.values import plain
from entente.services.worklist.calendars import calendar_of
from entente.services.worklist.declared import PRIORITIES, Destination, Escalation, HolderKind, Plan, Wanted
from entente.services.worklist.destinations import named
from entente.services.worklist.opening import put_task, withdraw

PLANS: dict[str, Plan] = {"once": "once", "parallel": "parallel", "sequential": "sequential"}
KINDS: dict[str, HolderKind] = {"user": "user", "team": "team", "role": "role"}


def _waiting(tokens: Iterable[Token]) -> set[int]:
    """The tokens that wait for a person."""
    return {each.number for each in tokens if each.task and each.state == "waiting"}


def settle_tasks(tx: Tx, kept: Kept) -> None:
    """Put a task into people's hands for each token that has come to wait for one, and take back those of tokens gone.

    A task that cannot be worked out stops its token with an incident.
    """
    state = kept.state
    before, now = _waiting(kept.parts["token"].values()), _waiting(state.tokens.values())
    gone = sorted(before - now - kept.answered)
    if gone:
        withdraw(tx, state.instance.id, gone)
    for number in sorted(now - before):
        token = state.tokens[number]
        try:
            put_task(tx, _wanted(tx, state, token, kept.versions(state.scopes[token.scope].definition)))
        except Fault as fault:
            token.task = False
            fail(state, token, fault.code, fault.detail)


def _wanted(tx: Tx, state: State, token: Token, definition: Basis) -> Wanted:
    element = element_of(state, token)
    instance, given = state.instance, element.settings
    tasking = element.tasking
    asked = [each for whom in tasking.destinations for each in _whom(tx, state, token, whom)]
    if not tasking.destinations:
        asked = _usual(state, token)
    own = _text(state, token, given.get("subject", ""))
    subjects = {language: _text(state, token, text) for language, text in names_of(given, "subject").items()}
    fallback = [each for whom in tasking.fallback for each in _whom(tx, state, token, whom)]
    return Wanted(
        subject=own or element.name or element.id,
        names={**({} if own else names_of(given)), **{each: text for each, text in subjects.items() if text}},
        instructions=_text(state, token, given.get("instructions", "")),
        destinations=tuple(asked),
        fallback=(*fallback, *_users(definition.deployed_by)),
        entity=instance.entity,
        record=instance.record,
        process=definition.key,
        element=element.id,
        instance=instance.id,
        token=token.number,
        plan=PLANS.get(given.get("plan", ""), "once"),
        slots=len(asked) if given.get("slots") == "each" else _number(state, token, given.get("slots", "")),
        outcomes=tasking.outcomes,
        rule=given.get("rule", ""),
        otherwise=given.get("default", ""),
        form=given.get("form", ""),
        redirectable=given.get("redirect", "true") != "false",
        calendar=given.get("calendar", ""),
        priority=_priority(state, token, given.get("priority", "")),
        due_at=_moment(tx, state, token, given.get("due", ""), given.get("calendar", "")),
        follow_up_at=_moment(tx, state, token, given.get("followUp", ""), given.get("calendar", "")),
        expected_minutes=_number(state, token, given.get("expected", "")),
        escalations=tuple(_escalation(state, token, each) for each in tasking.escalations),
        idle=given.get("idle", ""),
    )


def _usual(state: State, token: Token) -> list[Destination]:
    """Without destinations a task is for the owner of the record, and for who started the instance without one."""
    owner = None
    if state.instance.record is not None:
        try:
            owner = parse_id(evaluate(state, token.scope, "record.owner"))
        except (Fault, KeyError):
            owner = None
    return _users(owner or state.instance.started_by)


def _users(person: UUID | None) -> list[Destination]:
    return [Destination("user", person)] if person else []


def _whom(tx: Tx, state: State, token: Token, whom: Whom) -> list[Destination]:
    if whom.when and evaluate(state, token.scope, whom.when) is not True:
        return []
    found: Any = whom.value
    if whom.kind == "field":
        found = evaluate(state, token.scope, f"record.{whom.value}")
    elif whom.kind == "expression":
        found = evaluate(state, token.scope, whom.value)
    kind = KINDS.get(whom.kind, "user")
    return [
        Destination(each.kind, each.id, members=whom.members)
        for part in (found if isinstance(found, list | tuple) else [found])
        for each in _one(tx, kind, part)
    ]


def _one(tx: Tx, kind: HolderKind, part: Any) -> list[Destination]:
    """Whom a value names: an id, a login, a name or key, or a context `{team: …}` of one of these."""
    if isinstance(part, dict):
        return [each for name, value in part.items() if name in KINDS for each in _one(tx, KINDS[name], value)] or _one(
            tx, kind, part.get("id")
        )
    if not part:
        return []
    identity = parse_id(part)
    return [Destination(kind, identity)] if identity else named(tx, kind, [str(part)])


def _escalation(state: State, token: Token, made: Escalation) -> Escalation:
    """An escalation whose moment is worked out, when it is an expression."""
    if not made.at.startswith("="):
        return made
    found = evaluate(state, token.scope, made.at[1:])
    return msgspec.structs.replace(made, at=found.isoformat() if isinstance(found, datetime) else str(plain(found)))


def _text(state: State, token: Token, text: str) -> str:
    """A text as it stands, or what the expression behind `=` gives."""
    if not text.startswith("="):
        return text
    found = evaluate(state, token.scope, text[1:])
    return "" if found is None else str(found)


def _number(state: State, token: Token, text: str) -> int | None:
    if not text or text == "each":
        return None
    found = int(text) if text.isascii() and text.isdigit() else evaluate(state, token.scope, text.removeprefix("="))
    try:
        number = int(found)
    except (TypeError, ValueError, ArithmeticError):
        raise Fault("process.incident.task", text) from None
    if not 0 < number <= 100_000:
        raise Fault("process.incident.task", text)
    return number


def _priority(state: State, token: Token, text: str) -> int:
    if not text:
        return PRIORITIES["normal"]
    if text in PRIORITIES:
        return PRIORITIES[text]
    found = evaluate(state, token.scope, text.removeprefix("="))
    if found in PRIORITIES:
        return PRIORITIES[found]
    try:
        return max(0, min(100, int(found)))
    except (TypeError, ValueError, ArithmeticError):
        raise Fault("process.incident.task", text) from None


def _moment(tx: Tx, state: State, token: Token, text: str, calendar: str) -> datetime | None:
    """A moment, or a duration from now on in the task's working calendar, as text or by an expression."""
    if not text:
        return None
    plain = any(is_iso(kind, text) for kind in ("duration", "date"))
    value = text if plain else evaluate(state, token.scope, text.removeprefix("="))
    if value is None:
        return None
    length = read_duration(value) if isinstance(value, str) else value
    if calendar and isinstance(length, timedelta):
        return calendar_of(tx, calendar).later(tx.clock.now(), length)
    kind = "duration" if is_iso("duration", str(value)) or not isinstance(value, str | datetime) else "date"
    return due_of(kind, value, tx.clock.now()).at
