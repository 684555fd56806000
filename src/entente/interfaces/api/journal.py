"""The journal of what is declared for everybody, and what was done to one process or decision model."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from entente.interfaces.api.call import Answer, Call, only
from entente.interfaces.html.http.refusals import BadRequest
from entente.kernel.db.tx import Tx
from entente.kernel.jobs.followers import Entry
from entente.kernel.kit.refusal import Forbidden
from entente.services.processes.rights import require_level, require_right
from entente.services.stream.noting import DECISION, PROCESS, Narrowed, Thing, changes_of, notes_on

PAGE = 200
NARROWING = ("entity", "actor", "record", "deed", "since", "until")


def read_journal(tx: Tx, call: Call) -> Answer:
    """A page of the changes of what is declared and of whom records are shared with, newest first; for administrators.

    `entity`, `actor`, `record`, `deed`, `since` and `until` narrow it.
    """
    only(call, *NARROWING, "skiptoken")
    if not tx.principal.is_admin:
        raise Forbidden()
    wanted = {name: value for name, value in call.query.items() if name in NARROWING}
    found, more = changes_of(tx, _narrowed(wanted), call.query.get("skiptoken", ""), PAGE)
    body: dict[str, Any] = {"value": [_shown(each) for each in found]}
    if more:
        body["@odata.nextLink"] = f"{call.base}/journal?{urlencode({**wanted, '$skiptoken': more})}"
    return Answer(body=body)


def _narrowed(given: Mapping[str, str]) -> Narrowed:
    """What is asked for; Refused with the part that cannot be read."""
    named = {("kind" if name == "entity" else name): text for name, text in given.items()}
    for name in named:
        try:
            msgspec.convert({name: named[name]}, Narrowed)
        except msgspec.ValidationError:
            raise BadRequest("api.unknown_value", field=name, name=name, value=named[name][:100]) from None
    return msgspec.convert(named, Narrowed)


def read_process_history(tx: Tx, call: Call) -> Answer:
    """What was done to a process: versions, deployments, rights, retention; for those who look after it."""
    only(call)
    require_level(tx, call.path[1], "admin")
    return Answer(body={"value": [_shown(each) for each in notes_on(tx, Thing(PROCESS, call.path[1]))]})


def read_decision_history(tx: Tx, call: Call) -> Answer:
    """What was done to a decision model, for those who look after all processes."""
    only(call)
    require_right(tx)
    return Answer(body={"value": [_shown(each) for each in notes_on(tx, Thing(DECISION, call.path[1]))]})


def _shown(entry: Entry) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(entry)
    return {name: value for name, value in shown.items() if name != "depth"}
