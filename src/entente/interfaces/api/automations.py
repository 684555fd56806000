"""Automations for programs: dry runs, the run log, the address of a signal, and buttons on records."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from entente.interfaces.api.call import Answer, Call, only, read_object
from entente.interfaces.api.records import addressed
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Invalid, NotFound, Refused
from entente.kernel.records.query import find
from entente.services.automation.calling import buttons_of, label_of, press
from entente.services.automation.dry_run import DAYS, DryRun, try_on_past, try_on_record
from entente.services.automation.log import PAGE, RunLine, read_runs
from entente.services.automation.rules import RULE, Rule, rule_of

MOST = 200


class TryBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On which record a rule is tried, or on the changes of how many days."""

    record: UUID | None = None
    days: int | None = None


def _rule(tx: Tx, text: str) -> Rule:
    """The rule of an address; NotFound when it is none that the asker may read."""
    identity = parse_id(text)
    if identity is None:
        raise NotFound("not_found")
    find(tx, RULE, identity)
    found = rule_of(tx, identity)
    if found is None:
        raise NotFound("not_found")
    return found


def dry_run(tx: Tx, call: Call) -> Answer:
    """What a rule would do with a record, or would have done in the last days; nothing is written."""
    only(call)
    rule = _rule(tx, call.path[1])
    try:
        body = msgspec.convert(read_object(call, optional=True), TryBody)
    except msgspec.ValidationError:
        raise Invalid([Refused("field.not_understood")]) from None
    found = try_on_record(tx, rule, body.record) if body.record else try_on_past(tx, rule, body.days or DAYS)
    return Answer(body=_tried(tx, found))


def _tried(tx: Tx, found: DryRun) -> dict[str, Any]:
    made: dict[str, Any] = msgspec.to_builtins(found)
    for trial in made["trials"]:
        for step in trial["steps"]:
            step["text"] = tx.say(step["key"], **step.get("values", {})) if step.get("key") else ""
    return made


def read_log(tx: Tx, call: Call) -> Answer:
    """Runs of a rule, newest first; `before` is the `next` of the page before."""
    only(call, "top", "before", "outcome")
    rule = _rule(tx, call.path[1])
    wanted = call.query.get("top", "")
    top = min(int(wanted), MOST) if wanted.isascii() and wanted.isdigit() else PAGE
    outcome: Any = call.query.get("outcome") or None
    runs = read_runs(tx, rule.id, outcome=outcome, limit=top, before=_place(call.query.get("before", "")))
    more = f"{runs[-1].at.isoformat()}_{runs[-1].id}" if runs and len(runs) == top else None
    return Answer(body={"value": [_line(tx, run) for run in runs], "next": more})


def _place(text: str) -> tuple[datetime, UUID] | None:
    at, _, identity = text.partition("_")
    try:
        return (datetime.fromisoformat(at), UUID(identity)) if text else None
    except ValueError:
        raise Invalid([Refused("field.not_understood", field="before")]) from None


def _line(tx: Tx, run: RunLine) -> dict[str, Any]:
    made: dict[str, Any] = msgspec.to_builtins(run)
    made["reason_text"] = tx.say(run.reason) if run.reason else None
    return made


def list_buttons(tx: Tx, call: Call) -> Answer:
    """The rules that stand as buttons on a record for the asker."""
    only(call)
    entity, identity = addressed(tx, call)
    record = find(tx, entity.name, identity)
    found = [
        {"id": rule.id, "label": label_of(rule, tx.language), "confirm": rule.settings.confirm}
        for rule in buttons_of(tx, entity, record, "record")
    ]
    return Answer(body={"value": found})


def press_button(tx: Tx, call: Call) -> Answer:
    """What a button did with a record."""
    only(call)
    entity, identity = addressed(tx, call)
    automation = parse_id(call.path[3])
    if automation is None:
        raise NotFound("automation.no_button")
    return Answer(body=_line(tx, press(tx, entity, identity, automation)))
