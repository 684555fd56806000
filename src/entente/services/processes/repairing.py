"""Repair by a person: looked at beforehand without doing it, then done and written down with its reason."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec

from entente.kernel.db.tx import Tx, engine_row, engine_rows
from entente.kernel.kit.refusal import Refused
from entente.services.processes.definitions import definition_of, graph_of
from entente.services.processes.engine.state import Instance
from entente.services.processes.engine.words import kept
from entente.services.processes.instances import repair
from entente.services.processes.model.graph import Element
from entente.services.processes.picture import REPAIRED, course_of, name_of

Kind = Literal["leaves", "arrives", "incident", "ends", "cancelled", "set"]
LONGEST = 1000
_TOKENS = """
SELECT t.element, s.definition FROM {schema}.process_token t
JOIN {schema}.process_scope s ON s.instance = t.instance AND s.number = t.scope WHERE t.instance = %(id)s
"""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done with an instance: which verb, with which token, to which element, with which variables."""

    verb: str
    token: int = 0
    element: str = ""
    values: Mapping[str, Any] = {}
    reason: str = ""


class Change(msgspec.Struct, frozen=True):
    """What a repair does: where a token leaves, arrives or stops, or that the instance ends; `why` it would stop."""

    kind: Kind
    name: str = ""
    why: str = ""


def look_ahead(tx: Tx, identity: UUID, wish: Wish) -> list[Change]:
    """What a repair would do, found by doing it and taking it back; refused as the repair itself would be."""
    before, known = _places(tx, identity), {each.number for each in course_of(tx, identity).troubles}
    found: list[Change] = []
    with tx.connection.transaction(force_rollback=True):
        instance = repair(
            tx, identity, wish.verb, token=wish.token, element=wish.element, values=dict(wish.values) or None
        )
        after = _places(tx, identity)
        found += [Change("set", name) for name in wish.values]
        found += [Change("leaves", name) for name in (before - after).elements()]
        found += [Change("arrives", name) for name in (after - before).elements()]
        again = [each for each in course_of(tx, identity).troubles if each.number not in known]
        found += [Change("incident", each.name or each.element, each.message) for each in again]
        if instance.state != "running":
            found.append(Change("cancelled" if instance.state == "cancelled" else "ends"))
    return found


def _places(tx: Tx, identity: UUID) -> Counter[str]:
    """The steps at which tokens are, each as often as there are tokens."""
    there: Counter[str] = Counter()
    for row in engine_rows(tx, _TOKENS, id=identity):
        element = graph_of(tx, row["definition"]).elements[row["element"]]
        there[name_of(element, tx.language) or element.id] += 1
    return there


def mend(tx: Tx, identity: UUID, wish: Wish) -> Instance:
    """The instance after a repair, which its history keeps with who did it and why; Refused without a reason.

    Forbidden unless the principal looks after the process.
    """
    if not wish.reason.strip():
        raise Refused("process.reason_missing", field="reason")
    place = engine_row(
        tx,
        "SELECT element, scope FROM {schema}.process_token WHERE instance = %(id)s AND number = %(token)s",
        id=identity,
        token=wish.token,
    ) or {"element": "", "scope": 0}
    made = repair(tx, identity, wish.verb, token=wish.token, element=wish.element, values=dict(wish.values) or None)
    now = tx.clock.now()
    engine_rows(
        tx,
        "INSERT INTO {schema}.process_history"
        " (instance, scope, definition, element, flow, entered_at, left_at, outcome, actor, detail) VALUES"
        " (%(id)s, %(scope)s, %(definition)s, %(element)s, '', %(now)s, %(now)s, %(outcome)s, %(actor)s, %(detail)s)",
        id=identity,
        scope=place["scope"],
        definition=made.definition,
        element=place["element"],
        now=now,
        outcome=REPAIRED,
        actor=tx.principal.user_id,
        detail=f"{kept(f'process.verb.{wish.verb}')}{kept('process.said')}{wish.reason.strip()[:LONGEST]}",
    )
    return made


def targets_of(tx: Tx, identity: UUID, token: int) -> list[Element]:
    """Where a token may be moved to: the elements that lie in the same sub-process as it does."""
    row = engine_row(
        tx,
        "SELECT t.element, s.definition FROM {schema}.process_token t JOIN {schema}.process_scope s"
        " ON s.instance = t.instance AND s.number = t.scope WHERE t.instance = %(id)s AND t.number = %(token)s",
        id=identity,
        token=token,
    )
    if row is None:
        return []
    graph = graph_of(tx, definition_of(tx, row["definition"]).id)
    here = graph.elements[row["element"]]
    return [each for each in graph.inside.get(here.parent, ()) if not each.attached_to and each.id != here.id]


def places_in(tx: Tx, identity: UUID) -> list[Element]:
    """Where a token may be put in an instance: what is neither attached to something nor begun by an event."""
    row = engine_row(tx, "SELECT definition FROM {schema}.process_instance WHERE id = %(id)s", id=identity)
    if row is None:
        return []
    elements = graph_of(tx, row["definition"]).elements.values()
    return [each for each in elements if not (each.attached_to or each.by_event or each.for_compensation)]
